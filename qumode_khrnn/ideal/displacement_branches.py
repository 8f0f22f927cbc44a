"""Simulate the network with any edges of up to three modes as a branch state: slow, but for every sentence."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from qumode_khrnn.hsmt.displacement import DisplacementToken
from qumode_khrnn.network.cell import Network
from simulations.branches.cubic import Cubic
from simulations.branches.overlaps import inner
from simulations.branches.state import BranchState

MOST_BRANCHES = 1024
"""Most branches whose overlaps are summed for one law."""


class DisplacementBranches:
    """The state of the network, normalised.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        n = network.modes
        precision = exp(-2.0 * network.squeezing_latent) * np.eye(n)
        centred = np.zeros((1, n))
        self.state = BranchState.empty().with_packets(precision, np.ones(1, complex), centred, centred)

    def edge(self, modes: tuple[int, ...], weight: float) -> None:
        """Apply ``E(e, w)``."""
        n = self.state.modes
        phase = Cubic.of(Polynomial.monomial(modes, weight), n, {m: m for m in range(n)})
        self.state = self.state.phased(phase)

    def shift(self, mode: int, amount: float) -> None:
        """Apply ``X(i, s)``."""
        alpha = np.zeros(self.state.modes)
        alpha[mode] = -amount / HBAR
        self.state = self.state.displaced(alpha, np.zeros_like(alpha))

    def mean(self, token: DisplacementToken) -> float:
        """Return the mean of the token's answer, given the answers so far.

        Raises
        ------
        InputError
            If the state has too many branches.
        """
        if self.state.branches > MOST_BRANCHES:
            raise InputError(
                f"the exact law of an answer may need at most {MOST_BRANCHES} branches, found {self.state.branches}; "
                "ask for fewer probes per sentence"
            )
        return token.sign * inner(self.state, self._displaced(token)).real

    def found(self, token: DisplacementToken, answer: int, mean: float) -> None:
        """Go on after an answer to a token of this mean."""
        weight = sqrt(0.5 / (1.0 + answer * mean))
        self.state = self.state.plus(self._displaced(token), weight, weight * answer * token.sign)

    def _displaced(self, token: DisplacementToken) -> BranchState:
        return self.state.displaced(*token.over(self.state.modes))
