"""Wigner functions of small states: cubic phase states, with loss, and heralded by photon counting."""

from __future__ import annotations

from dataclasses import dataclass
from math import e, log10

import numpy as np
from numpy.typing import NDArray

from compiler.typing import Array
from simulations.backends.mrmustard import lossy_modes_of_ket, mrmustard
from simulations.heralding.resource_states import cubic_target, herald
from simulations.heralding.schemes import SCHEMES

CUTOFF = 60
"""Fock cutoff of the states that are drawn."""


@dataclass(frozen=True, slots=True)
class WignerFunction:
    """``W(x, p)`` of one mode, normalised to 1 over the plane; ``values[i, j]`` is at ``x[i], p[j]``."""

    title: str
    x: Array
    p: Array
    values: Array


def wigner(title: str, rho: NDArray[np.complex128], x: Array, p: Array) -> WignerFunction:
    """Return the Wigner function of a density matrix in the Fock basis, by MrMustard."""
    mrmustard()
    from mrmustard.physics.wigner import wigner_discretized

    values, _, _ = wigner_discretized(np.asarray(rho), x, p)
    return WignerFunction(title, x, p, np.asarray(values))


def small_states(gamma: float = 0.2, squeezing: float = 0.5, eta: float = 0.8) -> tuple[WignerFunction, ...]:
    """Return the Wigner functions of a cubic phase state, the same after loss, and a heralded weak cubic state.

    Parameters
    ----------
    gamma, squeezing : float
        The state ``CubicPhase(gamma) Squeeze(-squeezing)`` on the vacuum.
    eta : float
        Transmission of the loss.
    """
    x, p = np.linspace(-6.0, 6.0, 121), np.linspace(-4.0, 8.0, 121)
    ket = cubic_target(gamma, squeezing, CUTOFF)
    lossy = lossy_modes_of_ket(ket, (eta,), (0,))[0]
    scheme = SCHEMES["weak-cubic-0.3"]
    heralded = herald(*scheme.gaussian(1.0), scheme.counts, 20).state
    in_db = 20.0 * log10(e) * squeezing
    return (
        wigner(
            f"cubic phase state, γ = {gamma:g}, r = {squeezing:g} ({in_db:.3g} dB)", np.outer(ket, ket.conj()), x, p
        ),
        wigner(f"the same after loss, η = {eta:g}", lossy, x, p),
        wigner(f"heralded by counts {scheme.counts}", heralded, x, np.linspace(-6.0, 6.0, 121)),
    )
