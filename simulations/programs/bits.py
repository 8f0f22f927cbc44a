"""Describe bits of displacement readouts: the frequency of +1, with an interval, beside exact probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout, Homodyne
from compiler.machines.machine import Results
from compiler.typing import Array
from simulations.branches.cost import cost
from simulations.branches.limits import refusal
from simulations.branches.run import probabilities

NORMAL_QUANTILE = 1.959963984540054
"""Deviations of a normal number that hold 95 %."""

MAX_SECONDS = 5.0
"""Longest expected time, in seconds, of exact probabilities that are computed beside a sample."""

MAX_STRINGS = 8
"""Largest number of strings of bits that are listed one by one."""


def names_of_bits(circuit: Circuit) -> tuple[str, ...]:
    """Return the names of the bits that a circuit reads, in order of time."""
    return tuple(op.result for op in circuit.operations if isinstance(op, DisplacementReadout))


def interval(plus: int, shots: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a probability. Source: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).

    >>> [round(edge, 4) for edge in interval(90, 100)]
    [0.8256, 0.9448]
    """
    square = NORMAL_QUANTILE**2 / shots
    share = plus / shots
    middle = (share + square / 2.0) / (1.0 + square)
    half = NORMAL_QUANTILE * sqrt(share * (1.0 - share) / shots + square / (4.0 * shots)) / (1.0 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def exact_moments(plus: float) -> dict[str, float]:
    """Return the exact mean and variance of a bit that is +1 with probability ``plus``, and -1 otherwise.

    >>> exact_moments(0.75)
    {'exact_mean': 0.5, 'exact_variance': 0.75}
    """
    return {"exact_mean": 2.0 * plus - 1.0, "exact_variance": 4.0 * plus * (1.0 - plus)}


def exact_law(circuit: Circuit, names: tuple[str, ...], flips: Mapping[str, float]) -> Array | None:
    """Return exact probabilities of strings of bits, shape (2, .., 2), +1 first; None if they are not cheap.

    Parameters
    ----------
    circuit : Circuit
        With its noise in place.
    names : tuple of str
        Bits, at least one; the others are summed over.
    flips : mapping from name to float
        Probability with which a bit is read wrong.
    """
    if len(circuit.results) > 2 * MAX_STRINGS or refusal(circuit) is not None:
        return None
    if any(isinstance(op, Homodyne) for op in circuit.operations):
        return None
    try:
        if cost(circuit, None).seconds > MAX_SECONDS:
            return None
        found = probabilities(circuit)
    except InputError:  # random rotations, or numbers beyond float64
        return None
    law = np.zeros((2,) * len(circuit.results))
    for string, probability in found.items():
        law[tuple((1 - bit) // 2 for bit in string)] = probability
    law = law.sum(axis=tuple(i for i, name in enumerate(circuit.results) if name not in names))
    order = [name for name in circuit.results if name in names]
    for axis, name in enumerate(order):
        q = flips.get(name, 0.0)
        law = np.moveaxis(np.tensordot(np.array([[1.0 - q, q], [q, 1.0 - q]]), law, (1, axis)), 0, axis)
    moved: Array = np.moveaxis(law, range(len(names)), [names.index(name) for name in order])
    return moved


def described_bits(
    results: Results, names: tuple[str, ...], circuit: Circuit, flips: Mapping[str, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of bits, with P(+1), its interval and its exact value, and rows of strings where there are few.

    Parameters
    ----------
    results : mapping from name to array
        Outcomes.
    names : tuple of str
        Which of them are bits.
    circuit : Circuit
        With its noise in place.
    flips : mapping from name to float
        Probability with which a bit is read wrong.
    """
    if not names:
        return [], []
    law = exact_law(circuit, names, flips) if set(names) <= set(names_of_bits(circuit)) else None
    rows: list[dict[str, Any]] = []
    for axis, name in enumerate(names):
        values = results[name]
        low, high = interval(int((values > 0.0).sum()), len(values))
        row: dict[str, Any] = {"name": name, "p_plus": float((values > 0.0).mean()), "p_low": low, "p_high": high}
        if law is not None:
            row["exact_p_plus"] = float(np.moveaxis(law, axis, 0)[0].sum())
        rows.append(row)
    strings: list[dict[str, Any]] = []
    if len(names) > 1 and 2 ** len(names) <= MAX_STRINGS:
        read = np.stack([results[name] < 0.0 for name in names], axis=1)
        for string in np.ndindex((2,) * len(names)):
            share = float((read == np.array(string)).all(axis=1).mean())
            found: dict[str, Any] = {"bits": "".join("+-"[bit] for bit in string), "share": share}
            strings.append(found if law is None else found | {"exact": float(law[string])})
    return rows, strings
