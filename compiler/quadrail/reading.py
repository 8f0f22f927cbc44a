"""Read macronodes back from plain data: is every mode handed on along the lattice, and what do the angles do?"""

from __future__ import annotations

from math import isfinite
from typing import Any

from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.operations import Displacement, Operation, Parameter
from compiler.quadrail.angles import Angles, exchanged, gates
from compiler.quadrail.program import UNIT, in_units
from compiler.serialize import operation_from_json, polynomial_from_json

KEYS = {"row", "step", "kind", "up", "left", "down", "right", "swap", "angles"}


def circuit_of_macronodes(data: dict[str, Any], like: Circuit, where: str = "macronodes.json") -> Circuit:
    """The circuit that macronodes make, with the modes, ancillas and symbols of another.

    What a macronode does is worked out from its homodyne angles, except for preparations, readouts and feed-forward.

    Parameters
    ----------
    data : dict
        What `ClusterProgram.to_json` returned.
    like : Circuit
    where : str
        How errors name the data.

    Raises
    ------
    CircuitError
        If the data is broken, or a mode enters a macronode that it was not handed to.
    """
    rows, nodes = data.get("rows"), data.get("macronodes")
    if not isinstance(rows, int) or not _whole(rows) or rows < 2 or not isinstance(nodes, list):
        raise CircuitError(f'{where}: needs "rows" >= 2 and a list of "macronodes"')
    inputs = {tuple(pair) for pair in data.get("inputs", []) if isinstance(pair, list) and len(pair) == 2}
    down: dict[int, int] = {}  # index of the macronode that a mode is handed to -> mode
    right: dict[int, int] = {}
    out: list[Operation] = []
    last = -1
    for place, node in enumerate(nodes):
        at = f"{where}: macronode {place}"
        if not isinstance(node, dict) or not set(node) >= KEYS:
            raise CircuitError(f"{at}: needs the keys {', '.join(sorted(KEYS))}")
        if not (_whole(node["row"]) and _whole(node["step"]) and 0 <= node["row"] < rows):
            raise CircuitError(f"{at}: row and step must be whole numbers, row below {rows}")
        k = node["step"] * rows + node["row"]
        if k <= last:
            raise CircuitError(f"{at}: macronodes must come in order, found index {k} after {last}")
        last = k
        up, left = node["up"], node["left"]
        for mode, handed, link in ((up, down, "k - 1"), (left, right, "k - N")):
            if handed.pop(k, None) != mode and (mode, k) not in inputs:
                raise CircuitError(f"{at}: mode {mode} does not come from macronode {link}")
        for mode, handed, step in ((node["down"], down, 1), (node["right"], right, rows)):
            if mode is not None:
                handed[k + step] = mode
        out += _displacements(node.get("displacements", []), at)
        if "operations" in node:
            out += [operation_from_json(op, at) for op in node["operations"]]
        elif {up, left} != {None}:
            angles = _angles(node["angles"], at)
            out += gates(up, left, exchanged(angles) if node["swap"] else angles)
    return like.with_operations(tuple(out))


def _displacements(items: Any, at: str) -> list[Operation]:
    if not isinstance(items, list) or not all(isinstance(i, dict) and set(i) == {"mode", "x", "p"} for i in items):
        raise CircuitError(f"{at}: displacements must be a list of objects with mode, x and p")
    return [Displacement((item["mode"],), _value(item["x"], at), _value(item["p"], at)) for item in items]


def _value(value: Any, at: str) -> Parameter:
    read = polynomial_from_json(value, at, modes=False) if isinstance(value, dict) else value
    if isinstance(read, bool | str | list | None):
        raise CircuitError(f"{at}: a displacement must be a number or a polynomial, found {value!r}")
    return in_units(read, 1.0 / UNIT)


def _angles(value: Any, at: str) -> Angles:
    if (
        not isinstance(value, list)
        or len(value) != 4
        or not all(isinstance(v, int | float) and isfinite(v) for v in value)
    ):
        raise CircuitError(f"{at}: angles must be four numbers, found {value!r}")
    return value[0], value[1], value[2], value[3]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
