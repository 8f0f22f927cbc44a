"""Every advice of a refusal works when it is followed to the letter: machines of gates, clusters and ions."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partialmethod
from math import cos, pi, sin
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from ions_support import CALIBRATION, LAYOUT
from machines_support import IONS, QUICK, line, number
from photon_counters import LOW
from random_programs import device, edge, p_of, x_of

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import MappingReason, NotMappableError
from compiler.files import json_text
from compiler.ions import SpinReadout
from compiler.ions.qscout import BeamSplitterPoint, IonLayout, MotionalMode, QscoutCalibration, SqueezePoint
from compiler.ions.qscout_steps import QscoutStep, unmappable_steps
from compiler.ions.sequences.synthesis import SynthesisSettings
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter as Splitter
from compiler.ir.operations import (
    ControlledX,
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    PhasePower,
    Rotation,
    Shear,
    Squeeze,
)
from compiler.ir.operations import PrepareSqueezed as Squeezed
from compiler.ir.operations import PrepareVacuum as Vacuum
from compiler.ir.polynomial import Polynomial
from compiler.machines import IonSettings, check_native
from compiler.machines.ion_file import IonFile, steps_of
from compiler.machines.layout import ION_FILE, read_layout
from compiler.passes.registry import parse_passes
from compiler.pipeline import compile_circuit
from compiler.routing.coupling import Coupling
from compiler.routing.swaps import not_neighbours
from compiler.template import bound, compile_template
from hardware_profiles import Profile, load_profile, profile_from_data

Reasons = tuple[MappingReason, ...]
Row = tuple[str, Callable[[], Reasons], Callable[..., Reasons]]
"""A pattern of the advice, the refused attempt, and the one that follows the advice, given the pattern's groups."""

PHOTONIC, CLUSTER, TRAP, QSCOUT = "photonic-cubic", "mqc3-quadrail", "trapped-ion-motional", "trapped-ion-qscout"
PAIRS, LOOPS = "xanadu-x8", "xanadu-borealis"
LEVEL = 0.5756
"""The squeezing that the cluster machine has."""


def told(ask: Callable[..., Any], *arguments: Any, **options: Any) -> Reasons:
    """The reasons that a function gives or refuses with; none if it does what was asked."""
    try:
        found = ask(*arguments, **options)
    except NotMappableError as error:
        return error.reasons
    return tuple(found) if isinstance(found, tuple | list) else ()


def compiled(
    circuit: Circuit, profile: str | Profile, passes: str | None = None, settings: IonSettings | None = None
) -> Reasons:
    """Why a circuit cannot be compiled for a profile, by its own passes or by others."""
    device = load_profile(profile) if isinstance(profile, str) else profile
    chosen = None if passes is None else parse_passes(passes) if passes else ()
    return told(compile_circuit, circuit, device, chosen, options=QUICK, settings=settings)


def on(modes: int, *operations: Operation, symbols: tuple[str, ...] = ()) -> Circuit:
    """A circuit."""
    return Circuit(modes, operations, symbols=symbols)


def squeezed(modes: int, r: float = -LEVEL) -> tuple[Operation, ...]:
    """Modes squeezed alike."""
    return tuple(Squeezed((m,), r) for m in range(modes))


def changed(base: str | Profile, changes: dict[str, object]) -> Profile:
    """A profile with other values at dotted places."""
    data = (load_profile(base) if isinstance(base, str) else base).model_dump(mode="json")
    for place, value in changes.items():
        *path, last = place.split(".")
        node = data
        for key in path:
            node = node[key]
        node[last] = value
    return profile_from_data(data, "changed")


def gates(*further: str, **changes: object) -> Profile:
    """A machine of gates without rotations, with further operations, and changed ones (``Squeeze__ranges=...``)."""
    names = ("PrepareVacuum", "PrepareSqueezed", "Displacement", "Squeeze", "BeamSplitter", "CubicPhase", "Homodyne")
    made = device({name: {} for name in (*names, *further)})
    return changed(made, {f"operations.{key.replace('__', '.')}": value for key, value in changes.items()})


def up_to(value: float) -> dict[str, object]:
    """The range of a squeezing parameter."""
    return {"r": {"maximum": number(value)}}


def levels(*values: float, shared: bool = False) -> dict[str, object]:
    """The levels of a squeezing parameter."""
    return {"r": {"levels": [number(v) for v in values], "shared": shared}}


TURN = ((cos(0.5) + 0j, -sin(0.5) + 0j), (sin(0.5) + 0j, cos(0.5) + 0j))
"""The matrix of a beamsplitter."""
RESULT = Polynomial.monomial(("m",))
NATIVE: dict[str, Operation] = {
    "PrepareVacuum": Vacuum((0,)),
    "PrepareSqueezed": Squeezed((1,), 0.3),
    "Rotation": Rotation((0,), 0.1),
    "BeamSplitter": Splitter((0, 1), 0.2),
    "Displacement": Displacement((0,), 0.1, 0.2),
    "Squeeze": Squeeze((1,), 0.2),
    "CubicPhase": CubicPhase((0,), 0.1),
    "Homodyne": x_of(0),
}
"""One operation of each kind that the photonic machine has."""
WEIGHTED = on(2, *squeezed(2), ControlledZ((0, 1), Polynomial.monomial(("w",))), symbols=("w",))
FAR = on(3, Splitter((0, 2), 0.3))
FED_CX = on(3, x_of(0, "m"), ControlledX((1, 2), RESULT))
FOUR = on(4, edge(0, 1, 2, 3, weight=0.1))
SQUEEZE = on(1, Squeeze((0,), 0.3))
POWERS = gates("PhasePower", PhasePower__orders=[4])
MESH = changed(line(3), {"operations.Interferometer.availability": "native"})
WIDE = on(3, ops.Interferometer((0, 1, 2), ((0j, 1 + 0j, 0j), (0j, 0j, 1 + 0j), (1 + 0j, 0j, 0j))))
MEASURED: dict[str, object] = {"Squeeze__availability": "teleported"}
CUBIC: dict[str, object] = {"CubicPhase__availability": "teleported"}
FOUR_A_MODE = gates(CubicPhase__max_per_mode=number(4))
NO_FEED_FORWARD = profile_from_data(
    {**gates().model_dump(mode="json"), "measurement": {"homodyne": {"feed_forward": False}}}, "fed"
)

GATES: dict[str, Row] = {
    "native operations": (
        "use its native operations: (PrepareVacuum, .*)",
        lambda: compiled(on(2, ops.Kerr((0,), 0.1)), PHOTONIC),
        lambda names: compiled(on(2, *(NATIVE[name] for name in names.split(", "))), PHOTONIC)),
    "nothing is native": (
        "use its native operations: nothing",
        lambda: compiled(on(1, Rotation((0,), 0.1)), device({})), lambda: compiled(on(1), device({}))),
    "phase for want of cubic gates": (
        "use a machine with cubic gates: khrnn devices lists those that run the program",
        lambda: compiled(on(3, *squeezed(3), edge(0, 1, 2, weight=0.1)), "xanadu-aurora"),
        lambda: compiled(on(3, *squeezed(3), edge(0, 1, 2, weight=0.1)), "photonic-teleported")),
    "order of a power": (
        "take order (.*)$",
        lambda: compiled(on(1, PhasePower((0,), 5, 0.1)), POWERS, ""),
        lambda k: compiled(on(1, PhasePower((0,), int(k), 0.1)), POWERS)),
    "order of a power, several": (
        r"take order (\d+) or (\d+)$",
        lambda: compiled(on(1, PhasePower((0,), 5, 0.1)), gates("PhasePower", PhasePower__orders=[4, 6]), ""),
        lambda *orders: compiled(
            on(1, *(PhasePower((0,), int(k), 0.1) for k in orders)), gates("PhasePower", PhasePower__orders=[4, 6]))),
    "order of a power, none": (
        "leave it out$",
        lambda: compiled(on(1, PhasePower((0,), 5, 0.1)), gates("PhasePower"), ""),
        lambda: compiled(on(1), gates("PhasePower"))),
    "parameter with a range that depends on a result": (
        "use a number$",
        lambda: compiled(on(2, x_of(0, "m"), Squeeze((1,), RESULT)), PHOTONIC),
        lambda: compiled(on(2, x_of(0, "m"), Squeeze((1,), 0.3)), PHOTONIC)),
    "no level of a sign": (
        "turn the mode by pi/2: no level has this sign of r",
        lambda: compiled(on(1, Squeezed((0,), -0.5)), gates(PrepareSqueezed__ranges=levels(0.5, 0.8))),
        lambda: compiled(
            on(1, Squeezed((0,), 0.5), Rotation((0,), pi / 2)),
            gates("Rotation", PrepareSqueezed__ranges=levels(0.5, 0.8)))),
    "no level of a sign, in line": (
        "turn the mode by pi/2: no level has this sign of r",
        lambda: compiled(on(1, Squeeze((0,), -0.5)), gates(Squeeze__ranges=levels(0.5))),
        lambda: compiled(
            on(1, Rotation((0,), pi / 2), Squeeze((0,), 0.5), Rotation((0,), -pi / 2)),
            gates("Rotation", Squeeze__ranges=levels(0.5)))),
    "squeezing of a preparation": (
        "lower the squeezing to (.*)",
        lambda: compiled(on(1, Squeezed((0,), 2.0)), PHOTONIC),
        lambda r: compiled(on(1, Squeezed((0,), float(r))), PHOTONIC)),
    "squeezing in line": (
        r"lower the weights and strengths until \|r\| <= (.*)",
        lambda: compiled(on(1, Squeeze((0,), -2.0)), PHOTONIC),
        lambda r: compiled(on(1, Squeeze((0,), -float(r))), PHOTONIC)),
    "cubic gates of a mode": (
        "use fewer hyperedges with this mode",
        lambda: compiled(on(7, edge(0, 1, 2), edge(0, 3, 4), edge(0, 5, 6)), FOUR_A_MODE),
        lambda: compiled(on(7, edge(0, 1, 2), edge(0, 3, 4)), FOUR_A_MODE)),
    "no feed-forward": (
        "use a number$",
        lambda: compiled(on(2, x_of(0, "m"), Displacement((1,), RESULT, 0.0)), NO_FEED_FORWARD),
        lambda: compiled(on(2, x_of(0, "m"), Displacement((1,), 0.2, 0.0)), NO_FEED_FORWARD)),
    "delay loops without counters": (
        "give the profile the section measurement.photon-counting",
        lambda: compiled(on(2, *squeezed(2, LOW)), changed(LOOPS, {"measurement": {}})),
        lambda: compiled(on(2, *squeezed(2, LOW)), changed(LOOPS, {"measurement": {"photon-counting": {}}}))),
    "not neighbours": (
        r"insert swaps \(the pass (\w+)\)",
        lambda: compiled(FAR, line(3), ""), lambda name: compiled(FAR, line(3), name)),
    "not neighbours, three modes": (
        r"decompose it first \(the pass (\w+)\)",
        lambda: compiled(WIDE, MESH, ""), lambda name: compiled(WIDE, MESH, name)),
    "no way": (
        "use modes that the device couples",
        lambda: not_neighbours(on(3, ControlledZ((0, 2), 0.1)), Coupling(4, ((0, 1), (2, 3)))),
        lambda: not_neighbours(on(3, ControlledZ((0, 1), 0.1)), Coupling(4, ((0, 1), (2, 3))))),
    "two modes at one site": (
        "give every mode a site of its own",
        lambda: check_native(on(2, Rotation((0,), 0.1), Rotation((1,), 0.1)), line(3), sites(1, 1)),
        lambda: check_native(on(2, Rotation((0,), 0.1), Rotation((1,), 0.1)), line(3), sites(1, 2))),
    "two modes at one site, later": (
        "give every mode a site of its own",
        lambda: check_native(on(2, *squeezed(2)), line(3), sites(1, 1)),
        lambda: check_native(on(2, *squeezed(2)), line(3), sites(1, 2))),
    "degree 4, smaller edges": (
        "use phases of degree at most 3",
        lambda: compiled(FOUR, gates()), lambda: compiled(on(4, edge(0, 1, 2), edge(1, 2, 3)), gates())),
    "degree 4, smaller powers": (
        "use phases of degree at most 3",
        lambda: compiled(on(1, edge(0, 0, 0, 0)), gates()), lambda: compiled(on(1, edge(0, 0, 0)), gates())),
    "degree 4, rotations": (
        "or a profile with native Rotation",
        lambda: compiled(FOUR, gates()), lambda: compiled(FOUR, gates("Rotation"))),
    "degree 4, powers": (
        "or native PhasePower of that order",
        lambda: compiled(FOUR, gates()), lambda: compiled(FOUR, POWERS)),
    "controlled gate with feed-forward": (
        "use a profile with native (ControlledX)",
        lambda: compiled(FED_CX, gates()), lambda name: compiled(FED_CX, gates(name))),
    "shear with feed-forward": (
        "use a profile with native (Shear)",
        lambda: compiled(on(2, x_of(0, "m"), Shear((1,), RESULT)), gates()),
        lambda name: compiled(on(2, x_of(0, "m"), Shear((1,), RESULT)), gates(name))),
    "squeezing by measurement with feed-forward": (
        "use a number$",
        lambda: compiled(on(2, x_of(0, "m"), Squeeze((1,), RESULT)), gates(**MEASURED)),
        lambda: compiled(
            on(2, x_of(0, "m"), Squeeze((1,), 0.3)), gates(**MEASURED, PrepareSqueezed__ranges=up_to(1.0)))),
    "unknown ancillas, profile": (
        "give operations.PrepareSqueezed.ranges.r.maximum in the profile",
        lambda: compiled(SQUEEZE, gates(**MEASURED)),
        lambda: compiled(SQUEEZE, gates(**MEASURED, PrepareSqueezed__ranges=up_to(1.0)))),
    "unknown ancillas, pass": (
        "or ancilla_r to the pass",
        lambda: compiled(SQUEEZE, gates(**MEASURED)),
        lambda: compiled(SQUEEZE, gates(**MEASURED), "measured_squeezing{ancilla_r=1.5}")),
    "unknown resource states": (
        "give operations.PrepareCubic.ranges.r.maximum in the profile",
        lambda: compiled(on(1, CubicPhase((0,), 0.1)), gates("Rotation", "Shear", "PrepareCubic", **CUBIC)),
        lambda: compiled(
            on(1, CubicPhase((0,), 0.1)),
            gates("Rotation", "Shear", "PrepareCubic", **CUBIC, PrepareCubic__ranges=up_to(1.0)))),
    "template": (
        "compile the whole circuit",
        lambda: told(compile_template, WEIGHTED, load_profile(CLUSTER)),
        lambda: compiled(bound(WEIGHTED, {"w": 0.3}), CLUSTER)),
}  # fmt: skip


def sites(*places: int) -> str:
    """The layout file of modes on a line of three sites."""
    return json_text({"format": "qumode-khrnn/sites", "version": 1, "count": 3, "sites": list(places)})


def rows_of(count: int) -> Profile:
    """A cluster machine of so many macronodes a step, which states no largest number of modes."""
    return changed(CLUSTER, {"topology.local_macronodes": number(count)})


def reach(distance: int) -> Profile:
    """A cluster machine that uses results at most so many macronodes later."""
    return changed(CLUSTER, {"measurement.homodyne.max_index_distance": number(distance)})


def late(modes: int, at_once: bool = False) -> Circuit:
    """Modes joined in a chain; the result of the first moves the last, after that or at once."""
    chain = [ControlledZ((m, m + 1), 0.2) for m in range(1, modes - 1)]
    move = Displacement((modes - 1,), RESULT, 0.0)
    return on(modes, *squeezed(modes), x_of(0, "m"), *([move, *chain] if at_once else [*chain, move]))


def fed(*operations: Operation) -> Circuit:
    """Operations that use the result of mode 0."""
    return on(3, *squeezed(3), x_of(0, "m"), *operations)


STEPS = changed(CLUSTER, {"clock.steps": number(3)})
NO_SHEAR = changed(CLUSTER, {"operations.Shear.availability": "unavailable"})

CLUSTERS: dict[str, Row] = {
    "cubic, edges": (
        r"use k = 2 \(edges on two modes only\)",
        lambda: compiled(on(3, *squeezed(3), edge(0, 1, 2)), CLUSTER),
        lambda: compiled(on(3, *squeezed(3), edge(0, 1), edge(1, 2)), CLUSTER)),
    "cubic, machine": (
        "or a machine with cubic gates",
        lambda: compiled(on(3, *squeezed(3), edge(0, 1, 2)), CLUSTER),
        lambda: compiled(on(3, *squeezed(3), edge(0, 1, 2)), PHOTONIC)),
    "cubic gate, machine": (
        "or use another machine: khrnn devices lists those that run the program",
        lambda: compiled(on(1, *squeezed(1), ops.CubicPhase((0,), 0.1)), CLUSTER),
        lambda: compiled(on(1, *squeezed(1), ops.CubicPhase((0,), 0.1)), PHOTONIC)),
    "vacuum": (
        "prepare the mode squeezed",
        lambda: compiled(on(1, Vacuum((0,))), CLUSTER), lambda: compiled(on(1, *squeezed(1)), CLUSTER)),
    "level of the resource": (
        "take r = (.*), the nearest level",
        lambda: compiled(on(1, Squeezed((0,), -0.4)), CLUSTER),
        lambda r: compiled(on(1, Squeezed((0,), float(r))), CLUSTER)),
    "beamsplitter that depends on a result": (
        "feed forward to displacements, rotations, shears, ControlledZ",
        lambda: compiled(fed(Splitter((1, 2), RESULT)), CLUSTER),
        lambda: tuple(reason for op in (
            Displacement((1,), RESULT, 0.0), Rotation((1,), RESULT), Shear((1,), RESULT), ControlledZ((1, 2), RESULT)
        ) for reason in compiled(fed(op), CLUSTER))),
    "product of results": (
        "use sums of functions of one result each",
        lambda: compiled(fed(x_of(1, "n"), Rotation((2,), Polynomial.monomial(("m", "n")))), CLUSTER),
        lambda: compiled(fed(x_of(1, "n"), Rotation((2,), RESULT + Polynomial.monomial(("n", "n")))), CLUSTER)),
    "too many modes at once, fewer": (
        "use fewer modes at once",
        lambda: compiled(on(5, *squeezed(5)), rows_of(3)), lambda: compiled(on(3, *squeezed(3)), rows_of(3))),
    "too many modes at once, machine": (
        "or a machine with more macronodes per step",
        lambda: compiled(on(5, *squeezed(5)), rows_of(3)), lambda: compiled(on(5, *squeezed(5)), CLUSTER)),
    "too many steps": (
        "use a shorter circuit",
        lambda: compiled(on(2, *squeezed(2), *[ControlledZ((0, 1), 0.1)] * 4), STEPS),
        lambda: compiled(on(2, *squeezed(2), *[ControlledZ((0, 1), 0.1)] * 2), STEPS)),
    "result used too late, order": (
        "use the result earlier, before other gates on its mode",
        lambda: compiled(late(4), reach(3)), lambda: compiled(late(4, at_once=True), reach(3))),
    "result used too late, modes": (
        "or use fewer modes", lambda: compiled(late(4), reach(3)), lambda: compiled(late(2), reach(3))),
    "unavailable": (
        "use operations that the profile offers",
        lambda: compiled(on(1, *squeezed(1), Shear((0,), 0.2)), NO_SHEAR),
        lambda: compiled(on(1, *squeezed(1), Rotation((0,), 0.2)), NO_SHEAR)),
}  # fmt: skip


def steps(circuit: Circuit) -> list[QscoutStep]:
    """The steps of a circuit that is compiled for QSCOUT."""
    settings = IonSettings(error=0.1, input_r=0.0)
    program = compile_circuit(circuit, load_profile(QSCOUT), options=QUICK, settings=settings)
    assert program.layout is not None
    return steps_of(program.circuit, read_layout(IonFile, program.layout.text, ION_FILE))


def exported(*found: QscoutStep, layout: IonLayout = LAYOUT) -> Reasons:
    """Why steps have no form in Jaqal."""
    return unmappable_steps(found, layout, CALIBRATION)


def few_pulses(r: float, weight: float, error: float) -> Reasons:
    """A phase for sequences of at most 4 pulses: to try the 80 of a real search takes minutes."""
    limited = partialmethod(SynthesisSettings.__init__, max_pulses=4)
    with patch.object(SynthesisSettings, "__init__", limited):
        circuit = on(1, Squeezed((0,), -r), edge(0, 0, 0, weight=weight))
        return compiled(circuit, TRAP, settings=IonSettings(error=error))


def bit_of(mode: int, angle: float = 0.0) -> SpinReadout:
    """One bit about a quadrature of a mode."""
    return SpinReadout.of_quadrature((mode,), (1.0,), 1.0, angle)


def squares(sign: int) -> Operation:
    """A power of a sum: 0.0125 (x_0 +- x_1)^2."""
    one = Polynomial.monomial((0, 0), 0.0125) + Polynomial.monomial((1, 1), 0.0125)
    return ops.phase(one + Polynomial.monomial((0, 1), 0.025 * sign))


def placed(*modes: int) -> IonLayout:
    """QSCOUT with modes of LAYOUT in another order."""
    return IonLayout(tuple(LAYOUT.modes[m] for m in modes), LAYOUT.spins)


def calibrated(r: float) -> IonSettings:
    """Measured settings of one squeezer, besides that of 0.4."""
    return IonSettings(calibration=QscoutCalibration(squeezers=(SqueezePoint(0.4, 0.7), SqueezePoint(r, 0.7))))


def measured(reasons: Reasons) -> IonSettings:
    """The calibration that reasons ask for, with the digits that they state, on the first ion that they name."""
    text = "; ".join(reason.reason for reason in reasons)
    angles = re.findall(r"\(theta, phi\) = \((.+?), (.+?)\) on ions \[(\d+)", text)
    points = tuple(BeamSplitterPoint(float(t), float(p), int(ion), 1e3, 2e3, 30.0, 0.1) for t, p, ion in angles)
    strengths = dict.fromkeys(re.findall(r"\|r\| = (.+?), and", text))
    return IonSettings(calibration=QscoutCalibration(points, tuple(SqueezePoint(float(r), 0.7) for r in strengths)))


def split(theta: float, phi: float) -> IonSettings:
    """Measured settings of one beamsplitter."""
    point = BeamSplitterPoint(theta, phi, 0, 1e3, 2e3, 30.0, 0.1)
    return IonSettings(calibration=QscoutCalibration(beam_splitters=(point,)))


ON_A_LINE = changed(TRAP, {"topology": {"kind": "line", "max_modes": number(4)}})
EDGE = edge(0, 1, weight=0.05)
CURVED = edge(0, 0, 1, weight=0.005)
BIT = bit_of(0)
READ = on(1, Squeezed((0,), -0.3), x_of(0))
SPIN = IonSettings(kappa=1.0)
DIGITS = on(2, Squeezed((1,), -1 / 3), Splitter((1, 0), 0.1 + 0.2, pi / 7), Splitter((0, 1), 2 / 3), Squeeze((1,), 0.7))
EVERY_ION = tuple(x_of(m, f"y{m}") for m in range(7))

IONS_AND_SPINS: dict[str, Row] = {
    "too many modes": (
        "use fewer modes$", lambda: compiled(on(11), QSCOUT), lambda: compiled(on(10), QSCOUT)),
    "readout, spin": (
        r"read one bit per shot through the spin \(--readout spin\)",
        lambda: compiled(READ, TRAP), lambda: compiled(READ, TRAP, settings=SPIN)),
    "readout, none": (
        r"or prepare the state only \(--readout none\)",
        lambda: compiled(READ, TRAP), lambda: compiled(on(1, Squeezed((0,), -0.3)), TRAP)),
    "feed-forward": (
        "use a number$",
        lambda: compiled(on(2, x_of(0, "m"), Displacement((1,), RESULT, 0.0)), TRAP, settings=SPIN),
        lambda: compiled(on(2, x_of(0, "m"), Displacement((1,), 0.2, 0.0)), TRAP, settings=SPIN)),
    "no such gate": (
        "leave it out, and prepare modes and apply phases directly",
        lambda: compiled(on(2, Vacuum((0,)), Vacuum((1,)), Rotation((0,), 0.3), EDGE), QSCOUT, settings=IONS),
        lambda: compiled(on(2, Vacuum((0,)), Vacuum((1,)), EDGE), QSCOUT, settings=IONS)),
    **{f"{type(op).__name__} on {name}": (
        "leave it out, and prepare modes and apply phases directly",
        lambda op=op, name=name: compiled(on(2, Vacuum((1,)), op), name),
        lambda name=name: compiled(on(2, Vacuum((1,))), name))
        for op in (ops.Kerr((0,), 0.1), ops.CrossKerr((0, 1), 0.1)) for name in (TRAP, QSCOUT)},
    "not neighbours": (
        "number the modes so that these two are neighbours",
        lambda: compiled(on(3, Splitter((0, 2), 0.3)), ON_A_LINE),
        lambda: compiled(on(3, Splitter((0, 1), 0.3)), ON_A_LINE)),
    "not neighbours, out": (
        "or leave the beamsplitter out",
        lambda: compiled(on(3, Splitter((0, 1), 0.3), Splitter((0, 2), 0.3)), ON_A_LINE),
        lambda: compiled(on(3, Splitter((0, 1), 0.3)), ON_A_LINE)),
    "too many pulses, squeezing": (
        "lower the squeezing or", lambda: few_pulses(0.8, 0.005, 0.01), lambda: few_pulses(0.1, 0.005, 0.01)),
    "too many pulses, weights": (
        "or the weights", lambda: few_pulses(0.8, 0.005, 0.01), lambda: few_pulses(0.8, 0.00125, 0.01)),
    "too many pulses, error": (
        r"or allow a larger error \(--error\)",
        lambda: few_pulses(0.8, 0.005, 0.01), lambda: few_pulses(0.8, 0.005, 0.1)),
    "several directions": (
        "split it into powers of sums",
        lambda: compiled(on(2, EDGE), TRAP, "", IONS),
        lambda: compiled(on(2, squares(1), squares(-1)), TRAP, "", IONS)),
    "momenta after a phase": (
        "put it before the phases",
        lambda: compiled(on(2, CURVED, Rotation((0,), 0.3), CURVED), TRAP, settings=IONS),
        lambda: compiled(on(2, Rotation((0,), 0.3), CURVED, CURVED), TRAP, settings=IONS)),
    "momenta between phases": (
        "or after all of them",
        lambda: compiled(on(2, CURVED, Rotation((0,), 0.3), CURVED), TRAP, settings=IONS),
        lambda: compiled(on(2, CURVED, CURVED, Rotation((0,), 0.3)), TRAP, settings=IONS)),
    "other modes of QSCOUT": (
        "leave out (PrepareSqueezed) on other modes",
        lambda: compiled(on(2, Vacuum((1,)), Squeezed((0,), 0.3)), QSCOUT),
        lambda _: compiled(on(2, Vacuum((1,))), QSCOUT)),
    "other modes of QSCOUT, vacuum": (
        r"or start from the vacuum \(--squeezing 0\)",
        lambda: compiled(on(2, Squeezed((0,), 0.3)), QSCOUT), lambda: compiled(on(2, Squeezed((0,), 0.0)), QSCOUT)),
    "other pairs of QSCOUT": (
        "leave out (BeamSplitter) on other modes",
        lambda: compiled(on(4, Vacuum((2,)), Splitter((2, 3), 0.3)), QSCOUT),
        lambda _: compiled(on(4, Vacuum((2,))), QSCOUT)),
    "other pairs of QSCOUT, no readout": (
        r"or leave out readouts through an ancilla \(--readout none\)",
        lambda: compiled(on(4, Vacuum((2,)), Vacuum((3,)), ControlledX((3, 2), 1.0), x_of(3)), QSCOUT, settings=SPIN),
        lambda: compiled(on(3, Vacuum((2,))), QSCOUT)),
    "reset, first": (
        "prepare modes first", lambda: compiled(on(1, Displacement((0,), 0.1, 0.0), Vacuum((0,))), QSCOUT),
        lambda: compiled(on(1, Vacuum((0,)), Displacement((0,), 0.1, 0.0)), QSCOUT)),
    "reset, once": (
        "and use each once", lambda: compiled(on(1, x_of(0), Vacuum((0,)), p_of(0)), QSCOUT, settings=SPIN),
        lambda: compiled(on(2, Vacuum((1,)), x_of(0), p_of(1)), QSCOUT, settings=SPIN)),
    "squeezer without calibration": (
        "the calibration has no level for it; measure it and pass a QscoutCalibration",
        lambda: compiled(on(2, Squeezed((1,), -0.3)), QSCOUT),
        lambda: compiled(on(2, Squeezed((1,), -0.3)), QSCOUT, settings=calibrated(0.3))),
    "squeezer with another calibration": (
        "calibrated levels: 0.4.*; measure it and pass a QscoutCalibration",
        lambda: compiled(on(2, Squeezed((1,), -0.3)), QSCOUT, settings=calibrated(0.5)),
        lambda: compiled(on(2, Squeezed((1,), -0.3)), QSCOUT, settings=calibrated(0.3))),
    "beamsplitter with another calibration": (
        r"calibrated levels: \(0.5, 0.1\) on ion 0; measure it and pass a QscoutCalibration",
        lambda: compiled(on(2, Splitter((1, 0), 0.5, 0.2)), QSCOUT, settings=split(0.5, 0.1)),
        lambda: compiled(on(2, Splitter((1, 0), 0.5, 0.2)), QSCOUT, settings=split(-0.5, -0.2))),
    "calibrations with all digits": (
        "measure it and pass a QscoutCalibration",
        lambda: compiled(DIGITS, QSCOUT),
        lambda: compiled(DIGITS, QSCOUT, settings=measured(compiled(DIGITS, QSCOUT)))),
    "calibrations with all digits, others known": (
        r"calibrated levels: \(0.7, 0.1\) on ion 0; measure it and pass a QscoutCalibration",
        lambda: compiled(DIGITS, QSCOUT, settings=split(0.7, 0.1)),
        lambda: compiled(DIGITS, QSCOUT, settings=measured(compiled(DIGITS, QSCOUT, settings=split(0.7, 0.1))))),
    "readouts for every ion, runs": (
        "or more runs", lambda: compiled(on(7, *EVERY_ION), QSCOUT, settings=SPIN),
        lambda: (*compiled(on(7, *EVERY_ION[:4]), QSCOUT, settings=SPIN),
                 *compiled(on(7, *EVERY_ION[4:]), QSCOUT, settings=SPIN))),
    "readouts for every spin, ions": (
        "use more ions or", lambda: exported(BIT, BIT, BIT),
        lambda: exported(BIT, BIT, BIT, layout=IonLayout(LAYOUT.modes, (0, 1, 2)))),
    "gate after the last spin, order": (
        "read out last", lambda: exported(BIT, BIT, Displacement((1,), 0.1, 0.0)),
        lambda: exported(Displacement((1,), 0.1, 0.0), BIT, BIT)),
    "gate after the last spin, ions": (
        "or use more ions", lambda: exported(BIT, BIT, Displacement((1,), 0.1, 0.0)),
        lambda: exported(BIT, BIT, Displacement((1,), 0.1, 0.0), layout=IonLayout(LAYOUT.modes, (0, 1, 2)))),
    "phase that is no sequence": (
        "compile it for the profile first: phases become spin sequences",
        lambda: exported(ControlledZ((0, 1), 0.05)), lambda: exported(*steps(on(2, ControlledZ((0, 1), 0.05))))),
    "noise": (
        "noise is not an instruction: leave it out, as the device adds its own",
        lambda: exported(Displacement((0,), 0.1, 0.0), ops.Loss((0,), 0.9)),
        lambda: exported(Displacement((0,), 0.1, 0.0))),
    "rotation": (
        "turn the axes of the later operations instead",
        lambda: exported(Rotation((0,), 0.3), Displacement((0,), 0.1, 0.0), BIT),
        lambda: exported(Displacement((0,), 0.1 * cos(0.3), -0.1 * sin(0.3)), bit_of(0, angle=-0.3))),
    "controlled shift": (
        "rewrite it with phases of positions",
        lambda: exported(ControlledX((0, 1), 0.05), bit_of(1)),
        lambda: exported(*steps(on(2, ControlledZ((0, 1), 0.05))), bit_of(1, angle=pi / 2))),
    "Kerr": (
        "leave it out$",
        lambda: exported(Displacement((0,), 0.1, 0.0), ops.Kerr((0,), 0.1)),
        lambda: exported(Displacement((0,), 0.1, 0.0))),
    "interferometer": (
        "decompose it, and use m0i1 and m1i1 only",
        lambda: exported(ops.Interferometer((0, 2), TURN)),
        lambda: exported(*rectangular_mesh(np.array(TURN), (1, 0)))),
    "homodyne": (
        r"read one bit per shot through a spin \(SpinReadout\), on many copies",
        lambda: exported(x_of(0)), lambda: exported(BIT)),
    "modes without a place, fewer": (
        "use fewer modes, or", lambda: exported(Displacement((5,), 0.1, 0.0)),
        lambda: exported(Displacement((2,), 0.1, 0.0))),
    "modes without a place, more": (
        "or place more: 6 ions have (12) modes", lambda: exported(Displacement((5,), 0.1, 0.0)),
        lambda most: exported(Displacement((int(most) - 1,), 0.1, 0.0), layout=IonLayout(
            tuple(MotionalMode(m, i) for i in range(int(most) // 2) for m in (0, 1)), centre_of_mass=True))),
    "step that depends on a result": (
        "use numbers$", lambda: exported(Displacement((0,), RESULT, 0.0)),
        lambda: exported(Displacement((0,), 0.1, 0.0))),
    "squeezer at another mode": (
        "place the mode on m1i1", lambda: exported(Squeezed((1,), 0.4)),
        lambda: exported(Squeezed((1,), 0.4), layout=placed(1, 0, 2))),
    "squeezer at another mode, vacuum": (
        r"or start from the vacuum \(--squeezing 0\)", lambda: exported(Squeezed((1,), 0.4)),
        lambda: exported(Squeezed((1,), 0.0))),
    "beamsplitter at other modes": (
        "place the modes there", lambda: exported(Splitter((2, 0), 0.5)),
        lambda: exported(Splitter((2, 0), 0.5), layout=placed(0, 2, 1))),
    "beamsplitter at other modes, no readout": (
        r"or leave out readouts through an ancilla \(--readout none\)",
        lambda: exported(Displacement((0,), 0.1, 0.0), Splitter((0, 2), 0.5), BIT),
        lambda: exported(Displacement((0,), 0.1, 0.0))),
}  # fmt: skip


ROWS = {
    f"{kind}: {name}": row
    for kind, rows in (("gates", GATES), ("cluster", CLUSTERS), ("ions", IONS_AND_SPINS))
    for name, row in rows.items()
}


def advised(row: Row) -> re.Match[str]:
    """The advice of a row, as the refused attempt gives it."""
    advice, refused, _ = row
    given = [reason.relaxation for reason in refused()]
    found = [match for text in given if (match := re.search(advice, text))]
    assert found, f"no reason advises {advice!r}, but {given}"
    return found[0]


def follow(row: Row) -> None:
    """Get the advice of a row, follow it to the letter, and be refused no more."""
    assert row[2](*advised(row).groups()) == ()


@pytest.mark.parametrize("name", ROWS)
def test_advice_is_true_to_the_letter(name: str) -> None:
    follow(ROWS[name])
