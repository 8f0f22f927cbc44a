"""Write a circuit as a plain Python script that builds a `strawberryfields.Program`, for users to read, change and run.

The generator of Strawberry Fields, ``io.generate_code``, drops the ``select`` of a homodyne measurement and rounds
angles to multiples of pi/12. Here every number is written with all its digits. The gates are those of the export as a
Program (`compiler.exports.strawberryfields.program.EMIT`); a recorder turns them into lines. The script is read back
without running it (`compiler.imports.strawberryfields.script`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields.program import EMIT, ascending
from compiler.imports.reading.expressions import written
from compiler.imports.strawberryfields.script import read_script
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Polynomial

WHAT = "Strawberry Fields script"

IMPORTS = ("import numpy as np", "import strawberryfields as sf", "from strawberryfields import ops")


def to_sf_script(circuit: Circuit, name: str = "khrnn") -> str:
    """Return the circuit as a Python script, which leaves a `strawberryfields.Program` in its variable ``program``.

    Raises
    ------
    CircuitError
        If Strawberry Fields has no form for an operation, or a different circuit is read back.

    Examples
    --------
    >>> circuit = Circuit(2, (ops.Squeeze((0,), 0.5), ops.ControlledZ((0, 1), 0.25)))
    >>> print(to_sf_script(circuit).split("context as q:")[1])
    <BLANKLINE>
        ops.Sgate(0.5) | q[0]
        ops.CZgate(0.25) | (q[0], q[1])
    <BLANKLINE>
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} need values before the circuit is exported; bind them")
    if circuit.modes == 0:
        raise CircuitError("a strawberryfields.Program needs at least one mode, found a circuit without modes")
    recorder = _Recorder()
    wires = [_Wire(mode) for mode in range(circuit.modes)]
    latest: dict[str, int] = {}  # result -> the mode whose q[mode].par it is
    for index, op in enumerate(circuit.operations):
        where = f"operation {index} {op}"
        for step in ascending(op):
            emit = EMIT[type(step)]
            if isinstance(emit, str):
                raise CircuitError(f"{where} has no Strawberry Fields form: {emit}")
            emit(recorder, step, wires, partial(_text, latest, where))
        if isinstance(op, ops.ENDS):
            latest = {r: m for r, m in latest.items() if m != op.modes[0]}
        if isinstance(op, ops.MEASUREMENTS):
            latest[op.result] = op.modes[0]
            recorder.lines[-1] += f"  # {op.result}"
    text = _script(circuit, name, recorder.lines)
    if reason := reloaded_differs(text, circuit):
        raise CircuitError(f"{WHAT} export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why a script, read back, differs from the circuit; empty if they are equal.

    Raises
    ------
    CircuitError
        If the script holds something that cannot be read.
    """
    return difference(from_sf_script(text), circuit)


def from_sf_script(text: str) -> Circuit:
    """Return the circuit of a script without running it (`compiler.imports.strawberryfields.script.read_script`).

    Raises
    ------
    CircuitError
        If the script holds something that cannot be read.
    """
    return read_script(text, WHAT).circuit


def _script(circuit: Circuit, name: str, lines: list[str]) -> str:
    ancillas = f"; ancillas: {', '.join(map(str, circuit.ancillas))}" if circuit.ancillas else ""
    numpy = [] if not any("np.array" in line for line in lines) else [IMPORTS[0]]
    head = (
        f'"""A program of {circuit.modes} modes for Strawberry Fields 0.23, hbar = 2{ancillas}.\n\n'
        "Run it with an engine: sf.Engine(..).run(program). A comment behind a measurement is the name of its result.\n"
        '"""\n'
    )
    block = [f"    {line}" for line in lines] or ["    pass"]
    make = ["", f"program = sf.Program({circuit.modes}, name={json.dumps(name)})", "", "with program.context as q:"]
    return "\n".join([head, *numpy, *IMPORTS[1:], *make, *block, ""])


@dataclass(frozen=True, slots=True)
class _Wire:
    mode: int

    def __str__(self) -> str:
        return f"q[{self.mode}]"


@dataclass(slots=True)
class _Recorder:
    """Recorder that takes the place of the package in `EMIT`, and writes gates down instead of building them."""

    lines: list[str] = field(default_factory=list)

    @property
    def ops(self) -> _Recorder:
        return self

    def __getattr__(self, gate: str) -> Any:
        return partial(_Call, self.lines, gate)


class _Call:
    def __init__(self, lines: list[str], gate: str, *args: Any, **keywords: Any) -> None:
        self.lines = lines
        named = (f"{key}={_argument(value)}" for key, value in keywords.items())
        self.text = f"ops.{gate}({', '.join([*map(_argument, args), *named])})"

    def __or__(self, wires: _Wire | list[_Wire]) -> None:
        if isinstance(wires, list):
            on = str(wires[0]) if len(wires) == 1 else f"({', '.join(map(str, wires))})"
        else:
            on = str(wires)
        self.lines.append(f"{self.text} | {on}")


def _argument(value: Any) -> str:
    if isinstance(value, str):  # a parameter, already text
        return value
    if hasattr(value, "tolist"):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(_argument, value))}]"
    if isinstance(value, int):
        return repr(value)
    return repr(float(value))


def _text(latest: dict[str, int], where: str, value: Parameter) -> str:
    if isinstance(value, Polynomial) and (missing := [v for v in value.names if v not in latest]):
        raise CircuitError(f"{where}: {missing[0]} was overwritten by a later readout of its mode; use more ancillas")
    return written(value, lambda result: f"q[{latest[result]}].par")


FORMAT = Format(
    "strawberryfields",
    "program_sf.py",
    "read back from its syntax tree",
    lambda given: to_sf_script(given.native),
    lambda text, given: reloaded_differs(text, given.native),
)
