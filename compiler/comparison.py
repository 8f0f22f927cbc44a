"""Compare any two circuits or programs of other tools: the public entrance to the equivalence check."""

from __future__ import annotations

from typing import Any

from compiler.imports.objects import circuit_of
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import matched_by_mode, named_by_mode, with_results
from compiler.semantics.equivalence import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, equivalent


def compare(
    left: Any,
    right: Any,
    *,
    points: int | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = DEFAULT_SEED,
    digits: int | None = None,
) -> Equivalence:
    """Decide whether two circuits are equal up to a global phase.

    Differences that come from rounding parameters to float64 are accepted (``rounded`` of
    `compiler.semantics.equivalence.equivalent`).

    Parameters
    ----------
    left, right : Circuit, strawberryfields.Program, mrmustard.lab.Circuit or piquasso.Program
        Two circuits must use the same names for their results. The results of two programs are matched by mode, as in
        Strawberry Fields: the n-th readout of a mode is the same result in both. The results of a program that is
        compared with a circuit are matched with the circuit's in order of time and, if the two are not equal then, by
        mode. One circuit may have more modes than the other if the additional modes are ancillas.
    points, tolerance, seed, digits
        As `compiler.semantics.equivalence.equivalent` takes them.

    Raises
    ------
    CircuitError
        If a program contains something that cannot be read, or ``points`` or ``digits`` is out of range.

    Examples
    --------
    >>> from compiler.ir import ControlledX, ControlledZ, Rotation
    >>> from math import pi
    >>> cz = Circuit(2, (ControlledZ((0, 1), 0.7),))
    >>> cx = Circuit(2, (Rotation((1,), -pi / 2), ControlledX((0, 1), 0.7), Rotation((1,), pi / 2)))
    >>> compare(cz, cx).equivalent
    True
    """
    first: Equivalence | None = None
    for pair in _circuits(left, right):
        verdict = equivalent(*pair, points=points, tolerance=tolerance, seed=seed, digits=digits, rounded=True)
        if verdict.equivalent:
            return verdict
        first = first or verdict
    assert first is not None
    return first


def _circuits(left: Any, right: Any) -> list[tuple[Circuit, Circuit]]:
    """Return both inputs as circuits, once for every way in which their results can be matched."""
    if isinstance(left, Circuit) and isinstance(right, Circuit):
        return [(left, right)]
    if isinstance(left, Circuit):
        return [(left, read) for read in _matched(circuit_of(right, _size(left)), left)]
    if isinstance(right, Circuit):
        return [(read, right) for read in _matched(circuit_of(left, _size(right)), right)]
    other = circuit_of(right, _size(circuit_of(left)))
    one = circuit_of(left, _size(other))
    return [(one, other) if set(one.results) == set(other.results) else (named_by_mode(one), named_by_mode(other))]


def _size(circuit: Circuit) -> int:
    """Return the number of modes up to the last one that is not an ancilla."""
    return max(circuit.latent, default=-1) + 1


def _matched(read: Circuit, named: Circuit) -> list[Circuit]:
    """Return a circuit with the ancillas and results of another one, matched by time, and by mode if that differs."""
    ancillas = tuple(sorted({*read.ancillas, *(a for a in named.ancillas if a < read.modes)}))
    read = Circuit(read.modes, read.operations, ancillas, read.symbols)
    by_time = with_results(read, named.results)
    by_mode = matched_by_mode(read, named)
    return [by_time] if by_mode in (None, by_time) else [by_time, by_mode]
