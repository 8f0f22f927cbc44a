"""Merge phase gates: hyperedge gates commute, so weights of one edge add up and gates of weight zero vanish."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.operations import DIAGONAL, ControlledX, Displacement, Operation, PolynomialPhase, phase
from compiler.passes.base import PassResult, Promise
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class MergePhases:
    """Move every phase gate back to an earlier phase gate on the same modes, past whatever it commutes with.

    A phase gate commutes with every operation that is diagonal in position, with operations on other modes, and with a
    ControlledX whose target it does not touch. Polynomials that merge to a constant are dropped, hence the promise.
    Idempotent.
    """

    name: str = "merge_phases"
    promise: Promise = Promise.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Merge; the order of the remaining gates is that of each group's first gate."""
        slots: list[Operation] = []
        home: dict[tuple[int, ...], int] = {}  # modes of a phase gate -> the slot that a later twin may still join
        touching: dict[int, set[tuple[int, ...]]] = {}  # mode -> keys of `home` that contain it
        for op in circuit.operations:
            if isinstance(op, PolynomialPhase):
                if (at := home.get(op.modes)) is not None:
                    twin = slots[at]
                    assert isinstance(twin, PolynomialPhase)
                    slots[at] = merged = phase(twin.polynomial + op.polynomial)
                    if merged.modes != op.modes:
                        del home[op.modes]
                    continue
                home[op.modes] = len(slots)
                for mode in op.modes:
                    touching.setdefault(mode, set()).add(op.modes)
            else:
                for mode in _disturbed(op):
                    for key in touching.pop(mode, ()):
                        home.pop(key, None)
            slots.append(op)
        kept = tuple(op for op in slots if not isinstance(op, PolynomialPhase) or op.modes)
        before, after = (sum(isinstance(op, PolynomialPhase) for op in group) for group in (circuit.operations, kept))
        return PassResult(circuit.with_operations(kept), f"{before} phase gates became {after}")


def _disturbed(op: Operation) -> tuple[int, ...]:
    """The modes whose position an operation changes."""
    if isinstance(op, ControlledX):
        return op.modes[1:]
    if isinstance(op, DIAGONAL) or (isinstance(op, Displacement) and op.x == 0.0):
        return ()
    return op.modes
