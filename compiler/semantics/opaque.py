r"""Noise channels and Kerr gates, which have no polynomial phase-space map, as markers that can be compared.

For a comparison each such *opaque* operation is replaced by a marker on every mode that it acts on: a rotation, a
squeezer, a shear and a displacement by free symbols of its own. If two circuits hold the same opaque operations, and
the circuits with markers are equal at all values of the symbols, then the circuits are equal.

*Why this is sound.* By Iwasawa's decomposition the marker of one mode runs through all Gaussian unitaries G of the
mode. Write each circuit as a map of density matrices; it is linear in the map that stands in the place of an opaque
operation, and the circuits agree (global phases drop out) where ``rho -> G rho G^dagger`` stands there, for every G.
On the Hilbert-Schmidt operators, which Wigner functions represent as L^2(R^2), displacements act as translations and
the others as SL(2, R). What commutes with all translations is a multiplication m(k) in Fourier space; what also
commutes with SL(2, R), which takes any k != 0 to any other, has m constant. So the commutant is trivial, and by von
Neumann's theorem the linear combinations of the maps of the group are weakly dense in all bounded maps. Both circuits
are linear and weakly continuous in the place, so they agree with any bounded map there: Kerr gates, loss, thermal loss,
random displacements and rotations. (Loss with eta = 0 is the limit of eta -> 0.) The same holds place by place, and for
an operation on two modes with a marker on each, because the two algebras together are irreducible as well. Equality at
random symbols gives equality at all, since both sides are analytic in them.

A subgroup would not do. Displacements commute with each other, so that with displacements alone as markers a
displacement before a loss would equal the same displacement behind it.

Markers are numbered by the mode and by how many opaque operations the mode has had, not by time: operations on
different modes may change places. The method is only sufficient: operations that commute with an opaque operation are
not moved across it, but for rotations (`compiler.semantics.alignment`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isclose

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

OPAQUE = (*ops.NOISE, ops.Kerr, ops.CrossKerr)
"""Operations without a polynomial phase-space map."""

COVARIANT = (ops.Loss, ops.ThermalLoss, ops.Dephasing, ops.Kerr, ops.CrossKerr)
"""Opaque operations that commute with rotations of their modes."""

PARAMETER_TOLERANCE = 1e-9
"""Largest relative difference of the parameters of opaque operations that are taken as the same."""

SIZE = 4
"""Number of operations of a marker."""

SPREAD = {"turn": 1.0, "squeeze": 0.25, "shear": 0.5, "x": 1.0, "p": 1.0}
"""Factors of the symbols of a marker. Squeezing and shear are kept small, so that values grow little."""

Slot = tuple[tuple[int, int], ...]
"""For each mode of an operation, the mode and how many opaque operations it had before."""


def opaque_operations(circuit: Circuit) -> dict[Slot, ops.Operation]:
    """The opaque operations of a circuit by their places."""
    count: Counter[int] = Counter()
    found: dict[Slot, ops.Operation] = {}
    for op in circuit.operations:
        if isinstance(op, OPAQUE):
            found[_slot(op, count)] = op
            count.update(op.modes)
    return found


def opaque_difference(left: Circuit, right: Circuit) -> str:
    """Why the opaque operations of two circuits are not the same ones; empty if they are."""
    ours, theirs = opaque_operations(left), opaque_operations(right)
    for slot in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(slot), theirs.get(slot)
        if a is None or b is None or not same_operation(a, b):
            where = " and ".join(f"number {n} on mode {mode}" for mode, n in slot)
            shown = [f"{op!r}" if op is not None else "missing" for op in (a, b)]
            return (
                f"noise channels and Kerr gates must be the same at the same places, and {where} is {shown[0]} in one "
                f"and {shown[1]} in the other"
            )
    return ""


def same_operation(a: ops.Operation, b: ops.Operation) -> bool:
    """Whether two operations are of one kind, with parameters that agree to `PARAMETER_TOLERANCE`.

    >>> same_operation(ops.Loss((0,), 0.5), ops.Loss((1,), 0.5 + 1e-15))
    True
    """
    ours, theirs = a.parameters(), b.parameters()
    return type(a) is type(b) and all(_close(ours[key], theirs[key]) for key in ours)


def _close(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        largest = max((abs(v) for v in a), default=0.0)
        return len(a) == len(b) and all(abs(u - v) <= PARAMETER_TOLERANCE * largest for u, v in zip(a, b, strict=True))
    if isinstance(a, float | int) and isinstance(b, float | int):
        return isclose(a, b, rel_tol=PARAMETER_TOLERANCE, abs_tol=0.0)
    return a == b


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a marker stands: operations ``first`` to ``first + SIZE - 1`` on a mode, for its n-th opaque operation."""

    first: int
    mode: int
    number: int
    covariant: bool


def marked(circuit: Circuit, taken: Collection[str] = (), *, by_time: bool = False) -> tuple[Circuit, list[Mark]]:
    """The circuit with a marker in the place of every opaque operation, and where they stand.

    The result has the symbols of the markers besides its own.

    Parameters
    ----------
    circuit : Circuit
    taken : collection of str
        Names that the symbols of the markers must not begin like, besides those of the circuit.
    by_time : bool
        Number the markers by their order in time, so that circuits on other modes can be compared.

    Examples
    --------
    >>> lossy = Circuit(1, (ops.Rotation((0,), 0.3), ops.Loss((0,), 0.5)))
    >>> [type(op).__name__ for op in marked(lossy)[0].operations]
    ['Rotation', 'Rotation', 'Squeeze', 'Shear', 'Displacement']
    """
    prefix = "marker"
    while any(name.startswith(prefix) for name in (*circuit.symbols, *circuit.results, *taken)):
        prefix += "_"
    count: Counter[int] = Counter()
    out: list[ops.Operation] = []
    symbols: list[str] = []
    marks: list[Mark] = []
    for op in circuit.operations:
        if not isinstance(op, OPAQUE):
            out.append(op)
            continue
        for mode in op.modes:
            stem = f"{prefix}_{len(symbols)}" if by_time else f"{prefix}_{mode}_{count[mode]}"
            free = {kind: f"{stem}_{kind}" for kind in SPREAD}
            symbols += free.values()
            marks.append(Mark(len(out), mode, count[mode], isinstance(op, COVARIANT)))
            out += _marker(mode, free)
        count.update(op.modes)
    return Circuit(circuit.modes, tuple(out), circuit.ancillas, (*circuit.symbols, *symbols)), marks


def _slot(op: ops.Operation, count: Mapping[int, int]) -> Slot:
    """Where an opaque operation stands; a cross-Kerr gate is the same from either side."""
    return tuple(sorted((mode, count.get(mode, 0)) for mode in op.modes))


def _marker(mode: int, free: Mapping[str, str]) -> list[ops.Operation]:
    value = {kind: Polynomial.monomial((free[kind],), factor) for kind, factor in SPREAD.items()}
    return [
        ops.Rotation((mode,), value["turn"]),
        ops.Squeeze((mode,), value["squeeze"]),
        ops.Shear((mode,), value["shear"]),
        ops.Displacement((mode,), value["x"], value["p"]),
    ]
