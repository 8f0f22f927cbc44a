"""Full and half turns: which angles are whole multiples of 2 pi or odd ones of pi, as float64 holds them.

No multiple of pi but 0 is a float64: ``2 * math.pi`` is short of a turn by 2.4e-16 rad, and a sum of a few angles by
some roundings more. An angle counts as a whole number of turns where the rest is at most `ROUNDINGS` roundings of the
angle, and at most `LARGEST_REST_RAD`. A dropped turn then changes the quadratures of its mode by at most 1e-13 of their
size, which is 1 % of what the checker accepts (`compiler.semantics.equivalence.DEFAULT_TOLERANCE`), and by no more than
the rounding of a few angles of that size, which every compiled program carries. The second bound ends this beyond 150
turns, where float64 no longer tells whole turns from small angles.
"""

from __future__ import annotations

from math import pi, remainder
from sys import float_info

import numpy as np

from compiler.decompositions.mesh import MATRIX_ELEMENT_FLOOR
from compiler.ir.operations import Interferometer, Parameter
from compiler.ir.polynomial import Polynomial

ROUNDINGS = 4
"""Largest rest of whole turns, in units of 2.2e-16 (the spacing of float64 at 1) times the angle."""

LARGEST_REST_RAD = 1e-13
"""Largest rest of whole turns in radians, whatever the angle."""

TURN_ROUNDING_RAD = 2.4492935982947064e-16
"""2 pi minus ``2 * math.pi``."""


def is_full_turn(angle: Parameter, size: float = 0.0) -> bool:
    """Return whether an angle in radians is a whole number of turns, 0 included, up to rounding.

    Parameters
    ----------
    angle : float or Polynomial
        An angle that depends on results or symbols is no whole turn, unless it is the zero polynomial.
    size : float
        Size of the angles that this one is a sum of, where that is larger: it was rounded as they are.

    Examples
    --------
    >>> [is_full_turn(angle) for angle in (0.0, 2 * pi, -6 * pi, 1e-15, pi)]
    [True, True, True, False, False]
    >>> is_full_turn(0.1 + 0.2 - 0.3), is_full_turn(0.1 + 0.2 - 0.3, size=0.3)
    (False, True)
    """
    if isinstance(angle, Polynomial):
        return not angle
    return abs(_rest(angle)) <= rounding_of(max(abs(angle), size))


def is_half_turn(angle: Parameter, size: float = 0.0) -> bool:
    """Return whether an angle in radians is an odd number of half turns, up to rounding; ``size`` as in `is_full_turn`.

    >>> [is_half_turn(angle) for angle in (pi, -pi, 3 * pi, 2 * pi, 3.14)]
    [True, True, True, False, False]
    """
    if isinstance(angle, Polynomial) or is_full_turn(angle, size):
        return False
    return abs(_rest(2.0 * angle)) <= 2.0 * rounding_of(max(abs(angle), size))


def without_turns(angle: float) -> float:
    """Return an angle of a turn or more without its whole turns, in radians; smaller angles as they are.

    >>> without_turns(2 * pi), without_turns(-4.0), round(without_turns(0.3 + 4 * pi), 12)
    (0.0, -4.0, 0.3)
    """
    if is_full_turn(angle):
        return 0.0
    if abs(angle) < 2.0 * pi:
        return angle
    return _rest(angle)


def _rest(angle: float) -> float:
    """Return the rest of an angle without its whole turns, in -pi..pi."""
    return remainder(angle, 2.0 * pi) - round(angle / (2.0 * pi)) * TURN_ROUNDING_RAD


def rounding_of(size: float) -> float:
    """Return how far from zero a sum of parameters of this size may be, and still count as zero."""
    return min(ROUNDINGS * float_info.epsilon * size, LARGEST_REST_RAD)


def is_identity(op: Interferometer) -> bool:
    """Return whether the matrix of an interferometer is 1, up to what a mesh takes as rounding."""
    off = np.abs(np.array(op.matrix, dtype=complex) - np.eye(len(op.modes)))
    return float(off.max(initial=0.0)) <= MATRIX_ELEMENT_FLOOR
