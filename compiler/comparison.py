"""Compare any two circuits, programs of Strawberry Fields included: the front door of the equivalence check."""

from __future__ import annotations

from typing import Any

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import with_results
from compiler.semantics.equivalence import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, equivalent


def compare(
    left: Any,
    right: Any,
    *,
    points: int = 6,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = DEFAULT_SEED,
    digits: int | None = None,
) -> Equivalence:
    """Decide whether two noiseless circuits are equal up to a global phase.

    Parameters
    ----------
    left, right : Circuit or strawberryfields.Program
        Their results must have the same names; those of a Program are named after the other circuit's, in order of
        time. One may have more modes than the other if those are ancillas.
    points, tolerance, seed, digits
        As `compiler.semantics.equivalence.equivalent` takes them.

    Raises
    ------
    CircuitError
        If a circuit contains noise or something that cannot be read, or ``points`` or ``digits`` is out of range.

    Examples
    --------
    >>> from compiler.ir import ControlledX, ControlledZ, Rotation
    >>> from math import pi
    >>> cz = Circuit(2, (ControlledZ((0, 1), 0.7),))
    >>> cx = Circuit(2, (Rotation((1,), -pi / 2), ControlledX((0, 1), 0.7), Rotation((1,), pi / 2)))
    >>> compare(cz, cx).equivalent
    True
    """
    circuits = _circuits(left, right)
    return equivalent(*circuits, points=points, tolerance=tolerance, seed=seed, digits=digits)


def _circuits(left: Any, right: Any) -> tuple[Circuit, Circuit]:
    """Read both as circuits; the results of a Strawberry Fields Program take the names of the other's."""
    if isinstance(left, Circuit) and isinstance(right, Circuit):
        return left, right
    from compiler.exports.strawberryfields import from_strawberryfields

    for given in (left, right):
        if not isinstance(given, Circuit) and not (hasattr(given, "circuit") and hasattr(given, "num_subsystems")):
            raise CircuitError(f"a Circuit or a strawberryfields.Program is compared, found {type(given).__name__}")
    read = [c if isinstance(c, Circuit) else from_strawberryfields(c) for c in (left, right)]
    named = left if isinstance(left, Circuit) else right if isinstance(right, Circuit) else read[0]
    for place, given in enumerate((left, right)):
        if not isinstance(given, Circuit):
            circuit = read[place]
            ancillas = tuple(a for a in named.ancillas if a < circuit.modes)
            read[place] = with_results(Circuit(circuit.modes, circuit.operations, ancillas), named.results)
    return read[0], read[1]
