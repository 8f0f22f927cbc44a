"""Find the digits that closed-form moments need: float64 first, more where it lost digits, a refusal if none suffice.

A result that is a small difference of large numbers keeps the rounding errors of the large ones. `Book` follows how
large everything was before it cancelled; where a result is so much smaller that float64 cannot hold it, the moments
are computed again with 50 digits, and with more if need be. More digits do not help if the result depends on digits
that the parameters, which are float64, do not have: it changes when they are moved in their last place then, and is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import frexp, inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.typing import AnyArray, Array
from simulations.exact.closed_form.arithmetic import Arithmetic
from simulations.exact.closed_form.book import Book, Prepared
from simulations.exact.closed_form.isserlis import TooManyTermsError, joint_moments, pairs_of

ADVICE = "sample instead, or run the source (--logical)"

DIGITS = (50, 100, 200, 400)
"""Numbers of digits that are tried after float64."""

MAX_PRECISE_WORK = 4_000_000
"""Largest number of products of numbers with many digits: ten seconds or so."""

MOVED_ULPS = 2
"""Units in the last place by which parameters are moved to find out how results depend on their digits."""

SHORT_BITS = 20
"""Parameters that are multiples of 2^-SHORT_BITS (1, -0.5, 0.25, ..) count as exact."""


MEAN_SLACK = 1e3
"""Means may move by a larger share of a deviation than variances of themselves: a variance moves with its square."""


class NoClosedFormError(InputError):
    """The moments have no closed form by this method; the message names the operation."""


class PrecisionError(NoClosedFormError):
    """Parameters or results in float64, or the largest number of digits, cannot hold the wanted result."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Moments in some arithmetic, and the sizes of all numbers before they cancelled.

    Attributes
    ----------
    names : tuple of str
    mean, cov : array, shapes (m,) and (m, m)
    gaussian : bool
    varies : array of bool, shape (m,)
        Whether an answer is more than a constant.
    sizes, constants : array, shape (m,)
        Deviations and constant parts of the answers before anything cancelled.
    arithmetic : Arithmetic
    work : int
        Approximate number of products that were formed.
    """

    names: tuple[str, ...]
    mean: AnyArray
    cov: AnyArray
    gaussian: bool
    varies: NDArray[np.bool_]
    sizes: Array
    constants: Array
    arithmetic: Arithmetic
    work: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Numbers that must be right, their errors, and the sizes in whose shares errors count.

    Attributes
    ----------
    kinds : tuple of str
        Meaning of the two rows: means, and variances of some kind.
    values, errors, scales : array, shape (kinds, m)
        One column for each name of the `Joint`. Means count in deviations, or in themselves if these are larger.
    """

    kinds: tuple[str, ...]
    values: Array
    errors: Array
    scales: Array

    def within(self, tolerance: float, errors: Array) -> bool:
        """Tell whether all errors are small; false for what is not a number."""
        return bool((errors <= tolerance * self.scales).all())

    def worst(self, names: tuple[str, ...], errors: Array) -> tuple[str, float]:
        """Return the number with the largest relative error, and that error."""
        with np.errstate(all="ignore"):
            shares = np.nan_to_num(errors / self.scales, nan=inf)
        kind, column = np.unravel_index(int(np.argmax(shares)), shares.shape)
        return f"the {self.kinds[kind]} of {names[column]}", float(shares[kind, column])


def settled(
    circuit: Circuit,
    answers: Mapping[str, Polynomial],
    prepared: Prepared,
    judge: Callable[[Joint], Judged],
    tolerance: float,
) -> Joint:
    """Return the moments in the first arithmetic in which all judged numbers have errors within the tolerance.

    Parameters
    ----------
    circuit : Circuit
    answers : mapping from name to Polynomial
        Polynomials in the results, listed after them.
    prepared : callable
        Variances of x and p of a prepared state.
    judge : callable
        Function that returns the numbers that must be right; called in the arithmetic of its argument.
    tolerance : float
        Largest relative error, and largest relative change by `MOVED_ULPS` of the parameters.

    Raises
    ------
    NoClosedFormError
        If there is no closed form.
    PrecisionError
        If 400 digits are not enough, or too slow, or the parameters do not determine the result.
    """
    joint, judged = _judged(circuit, answers, prepared, judge, Arithmetic())
    if judged.within(tolerance, judged.errors):
        return joint
    if joint.work > MAX_PRECISE_WORK:
        require_finite(joint)
        what, _ = judged.worst(joint.names, judged.errors)
        raise PrecisionError(
            f"{what} is a small difference of large numbers, beyond the digits of float64, and the circuit is too long "
            "to be computed with more digits; use less squeezing or smaller weights"
        )
    for digits in DIGITS:
        joint, judged = _judged(circuit, answers, prepared, judge, Arithmetic(digits))
        require_finite(joint)
        if judged.within(tolerance, judged.errors):
            break
    else:
        what, _ = judged.worst(joint.names, judged.errors)
        raise PrecisionError(
            f"{what} is a difference of numbers that agree in more than {DIGITS[-1]} digits; use less squeezing"
        )
    told = {name: _moved_polynomial(polynomial, _moved_number) for name, polynomial in answers.items()}
    _, again = _judged(moved(circuit), told, prepared, judge, joint.arithmetic)
    changes = np.abs(again.values - judged.values) / [[MEAN_SLACK], [1.0]]
    if not judged.within(tolerance, changes):
        what, share = judged.worst(joint.names, changes)
        share *= MEAN_SLACK if what.startswith("the mean") else 1.0
        raise PrecisionError(
            f"{what} depends on digits that float64 parameters do not have: it changes by a share of {share:.1g} if "
            f"they are moved by {MOVED_ULPS} units in the last place; use less squeezing or smaller weights"
        )
    return joint


def require_finite(joint: Joint) -> None:
    """Raise PrecisionError if means or covariances, or numbers from which they are formed, are beyond float64."""
    with np.errstate(all="ignore"):
        numbers = joint.mean, joint.cov, joint.sizes**2, joint.constants**2
        finite = all(np.isfinite(values.astype(float)).all() for values in numbers)
    if not finite:
        raise PrecisionError("moments overflow float64; scale weights, shifts or squeezing of the circuit down")


def _judged(
    circuit: Circuit,
    answers: Mapping[str, Polynomial],
    prepared: Prepared,
    judge: Callable[[Joint], Judged],
    arithmetic: Arithmetic,
) -> tuple[Joint, Judged]:
    with arithmetic.context():
        joint = evaluated(circuit, answers, prepared, arithmetic)
        return joint, judge(joint)


def evaluated(circuit: Circuit, answers: Mapping[str, Polynomial], prepared: Prepared, arithmetic: Arithmetic) -> Joint:
    """Return the moments in one arithmetic, in whose context this is called.

    Raises
    ------
    NoClosedFormError
    """
    book = Book(circuit, prepared, arithmetic)
    for index, op in enumerate(circuit.operations):
        if refusal := book.apply(op):
            raise NoClosedFormError(f"operation {index} {op}: moments have no closed form: {refusal}; {ADVICE}")
    listed = {name: book.results[name] for name in circuit.results}
    for name, polynomial in answers.items():
        listed[name] = book.polynomial(polynomial, {})
        if refusal := book.refusal:
            raise NoClosedFormError(f"{name}: moments have no closed form: {refusal}; {ADVICE}")
    start = 2 * book.n
    polys = [{tuple(i - start for i in key): v for key, v in form.terms.items()} for form in listed.values()]
    try:
        mean, cov = joint_moments(polys, book.fixed[0], arithmetic)
    except TooManyTermsError:
        raise NoClosedFormError(f"moments have no closed form: too many terms; {ADVICE}") from None
    return Joint(
        tuple(listed),
        mean,
        cov,
        all(len(key) < 2 for terms in polys for key in terms),
        np.array([any(terms) for terms in polys], dtype=bool),
        np.array([form.size for form in listed.values()]),
        np.array([form.constant for form in listed.values()]),
        arithmetic,
        book.work + pairs_of(polys),
    )


def moved(circuit: Circuit, *, short_too: bool = False) -> Circuit:
    """Return the circuit with the parameters of its gates moved in their last place; equal numbers move alike.

    Multiples of 2^-SHORT_BITS stay unless ``short_too``, and noise always does.

    >>> moved(Circuit(1, (ops.Rotation((0,), 0.1), ops.Squeeze((0,), 0.5)))).operations
    (Rotation(modes=(0,), theta=0.09999999999999998), Squeeze(modes=(0,), r=0.5))
    """
    number = partial(_moved_number, short_too=short_too)
    return circuit.with_operations(
        tuple(op if isinstance(op, ops.NOISE) else _moved(op, number) for op in circuit.operations)
    )


def _moved(op: ops.Operation, number: Callable[[float], float]) -> ops.Operation:
    changes: dict[str, Any] = {}
    for name, value in op.parameters().items():
        if isinstance(value, float):
            changes[name] = number(value)
        elif isinstance(value, Polynomial):
            changes[name] = _moved_polynomial(value, number)
        elif isinstance(op, ops.Interferometer):
            rows = np.array(op.matrix, dtype=complex)
            parts = (np.vectorize(number, otypes=[float])(part) for part in (rows.real, rows.imag))
            changes[name] = tuple(map(tuple, (next(parts) + 1j * next(parts)).tolist()))
    return replace(op, **changes)


def _moved_polynomial(polynomial: Polynomial, number: Callable[[float], float]) -> Polynomial:
    return Polynomial({key: number(value) for key, value in polynomial.terms.items()})


def _moved_number(value: float, *, short_too: bool = False) -> float:
    short = float(value * 2.0**SHORT_BITS).is_integer() and abs(value) < 2.0 ** (52 - SHORT_BITS)
    if value == 0.0 or (short and not short_too):
        return value
    bits = int(frexp(abs(value))[0] * 2.0**53)
    goal = inf if (bits >> 3 ^ bits >> 7) & 1 else 0.0  # away from zero or towards it, by the number itself
    for _ in range(MOVED_ULPS):
        value = nextafter(value, goal if value > 0.0 else -goal)
    return value
