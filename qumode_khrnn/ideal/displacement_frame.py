r"""Follow sentences whose displacements remain displacements when they are carried back to the initial state.

In the Heisenberg picture ``x_i`` becomes ``x_i + s_i`` and ``p_i`` becomes ``p_i + d phi / d x_i``, with phi the sum of
all edges written so far. Where this slope is affine for every mode that a token displaces in position, the token reads
``e^{i c} D(v)`` of the initial state. This always holds for k = 2, and for k = 3 if no 3-edge is left at such a mode,
as in matched and contextual probes.
"""

from __future__ import annotations

from itertools import combinations
from math import exp, prod

import numpy as np

from compiler.errors import InputError
from compiler.typing import Array
from qumode_khrnn.hsmt.displacement import DisplacementToken
from qumode_khrnn.ideal.displacement_chain import DisplacementChain
from qumode_khrnn.ideal.product_state import RELATIVE_WEIGHT_FLOOR
from qumode_khrnn.network.cell import Network


class LeavesDisplacementsError(InputError):
    """A readout does not correspond to a displacement of the initial state."""


class DisplacementFrame:
    """The network, or with ``numbers`` the phase-space sampler, as displacements of its initial state.

    Parameters
    ----------
    network : Network
    numbers : bool
        Whether a token's displacements multiply as numbers, without a sign, and are not disturbed by readouts.
    """

    def __init__(self, network: Network, numbers: bool = False) -> None:
        n, r = network.modes, network.squeezing_latent
        self.modes, self.numbers = n, numbers
        self.chain = DisplacementChain(np.repeat([exp(-2.0 * r), exp(2.0 * r)], n), numbers)
        self.shifts = np.zeros(n)
        self.phase: dict[tuple[int, ...], float] = {}
        self._largest: dict[tuple[int, ...], float] = {}

    def edge(self, modes: tuple[int, ...], weight: float) -> None:
        """Apply ``E(e, w)``: phi gains ``w prod_j (x_j + s_j)``."""
        for size in range(1, len(modes) + 1):
            for kept in combinations(modes, size):
                amount = weight * prod(float(self.shifts[m]) for m in modes if m not in kept)
                largest = self._largest[kept] = max(self._largest.get(kept, 0.0), abs(amount))
                total = self.phase.get(kept, 0.0) + amount
                self.phase[kept] = total if abs(total) > RELATIVE_WEIGHT_FLOOR * largest else 0.0

    def shift(self, mode: int, amount: float) -> None:
        """Apply ``X(i, s)``."""
        self.shifts[mode] += amount

    def mean(self, token: DisplacementToken) -> float:
        """Return the mean of the token's answer, given the answers so far.

        Raises
        ------
        LeavesDisplacementsError
            If the token does not read a displacement of the initial state.
        """
        return self.chain.mean(*self._initial(token))

    def found(self, token: DisplacementToken, answer: int, mean: float) -> None:
        """Go on after an answer to a token of this mean."""
        self.chain.found(*self._initial(token), answer, mean)

    def _initial(self, token: DisplacementToken) -> tuple[float, Array]:
        """Return the angle c and the vector v = (alpha, beta) that a token reads of the initial state."""
        alpha, beta = token.over(self.modes)
        moved = np.flatnonzero(alpha).tolist()
        angle = float(beta @ self.shifts) + (0.0 if token.sign == 1 or self.numbers else float(np.pi))
        for monomial, weight in self.phase.items():
            at = [m for m in monomial if m in moved and weight]
            if at and len(monomial) > 2:
                raise LeavesDisplacementsError(
                    f"a token D displaces mode {at[0]}, which an edge of three modes joins to others"
                )
            for mode in at:
                others = [m for m in monomial if m != mode]
                if others:
                    beta[others[0]] += alpha[mode] * weight
                else:
                    angle += alpha[mode] * weight
        return angle, np.concatenate([alpha, beta])
