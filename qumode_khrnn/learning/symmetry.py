r"""Compare sets of phases up to the symmetries of the task, and measure the distance from a hidden network.

Sentences and answers reveal of one gate D only its action between readouts: prepare every mode by ``P`` or ``Q``, apply
D, read every mode by ``P`` or ``Q``. With ``D = exp(i f(z))``, f(0) = 0, and Delta_i f(z) = f(z with z_i
= 1) - f(z with z_i = 0), reading ``P(i)`` after the other modes were fixed at z by ``Q`` and mode i by ``P`` gives 0
with probability ``(1 + cos Delta_i f(z)) / 2``.

- Phases enter through exp(i theta): each is defined modulo 2 pi. A global phase has no parameter.
- Start, readouts and so all probabilities are real, therefore complex conjugation of *all* gates together, theta ->
  -theta, changes no answer.
- Nothing else, for a hidden network with phases 0 and pi: there cos Delta_i f(z) is 1 or -1 for all i and z, which
  fixes Delta_i f(z) modulo 2 pi, hence f on every basis state modulo 2 pi, hence by Moebius inversion (integer
  coefficients) every phase modulo 2 pi. Conjugation maps this network to itself, so its phases are the only ones.

Conjugation has a second consequence: p(answers) is an even function of theta - theta_hidden, so the hidden phases are
an exact stationary point of the likelihood of any set of sentences; enough sentences make it a maximum.
"""

from __future__ import annotations

from math import pi

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.learning.data import Floats

TOLERANCE = pi / 4
"""Residual below which every weight is known: half of the distance that decides between 0 and pi."""


def residual(phases: Floats, hidden: Floats) -> float:
    """Return the largest distance of a phase on the circle, in radians, over the better of theta and -theta.

    Parameters
    ----------
    phases, hidden : array, shape (gates, monomials)

    Raises
    ------
    InputError
        If shapes differ.
    """
    if phases.shape != hidden.shape:
        raise InputError(f"phases: both shapes must be equal, found {phases.shape} and {hidden.shape}")

    def distance(sign: int) -> float:
        return float(np.abs((sign * phases - hidden + pi) % (2.0 * pi) - pi).max())

    return min(distance(1), distance(-1))


def recovered(phases: Floats, hidden: Floats, tolerance: float = TOLERANCE) -> bool:
    """Tell whether the phases name the hidden weights, up to the symmetries of the task."""
    return residual(phases, hidden) < tolerance
