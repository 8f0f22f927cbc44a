r"""Jaqal text in hybridlane's dialect for QSCOUT, reloaded by JaqalPaq and compared before it is returned.

| step | instructions |
|---|---|
| spin rotation ``R(alpha, phi)`` | ``R q phi alpha`` |
| ``exp(i theta x_j sigma_z)`` | ``zCD q manifold mode 0 theta`` |
| `Displacement` | ``zCD`` with ``beta = (x + i p) / 2``, the spin in ``|0>`` |
| `Squeeze`, `PrepareSqueezed` of m1i1 | ``Ry``, ``RampUp``, ``Ry``: conditioned on sigma_x; calibrated levels only |
| `BeamSplitter` of m0i1, m1i1 | ``Beamsplitter``; calibrated angles only |
| `SpinReadout` | ``R``, ``zCD`` on each mode, ``R``; the spin is measured as the subcircuit ends |
| `DisplacementReadout` | ``zCD`` on each mode with the spin in ``|0>``, then as `SpinReadout`, by the same amplitudes |

``zCD = exp(sigma_z (beta a^dag - beta^* a))`` with ``x = a + a^dag``. One displacement of several modes becomes one
``zCD`` a mode: they commute, and the dialect has no joint one. Everything else is refused with a reason. A subcircuit
begins with all spins in ``|0>`` and the modes cold, and ends by measuring all spins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compiler.errors import InputError, NotMappableError
from compiler.ions.qscout import PROFILE, IonLayout, QscoutCalibration, gate_table
from compiler.ions.qscout_steps import Instruction, QscoutStep, lower
from hardware_profiles.extras import need

DIGITS = 12
"""Number of decimals that are written; angles and displacements are of order one."""


def to_jaqal(steps: Sequence[QscoutStep], layout: IonLayout, calibration: QscoutCalibration | None = None) -> str:
    """Return the steps as the text of one Jaqal subcircuit.

    JaqalPaq parses the text again, with the gate table of this project. The instructions that it reads are compared
    with the given ones, number by number.

    Parameters
    ----------
    steps : sequence of Operation, IonGate or SpinReadout
        Steps in order of time. Each readout takes one spin, which cannot be used afterwards.
    layout : IonLayout
    calibration : QscoutCalibration, optional
        Calibrated levels; squeezers and beamsplitters are refused without them.

    Raises
    ------
    NotMappableError
        If a step cannot be written in Jaqal; the error holds a reason for every such step.
    InputError
        If JaqalPaq reads other instructions than those that were written.
    """
    instructions, reasons = lower(steps, layout, calibration)
    if reasons:
        raise NotMappableError(PROFILE, reasons)
    text = _text(instructions, layout)
    found = read_jaqal(text)
    if len(found) != len(instructions) or not all(map(_same, found, instructions)):
        raise InputError("Jaqal export: what JaqalPaq reads from the text is not what was written")
    return text


def read_jaqal(text: str) -> tuple[Instruction, ...]:
    """Return the instructions of a program with one subcircuit, parsed by JaqalPaq with the gate table of this project.

    Raises
    ------
    InputError
        If JaqalPaq refuses the text, or the text is not exactly one subcircuit.
    """
    need("jaqalpaq")
    from jaqalpaq.core import GateDefinition, Parameter, ParamType
    from jaqalpaq.error import JaqalError
    from jaqalpaq.parser import parse_jaqal_string

    kinds = {"qubit": ParamType.QUBIT, "int": ParamType.INT, "float": ParamType.FLOAT}
    table = {
        name: GateDefinition(name, parameters=[Parameter(p, kinds[kind]) for p, kind in parameters])
        for name, parameters in gate_table().gates.items()
    }
    try:
        circuit = parse_jaqal_string(text, inject_pulses=table, autoload_pulses=False)
    except JaqalError as error:
        raise InputError(f"JaqalPaq cannot read the text: {' '.join(str(error).split())}") from None
    blocks = list(circuit.body.statements)
    if len(blocks) != 1 or not getattr(blocks[0], "subcircuit", False):
        raise InputError(f"the Jaqal text must hold one subcircuit and nothing else, found {len(blocks)} statements")
    return tuple(
        Instruction(gate.name, tuple(_plain(value) for value in gate.parameters_by_name.values()))
        for gate in blocks[0].statements
    )


def _text(instructions: tuple[Instruction, ...], layout: IonLayout) -> str:
    used = 1 + max([*layout.spins, *(int(i.arguments[0]) for i in instructions)])
    lines = [f"from {gate_table().usepulses} usepulses *", "", f"register q[{used}]", "", "subcircuit {"]
    for instruction in instructions:
        kinds = (kind for _, kind in gate_table().gates[instruction.name])
        shown = [_shown(value, kind) for value, kind in zip(instruction.arguments, kinds, strict=True)]
        lines.append(f"    {' '.join((instruction.name, *shown))}")
    return "\n".join([*lines, "}", ""])


def _shown(value: float, kind: str) -> str:
    if kind == "qubit":
        return f"q[{value}]"
    return f"{value}" if kind == "int" else f"{round(value, DIGITS) + 0.0:.{DIGITS}f}"


def _plain(value: Any) -> int | float:
    """Return a number as it is, and a qubit as its number."""
    return value if isinstance(value, int | float) else int(value.alias_index)


def _same(a: Instruction, b: Instruction) -> bool:
    return (
        a.name == b.name
        and len(a.arguments) == len(b.arguments)
        and all(abs(v - w) <= 10.0**-DIGITS for v, w in zip(a.arguments, b.arguments, strict=True))
    )
