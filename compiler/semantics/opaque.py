r"""Noise channels and Kerr gates, which have no polynomial phase-space map, as markers that can be compared.

For a comparison each such *opaque* operation is replaced by a marker: gates with free symbols that run through all
Gaussian unitaries of its modes. If two circuits hold the same opaque operations at the same places, and the circuits
with markers are equal at all values of the symbols, then the circuits are equal.

*Why this is sound.* Consider one place, in the Heisenberg picture. In either circuit, a later observable is a
combination of Weyl operators W(k) of the place's modes, with coefficients that act on the other modes. The operation at
the place takes each W(k) to a combination of W(k'), and the state before the place gives each W(k') a value. A
displacement multiplies W(k) by a phase, and the phases of all displacements separate the k. So circuits that are equal
for all displacements are equal k by k. A symplectic gate takes W(k) to W(k'), and some gate takes any k != 0 to any k'
!= 0. So circuits that are equal for all Gaussian gates are equal for every pair of k and k', and hence for whatever
takes each W(k) to a combination of W(k'): loss, noise, Kerr gates. W(0) is the identity, which every channel leaves
alone. (Loss with eta = 0, which takes all W(k) to W(0), is a limit.) The same holds place by place. Equality at random
symbols gives equality at all, since both sides are analytic in them.

Less would not do. Displacements commute with each other: with these alone as markers a displacement before a loss would
equal the same displacement behind it. A marker for each mode of a cross-Kerr gate by itself takes no W(k) of one mode
to both: what the gate tells mode 0 of mode 1 would be missed where mode 1 is discarded.

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
"""Largest relative difference of the parameters of opaque operations that count as equal."""

SPREAD = {"squeeze": 0.25, "shear": 0.5}
"""Factors of symbols, 1 for others. Squeezing and shear are kept small, so that values grow little."""

Slot = tuple[tuple[int, int], ...]
"""For each mode of an operation, the mode and how many opaque operations it had before."""


def opaque_operations(circuit: Circuit) -> dict[Slot, ops.Operation]:
    """Return the opaque operations of a circuit by their places."""
    count: Counter[int] = Counter()
    found: dict[Slot, ops.Operation] = {}
    for op in circuit.operations:
        if isinstance(op, OPAQUE):
            found[_slot(op, count)] = op
            count.update(op.modes)
    return found


def opaque_difference(left: Circuit, right: Circuit) -> str:
    """Return why the opaque operations of two circuits are not the same ones; empty if they are."""
    ours, theirs = opaque_operations(left), opaque_operations(right)
    for slot in sorted(ours.keys() | theirs.keys()):
        a, b = ours.get(slot), theirs.get(slot)
        if a is None or b is None or not same_operation(a, b):
            where = " and ".join(f"number {n} on mode {mode}" for mode, n in slot)
            shown = [f"{op!r}" if op is not None else "missing" for op in (a, b)]
            return (
                f"noise channels and Kerr gates must be the same at the same places, but {where} is {shown[0]} in one "
                f"circuit and {shown[1]} in the other"
            )
    return ""


def same_operation(a: ops.Operation, b: ops.Operation) -> bool:
    """Return whether two operations are of one kind, with parameters that agree to `PARAMETER_TOLERANCE`.

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
    """Where a marker stands: operations from ``first`` to before ``end``, for the n-th opaque operation of a mode."""

    first: int
    end: int
    mode: int
    number: int
    covariant: bool


def marked(circuit: Circuit, taken: Collection[str] = (), *, by_time: bool = False) -> tuple[Circuit, list[Mark]]:
    """Return the circuit with a marker in the place of every opaque operation, and where they stand.

    The result has the symbols of the markers besides its own.

    Parameters
    ----------
    circuit : Circuit
    taken : collection of str
        Names with which the symbols of the markers must not begin, besides those of the circuit.
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
        slot = _slot(op, count)
        place = "_".join(f"{mode}_{number}" for mode, number in slot)
        marker, free = _marker(tuple(mode for mode, _ in slot), f"{prefix}_{len(symbols) if by_time else place}")
        end = len(out) + len(marker)
        marks += [Mark(len(out), end, mode, number, isinstance(op, COVARIANT)) for mode, number in slot]
        out += marker
        symbols += free
        count.update(op.modes)
    return Circuit(circuit.modes, tuple(out), circuit.ancillas, (*circuit.symbols, *symbols)), marks


def _slot(op: ops.Operation, count: Mapping[int, int]) -> Slot:
    """Return the place of an opaque operation; a cross-Kerr gate is the same from either side."""
    return tuple(sorted((mode, count.get(mode, 0)) for mode in op.modes))


def _marker(modes: tuple[int, ...], stem: str) -> tuple[list[ops.Operation], list[str]]:
    """Return gates that run through all Gaussian unitaries of one or two modes, and their symbols.

    On one mode a shear, a squeezer and a rotation (Iwasawa's decomposition of SL(2, R)), on two modes squeezers between
    interferometers (Bloch and Messiah's of Sp(4, R)); and displacements.
    """
    names: list[str] = []

    def free(kind: str) -> Polynomial:
        names.append(f"{stem}_{kind}{len(names)}")
        return Polynomial.monomial((names[-1],), SPREAD.get(kind, 1.0))

    def mixed() -> list[ops.Operation]:
        turns: list[ops.Operation] = [ops.Rotation((mode,), free("turn")) for mode in modes]
        return [*turns, ops.BeamSplitter(modes, free("mix"), free("mix"))] if len(modes) > 1 else turns

    out = mixed()
    out += [ops.Squeeze((mode,), free("squeeze")) for mode in modes]
    out += mixed() if len(modes) > 1 else [ops.Shear(modes, free("shear"))]
    out += [ops.Displacement((mode,), free("x"), free("p")) for mode in modes]
    return out, names
