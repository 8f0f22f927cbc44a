"""Read macronodes back from plain data: is every mode handed on along the lattice, and what do the angles do?"""

from __future__ import annotations

from math import atan2, cos, isfinite, pi, sin
from typing import Any

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    PREPARATIONS,
    Displacement,
    Homodyne,
    Operation,
    Parameter,
    PrepareSqueezed,
    Rotation,
    used,
)
from compiler.ir.serialize import operation_from_json, polynomial_from_json
from compiler.quadrail.angles import Angles, exchanged, gates
from compiler.quadrail.device import QuadRail
from compiler.quadrail.program import UNIT, in_units

KEYS = {"row", "step", "kind", "up", "left", "down", "right", "swap", "angles"}
KINDS = (
    {"initialization", "measurement", "wiring", "phase_rotation", "shear_x_invariant", "shear_p_invariant"}
    | {"squeezing", "squeezing_45", "arbitrary", "controlled_z", "beam_splitter", "manual"}
)  # fmt: skip
ANGLE_TOLERANCE_RAD = 1e-9
"""Largest difference of angles that is rounding."""


def circuit_of_macronodes(
    data: dict[str, Any], like: Circuit, device: QuadRail, where: str = "macronodes.json"
) -> Circuit:
    """Return the circuit that macronodes make, with the modes, ancillas and symbols of another.

    What a macronode does is worked out from its homodyne angles. Where they follow from measured results, it is what
    the data says; preparations and readouts must be those of the angles.

    Parameters
    ----------
    data : dict
        What `ClusterProgram.to_json` returned.
    like : Circuit
        Says which modes come in from outside: those that it does not prepare first.
    device : QuadRail
    where : str
        How errors name the data.

    Raises
    ------
    CircuitError
        If the data is broken, a mode enters a macronode that it was not handed to, or the machine has no such step.
    """
    if data.get("rows") != device.rows:
        raise CircuitError(f'{where}: "rows" must be {device.rows}, found {data.get("rows")!r}')
    if not isinstance(data.get("macronodes"), list):
        raise CircuitError(f'{where}: "macronodes" must be a list')
    return _Reading(like, device, where, _inputs(data.get("inputs"), like, where)).run(data["macronodes"])


class _Reading:
    def __init__(self, like: Circuit, device: QuadRail, where: str, inputs: dict[int, int]) -> None:
        self.like, self.device, self.where = like, device, where
        self.coming = {index: mode for mode, index in inputs.items()}
        self.down: dict[int, int] = {}  # index of the macronode that a mode is handed to -> mode
        self.right: dict[int, int] = {}
        self.measured: dict[str, int] = {}
        self.out: list[Operation] = []

    def run(self, nodes: list[Any]) -> Circuit:
        last = -1
        for place, node in enumerate(nodes):
            at = f"{self.where}: macronode {place}"
            if not isinstance(node, dict) or not KEYS <= set(node) <= KEYS | {"operations", "displacements"}:
                raise CircuitError(f"{at}: needs the keys {', '.join(sorted(KEYS))}")
            k = self._index(node, at)
            if k <= last:
                raise CircuitError(f"{at}: macronodes must come in order, found index {k} after {last}")
            last = k
            self._links(node, k, at)
            made = [*_displacements(node.get("displacements", []), at), *self._does(node, at)]
            self._feed_forward(made, k, at)
            self.out += made
        return self.like.with_operations(tuple(self.out))

    def _index(self, node: dict[str, Any], at: str) -> int:
        row, step, rows = node["row"], node["step"], self.device.rows
        if not (_whole(row) and _whole(step) and row < rows) or (
            self.device.steps is not None and step >= self.device.steps
        ):
            raise CircuitError(f"{at}: row and step must be whole numbers, row below {rows}, steps {self.device.steps}")
        if not isinstance(node["kind"], str) or node["kind"] not in KINDS or not isinstance(node["swap"], bool):
            raise CircuitError(f"{at}: kind must be one of {', '.join(sorted(KINDS))}, and swap true or false")
        return int(step) * rows + int(row)

    def _links(self, node: dict[str, Any], k: int, at: str) -> None:
        for mode in (node["up"], node["left"], node["down"], node["right"]):
            if mode is not None and not (_whole(mode) and mode < self.like.modes):
                raise CircuitError(f"{at}: modes must lie in 0..{self.like.modes - 1}, found {mode!r}")
        entering = [m for m in (node["up"], node["left"]) if m is not None]
        leaving = [m for m in (node["down"], node["right"]) if m is not None]
        ends = {"initialization": (0, 1), "measurement": (1, 0)}.get(node["kind"])
        passes = sorted(entering) == sorted(leaving) and entering
        if (len(entering), len(leaving)) != ends if ends is not None else not passes:
            raise CircuitError(f"{at}: modes {entering} enter and {leaving} leave, which no {node['kind']} does")
        if node["up"] is not None and self.down.pop(k, None) != node["up"]:
            raise CircuitError(f"{at}: mode {node['up']} does not come from macronode k - 1")
        if node["left"] is not None and node["left"] not in (self.right.pop(k, None), self.coming.pop(k, None)):
            raise CircuitError(f"{at}: mode {node['left']} does not come from macronode k - N")
        if node["down"] is not None:
            self.down[k + 1] = node["down"]
        if node["right"] is not None:
            self.right[k + self.device.rows] = node["right"]

    def _does(self, node: dict[str, Any], at: str) -> list[Operation]:
        written = node.get("operations")
        if written is not None and not isinstance(written, list):
            raise CircuitError(f"{at}: operations must be a list, found {written!r}")
        made = [operation_from_json(op, at) for op in written or []]
        if node["angles"] is None:
            if not made or not all(used(op) for op in made):
                raise CircuitError(f"{at}: angles are missing, although not every operation depends on a result")
            return made
        angles = _angles(node["angles"], at)
        if node["kind"] in ("initialization", "measurement"):
            _same_angles(made, angles, at)
            return made
        if made:
            raise CircuitError(f"{at}: operations must be left out, because the angles determine them")
        if any(abs(sin(angles[i] - angles[j])) <= ANGLE_TOLERANCE_RAD for i, j in ((0, 1), (2, 3))):
            raise CircuitError(f"{at}: angles {list(angles)} measure a mode that should pass")
        return list(gates(node["up"], node["left"], exchanged(angles) if node["swap"] else angles))

    def _feed_forward(self, made: list[Operation], k: int, at: str) -> None:
        least, most = self.device.feed_forward
        for op in made:
            for name in sorted(used(op) & self.measured.keys()):
                distance = k - self.measured[name]
                if distance < least or (most is not None and distance > most):
                    raise CircuitError(f"{at}: uses {name} {distance} macronodes after its measurement")
            if isinstance(op, Homodyne):
                self.measured[op.result] = k


def _inputs(data: Any, like: Circuit, where: str) -> dict[int, int]:
    """Return mode -> index of the macronode that it enters first, for modes that nothing prepares."""
    first: dict[int, Operation] = {}
    for op in like.operations:
        for m in op.modes:
            first.setdefault(m, op)
    free = {m for m in range(like.modes) if not isinstance(first.get(m), PREPARATIONS)}
    pairs = data if isinstance(data, list) else []
    fits = all(isinstance(p, list) and len(p) == 2 and _whole(p[0]) and _whole(p[1]) for p in pairs)
    if not isinstance(data, list) or not fits or sorted(p[0] for p in pairs) != sorted({p[0] for p in pairs} & free):
        raise CircuitError(f"{where}: inputs must be one pair [mode, index] for each mode that nothing prepares")
    return {p[0]: p[1] for p in pairs}


def _same_angles(made: list[Operation], angles: Angles, at: str) -> None:
    """Require that all four micronodes are measured alike, along the mode's squeezing or the readout."""
    match made:
        case [Homodyne(angle=angle)]:
            wanted = pi / 2.0 - angle
        case [PrepareSqueezed(r=r)]:
            wanted = pi / 2.0 if r > 0.0 else 0.0
        case [PrepareSqueezed(r=r), Rotation(theta=float(turn))]:
            wanted = turn + (pi / 2.0 if r > 0.0 else 0.0)
        case _:
            raise CircuitError(f"{at}: operations must prepare one squeezed mode or read one")
    if any(abs(atan2(sin(a - wanted), cos(a - wanted))) > ANGLE_TOLERANCE_RAD for a in angles):
        raise CircuitError(f"{at}: angles must be {wanted:.9g} for {made[0]}, found {list(angles)}")


def _displacements(items: Any, at: str) -> list[Operation]:
    if not isinstance(items, list) or not all(isinstance(i, dict) and set(i) == {"mode", "x", "p"} for i in items):
        raise CircuitError(f"{at}: displacements must be a list of objects with mode, x and p")
    if not all(_whole(item["mode"]) for item in items):
        raise CircuitError(f"{at}: displacements must name modes")
    return [Displacement((item["mode"],), _value(item["x"], at), _value(item["p"], at)) for item in items]


def _value(value: Any, at: str) -> Parameter:
    read = polynomial_from_json(value, at, modes=False) if isinstance(value, dict) else value
    if isinstance(read, bool | str | list | None):
        raise CircuitError(f"{at}: a displacement must be a number or a polynomial, found {value!r}")
    return in_units(read, 1.0 / UNIT)


def _angles(value: Any, at: str) -> Angles:
    numbers = value if isinstance(value, list) else []
    fits = all(isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v) for v in numbers)
    if len(numbers) != 4 or not fits:
        raise CircuitError(f"{at}: angles must be four numbers, found {value!r}")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
