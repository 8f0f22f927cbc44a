"""Every advice of a refusal works when it is followed: photon counters, numbers, damaged files; all are tested.

The last test reads the source and asks that every advice in it is one that the rows here, or in ``test_advice.py``,
have followed.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from math import pi, tanh
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from machines_support import IONS, QUICK, line, number
from photon_counters import BOREALIS, LOW, MEDIUM, X8, pair
from random_programs import edge, x_of

import compiler
from compiler.artifact import check_artifact, write_artifact
from compiler.artifact.folder import read_program
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter as Splitter
from compiler.ir.operations import Displacement, Operation, Rotation, Shear, Squeeze
from compiler.ir.operations import PrepareSqueezed as Squeezed
from compiler.ir.operations import PrepareVacuum as Vacuum
from compiler.ir.polynomial import Polynomial
from compiler.machines import check_native
from compiler.machines.layout import ION_FILE, JOB, MACRONODES, SITES
from compiler.photon_counters.graph_states import graph_state, input_squeezing
from compiler.photon_counters.loop_fit import loop_reasons
from compiler.photon_counters.loop_job import LoopJob, LoopSettings, job_reasons
from compiler.photon_counters.pair_fit import pair_reasons
from compiler.pipeline import compile_circuit
from compiler.routing.time_bins import assign_loops
from compiler.template import bound
from hardware_profiles import Profile, load_profile
from tests.compiler.machines.test_advice import (
    CLUSTER,
    LOOPS,
    PAIRS,
    PHOTONIC,
    TRAP,
    TURN,
    Reasons,
    Row,
    advised,
    changed,
    compiled,
    follow,
    gates,
    levels,
    on,
    squeezed,
    told,
    up_to,
)
from tests.compiler.machines.test_advice import ROWS as OTHER_ROWS

LONG = 1.23456789
"""A limit or level with more digits than a message needs."""
RESULT = Polynomial.monomial(("m",))
EVERY_PAIR = tuple(op for m in range(4) for op in pair(1.0, m, m + 4))


def splitter(a: int, b: int, theta: float = 0.3, phi: float = pi / 2) -> Operation:
    """A beamsplitter as Borealis has it."""
    return Splitter((a, b), theta, phi)


def pulses(modes: int, *operations: Operation) -> Circuit:
    """Modes at a level of Borealis, and what happens to them."""
    return on(modes, *squeezed(modes, MEDIUM), *operations)


def turned(circuit: Circuit, mode: str, angle: str) -> Circuit:
    """A circuit with a mode turned right before the last operation, as far as an advice states."""
    *before, last = circuit.operations
    return circuit.with_operations((*before, Rotation((int(mode),), float(angle)), last))


def turning(angle: float) -> LoopSettings:
    """A loop that turns the second of two pulses."""
    return LoopSettings((0.0, angle), (0.0, 0.0))


def graph(pairs: tuple[tuple[int, int], ...], weight: str | float, r: str | float) -> Circuit:
    """The graph state of separate edges, with numbers as an advice states them."""
    weights = np.zeros((2 * len(pairs),) * 2)
    for a, b in pairs:
        weights[a, b] = weights[b, a] = float(weight)
    return graph_state(weights, float(r))


def as_pulses(circuit: Circuit) -> Reasons:
    """Why a circuit is no job of Borealis with its modes as pulses, where no other pulses are looked for."""
    return loop_reasons(circuit, BOREALIS)


def assigned(circuit: Circuit, budget: int = 20_000) -> Reasons:
    """Why loops of Borealis do not run a circuit under any assignment of its modes."""
    return told(assign_loops, circuit, BOREALIS.delays, budget=budget)


ACROSS = ((0, 4), (1, 5), (2, 6), (3, 7))
APART = ((0, 3), (1, 2))
OF_X8 = (tanh(2.0), input_squeezing(1.0))
TRIANGLE = pulses(3, splitter(0, 1), splitter(1, 2), splitter(0, 2))
PATH = pulses(3, splitter(0, 1), splitter(1, 2))
MIDDLE = (Squeezed((0,), LOW), Squeezed((2,), LOW))
ROTATED = on(8, Rotation((0,), Polynomial.monomial(("w",))), *EVERY_PAIR, symbols=("w",))
SHORT = changed(LOOPS, {"clock.max_bins": number(50)})
WEAK = changed(LOOPS, {"operations.BeamSplitter.ranges.theta.maximum": number(LONG)})
IDLE = LoopSettings((0.0, 0.0), (0.0, 0.0))
NARROW = changed(LOOPS, {"operations.Rotation.ranges.theta": {"minimum": number(-1.0), "maximum": number(1.0)}})
DUMMY = f"{LOOPS}-dummy"
TURNS: dict[str, tuple[str | Profile, Circuit]] = {
    "loops' own phases": (DUMMY, on(8, *squeezed(8, 1.019), splitter(6, 7), splitter(1, 7))),
    "both": (DUMMY, on(14, *squeezed(14, 1.019), splitter(12, 13), Rotation((13,), 1.2), splitter(7, 13))),
    "rotation": (LOOPS, pulses(8, splitter(6, 7), Rotation((7,), 2.0), splitter(1, 7))),
    "40 pulses": (LOOPS, pulses(40, splitter(38, 39), Rotation((39,), -2.0), splitter(33, 39, 0.4))),
    "two modulators": (NARROW, pulses(40, splitter(38, 39), Rotation((39,), 0.5), splitter(3, 39))),
}
"""Pulses that the modulators before the last beamsplitter cannot turn as far as they must be."""

PHOTON_COUNTERS: dict[str, Row] = {
    "noise": (
        "leave it out of the program",
        lambda: compiled(on(8, *EVERY_PAIR, ops.Loss((0,), 0.9)), PAIRS), lambda: compiled(on(8, *EVERY_PAIR), PAIRS)),
    "readout, profile": (
        "use a profile with homodyne readout",
        lambda: compiled(pulses(2, x_of(0)), LOOPS), lambda: compiled(pulses(2, x_of(0)), PHOTONIC)),
    "readout, none": (
        r"or prepare the state only \(--readout none\)",
        lambda: compiled(pulses(2, x_of(0)), LOOPS), lambda: compiled(pulses(2), LOOPS)),
    "feed-forward": (
        "use a number$",
        lambda: compiled(on(2, x_of(0, "m"), Rotation((1,), RESULT)), PAIRS),
        lambda: compiled(on(2, Rotation((1,), 0.3)), PAIRS)),  # and the readout is left out, as its own advice says
    "edge of three modes": (
        "keep edges of order k = 2 only",
        lambda: compiled(graph(ACROSS, *OF_X8).then((edge(0, 1, 2),)), PAIRS),
        lambda: compiled(graph(ACROSS, *OF_X8), PAIRS)),
    "cubic gate": (
        "leave it out, or use another machine",
        lambda: compiled(on(8, *EVERY_PAIR, ops.CubicPhase((0,), 0.1)), PAIRS),
        lambda: compiled(on(8, *EVERY_PAIR), PAIRS)),
    "displacement": (
        "leave it out: a mean does not change the covariance",
        lambda: compiled(on(8, *EVERY_PAIR, Displacement((0,), 0.1, 0.0)), PAIRS),
        lambda: compiled(on(8, *EVERY_PAIR), PAIRS)),
    "symbols": (
        "bind them first",
        lambda: pair_reasons(ROTATED, X8), lambda: compiled(bound(ROTATED, {"w": 0.3}), PAIRS)),
    "more modes than X8 has": (
        "use fewer modes$", lambda: pair_reasons(on(9, *EVERY_PAIR), X8), lambda: pair_reasons(on(8, *EVERY_PAIR), X8)),
    "mixed state": (
        "discard no mode that is entangled with others",
        lambda: compiled(on(8, *EVERY_PAIR, Vacuum((4,))), PAIRS), lambda: compiled(on(8, *EVERY_PAIR), PAIRS)),
    "one mode squeezed": (
        r"squeeze pairs \(m, m \+ 4\) only",
        lambda: compiled(on(8, *EVERY_PAIR, Squeeze((2,), 0.4)), PAIRS), lambda: compiled(on(8, *EVERY_PAIR), PAIRS)),
    "halves mixed": (
        "and mix no signal with an idler mode",
        lambda: compiled(on(8, *EVERY_PAIR, splitter(1, 6)), PAIRS),
        lambda: compiled(on(8, *EVERY_PAIR, splitter(1, 2), splitter(5, 6)), PAIRS)),
    "unequal unitaries": (
        r"and apply the same unitary to modes 0\.\.3 and 4\.\.7",
        lambda: compiled(on(8, *EVERY_PAIR, Splitter((0, 1), 0.3)), PAIRS),
        lambda: compiled(on(8, *EVERY_PAIR, Splitter((0, 1), 0.3), Splitter((4, 5), 0.3)), PAIRS)),
    "other pair": (
        r"squeeze pairs \(m, m \+ 4\) and",
        lambda: compiled(on(8, *pair(1.0, 0, 5)), PAIRS), lambda: compiled(on(8, *pair(1.0, 0, 4)), PAIRS)),
    "level of a pair": (
        "take r = (.*), the nearest level",
        lambda: compiled(on(8, *pair(0.8)), PAIRS), lambda r: compiled(on(8, *pair(float(r))), PAIRS)),
    "graph states of X8": (
        r"edges on the pairs \(m, m \+ 4\) fit, all of weight (\S+) at squeezing (\S+)$",
        lambda: compiled(graph(ACROSS, "1.0", "1.0"), PAIRS), lambda w, r: compiled(graph(ACROSS, w, r), PAIRS)),
    "graph states of Borealis": (
        "edges on separate pairs that cover all modes fit, all of weight "
        r"(\S+) at squeezing (\S+) or (\S+) at squeezing (\S+) or (\S+) at squeezing (\S+)$",
        lambda: compiled(graph(APART, "1.0", "1.0"), LOOPS),
        lambda *n: tuple(
            reason for w, r in zip(n[::2], n[1::2], strict=True) for pairs in (APART, ACROSS)
            for reason in compiled(graph(pairs, w, r), LOOPS))),
    "interferometer on loops": (
        "decompose it first",
        lambda: compiled(pulses(2, ops.Interferometer((0, 1), TURN)), LOOPS),
        lambda: compiled(pulses(2, ops.Interferometer((0, 1), TURN)), LOOPS, "interferometer_mesh,assign_time_bins")),
    "shear on loops": (
        "leave it out$",
        lambda: compiled(pulses(2, splitter(0, 1), Shear((1,), 0.2)), LOOPS),
        lambda: compiled(pulses(2, splitter(0, 1)), LOOPS)),
    "edge on loops": (
        "leave it out; edges",
        lambda: compiled(pulses(2, splitter(0, 1), edge(0, 1)), LOOPS),
        lambda: compiled(pulses(2, splitter(0, 1)), LOOPS)),
    "squeezed between beamsplitters": (
        "squeeze once, at the start",
        lambda: compiled(on(3, *MIDDLE, splitter(0, 1), Squeeze((1,), LOW), splitter(1, 2)), LOOPS),
        lambda: compiled(on(3, *MIDDLE, Squeeze((1,), LOW), splitter(0, 1), splitter(1, 2)), LOOPS)),
    "gate between beamsplitters, before": (
        "move it before the first or",
        lambda: assigned(pulses(3, splitter(0, 1), Squeeze((1,), LOW), splitter(1, 2))),
        lambda: assigned(pulses(3, Squeeze((1,), LOW), splitter(0, 1), splitter(1, 2)))),
    "gate between beamsplitters, after": (
        "or after the last beamsplitter",
        lambda: assigned(pulses(3, splitter(0, 1), Squeeze((1,), LOW), splitter(1, 2))),
        lambda: assigned(pulses(3, splitter(0, 1), splitter(1, 2), Squeeze((1,), LOW)))),
    "gate of two modes": (
        "lower it to beamsplitters first",
        lambda: assigned(pulses(2, ops.Interferometer((0, 1), TURN))),
        lambda: assigned(pulses(2, Splitter((0, 1), 0.5)))),
    "gate that depends on a result": (
        "use numbers$",
        lambda: assigned(pulses(3, splitter(0, 1), x_of(0, "m"), Splitter((1, 2), RESULT))),
        lambda: assigned(pulses(3, splitter(0, 1), x_of(0, "m"), Splitter((1, 2), 0.2)))),
    "pulse used twice": (
        "give it a mode of its own",
        lambda: assigned(pulses(2, splitter(0, 1), Squeezed((0,), MEDIUM))),
        lambda: assigned(pulses(3, splitter(0, 1)))),
    "no assignment": (
        "no other assignment of modes to bins fits; leave the beamsplitter out",
        lambda: compiled(TRIANGLE, LOOPS), lambda: compiled(PATH, LOOPS)),
    "no assignment found": (
        "among 3 that were tried; leave the beamsplitter out",
        lambda: assigned(TRIANGLE, 3), lambda: assigned(PATH, 3)),
    "squeezed late": (
        "squeeze once, at the start",
        lambda: compiled(on(1, Rotation((0,), 0.3), Squeeze((0,), LOW)), LOOPS),
        lambda: compiled(on(1, Squeeze((0,), LOW), Rotation((0,), 0.3)), LOOPS)),
    "level of a pulse": (
        r"take r = ([\d.]+)$",
        lambda: compiled(on(2, *squeezed(2, 0.9), splitter(0, 1)), LOOPS),
        lambda r: compiled(on(2, *squeezed(2, float(r)), splitter(0, 1)), LOOPS)),
    "level of a pulse, turned": (
        "take r = (.*) and rotate by pi/2",
        lambda: compiled(on(2, *squeezed(2, -0.9), splitter(0, 1)), LOOPS),
        lambda r: compiled(
            on(2, *squeezed(2, float(r)), Rotation((0,), pi / 2), Rotation((1,), pi / 2), splitter(0, 1)), LOOPS)),
    "several levels": (
        "use one level for all pulses",
        lambda: compiled(on(2, Squeezed((0,), LOW), Squeezed((1,), MEDIUM)), LOOPS),
        lambda: compiled(pulses(2), LOOPS)),
    "dark pulses, all": (
        "squeeze every mode",
        lambda: compiled(on(3, *squeezed(2, LOW), splitter(1, 2)), LOOPS),
        lambda: compiled(on(3, *squeezed(3, LOW), splitter(1, 2)), LOOPS)),
    "dark pulses, none": (
        "or none",
        lambda: compiled(on(3, *squeezed(2, LOW), splitter(1, 2)), LOOPS),
        lambda: compiled(on(3, splitter(1, 2)), LOOPS)),
    "distance, out": (
        "leave the beamsplitter out", lambda: as_pulses(pulses(3, splitter(0, 2))), lambda: as_pulses(pulses(3))),
    "distance, other modes": (
        "or couple modes at such a distance",
        lambda: as_pulses(pulses(3, splitter(0, 2))), lambda: as_pulses(pulses(3, splitter(0, 1)))),
    "phase of a beamsplitter": (
        "rotate modes before it instead",
        lambda: as_pulses(pulses(2, splitter(0, 1, phi=0.4))),
        lambda: as_pulses(pulses(2, Rotation((1,), 0.4 - pi / 2), splitter(0, 1)))),
    "negative angle": (
        "rotate a mode by pi before and after",
        lambda: as_pulses(pulses(2, splitter(0, 1, -0.3))),
        lambda: as_pulses(pulses(2, Rotation((1,), pi), splitter(0, 1), Rotation((1,), pi)))),
    "negative angle, none": (
        "or take theta = (.*)$",
        lambda: as_pulses(pulses(2, splitter(0, 1, -0.3))),
        lambda theta: as_pulses(pulses(2, splitter(0, 1, float(theta))))),
    "negative angle beyond the range": (
        "^take theta = (.*)$",
        lambda: as_pulses(pulses(2, splitter(0, 1, -2.3))),
        lambda theta: as_pulses(pulses(2, splitter(0, 1, float(theta))))),
    "angle beyond the range": (
        "^take theta = (.*)$",
        lambda: as_pulses(pulses(2, splitter(0, 1, 2.3))),
        lambda theta: as_pulses(pulses(2, splitter(0, 1, float(theta))))),
    "angle": (
        "^take theta = (.*)$",
        lambda: compiled(pulses(2, splitter(0, 1, 1.3)), WEAK),
        lambda theta: compiled(pulses(2, splitter(0, 1, float(theta))), WEAK)),
    "each pair once": (
        "order the beamsplitters by loop, then by bin, each pair once",
        lambda: as_pulses(pulses(7, splitter(5, 6), splitter(0, 6), splitter(5, 6))),
        lambda: as_pulses(pulses(7, splitter(5, 6), splitter(0, 6)))),
    "order": (
        "order the beamsplitters by loop, then by bin",
        lambda: as_pulses(pulses(7, splitter(0, 6), splitter(5, 6))),
        lambda: as_pulses(pulses(7, splitter(5, 6), splitter(0, 6)))),
    "rotation inside a loop": (
        "rotate before the loop",
        lambda: as_pulses(pulses(3, splitter(0, 1), Rotation((1,), 0.2), splitter(1, 2))),
        lambda: as_pulses(pulses(3, Rotation((1,), 0.2), splitter(0, 1), splitter(1, 2)))),
    **{f"modulator out of reach: {name}": (
        r"turn mode (\d+) by (\S+) more before it",
        lambda circuit=circuit, profile=profile: compiled(circuit, profile),
        lambda mode, angle, circuit=circuit, profile=profile: compiled(turned(circuit, mode, angle), profile))
        for name, (profile, circuit) in TURNS.items()},
    "modulator of a job out of reach": (
        r"turn mode (1) by (\S+) more before it",
        lambda: job_reasons(LoopJob(MEDIUM, (IDLE, turning(2.0), IDLE)), BOREALIS),
        lambda _, angle: job_reasons(LoopJob(MEDIUM, (IDLE, turning(2.0 + float(angle)), IDLE)), BOREALIS)),
    "bins": (
        "use fewer modes$", lambda: compiled(pulses(8), SHORT), lambda: compiled(pulses(7), SHORT)),
    "settings of loops": (
        "give settings for each loop",
        lambda: job_reasons(LoopJob(MEDIUM, (IDLE,)), BOREALIS),
        lambda: job_reasons(LoopJob(MEDIUM, (IDLE,) * 3), BOREALIS)),
    "empty loop": (
        "take theta = 0",
        lambda: job_reasons(LoopJob(MEDIUM, (LoopSettings((0.0, 0.0), (0.2, 0.3)), IDLE, IDLE)), BOREALIS),
        lambda: job_reasons(LoopJob(MEDIUM, (LoopSettings((0.0, 0.0), (0.0, 0.3)), IDLE, IDLE)), BOREALIS)),
}  # fmt: skip


FOCK, CAT = ops.PrepareFock((0,), 1), ops.PrepareCat((0,), 1.0, 0.0, 0.0)
GKP, KET = ops.PrepareGKP((0,), 0.0, 0.0, 0.1), ops.PrepareKet((0, 1), 2, (0.0, 0.6, 0.8, 0.0))
MIXED = ops.PrepareDensity((0,), 2, (0.5, 0.0, 0.0, 0.5))
CHOSEN, COUNTED = ops.PostSelect((0,), 0.0, 0.3), ops.PhotonCount((0,), "n")
NO_READOUT = gates(Homodyne__availability="unavailable")
MOVED = ops.DisplacementReadout((0, 1), (0.3, 0.0), (0.0, -0.2), "m")
BENT = edge(0, 0, 1, weight=0.005)
NO_MOVES = changed(TRAP, {"operations.DisplacementReadout.availability": "unavailable"})

UNDECOMPOSED: dict[str, Row] = {
    **{f"{type(state).__name__} on {profile}": (
        "prepare the mode squeezed",
        lambda state=state, profile=profile: compiled(on(2, state), profile),
        lambda profile=profile: compiled(on(2, *squeezed(2)), profile))
        for profile in (PHOTONIC, CLUSTER, TRAP) for state in (FOCK, CAT, GKP, KET, MIXED)},
    "state on a photon counter": (
        "prepare the mode squeezed",
        lambda: compiled(on(2, FOCK, Squeezed((1,), LOW)), LOOPS), lambda: compiled(on(2, *squeezed(2, LOW)), LOOPS)),
    "no photon": (
        "use PrepareVacuum, which is the same state",
        lambda: compiled(on(1, ops.PrepareFock((0,), 0)), PHOTONIC), lambda: compiled(on(1, Vacuum((0,))), PHOTONIC)),
    **{f"chosen outcome, {profile}": (
        r"read the mode \(Homodyne\) and keep the shots near the value",
        lambda profile=profile: compiled(on(1, *squeezed(1), CHOSEN), profile),
        lambda profile=profile: compiled(on(1, *squeezed(1), x_of(0)), profile))
        for profile in (PHOTONIC, CLUSTER)},
    **{f"photon count, {profile}": (
        r"read a quadrature instead \(Homodyne\)",
        lambda profile=profile: compiled(on(1, *squeezed(1), COUNTED), profile),
        lambda profile=profile: compiled(on(1, *squeezed(1), x_of(0)), profile))
        for profile in (PHOTONIC, CLUSTER)},
    **{f"{type(end).__name__} on ions, spin": (
        r"read a quadrature \(Homodyne\), by one bit per shot through the spin \(--readout spin\)",
        lambda end=end: compiled(on(1, *squeezed(1, -0.3), end), TRAP, settings=IONS),
        lambda: compiled(on(1, *squeezed(1, -0.3), x_of(0)), TRAP, settings=IONS))
        for end in (CHOSEN, COUNTED)},
    **{f"{type(end).__name__}, {kind}, no readout": (
        "leave it out$" if end is CHOSEN else r"prepare the state only \(--readout none\)$",
        lambda end=end, profile=profile: compiled(on(2, *squeezed(2, LOW), end), profile),
        lambda profile=profile: compiled(on(2, *squeezed(2, LOW)), profile))
        for kind, profile, ends in (
            ("ions", TRAP, (CHOSEN, COUNTED)),
            ("no detector", NO_READOUT, (CHOSEN, COUNTED)),
            ("loops", LOOPS, (CHOSEN,)),
        ) for end in ends},
    "chosen outcome on a photon counter": (
        "read the mode on a profile with homodyne readout and keep the shots near the value",
        lambda: compiled(pulses(2, CHOSEN), LOOPS), lambda: compiled(pulses(2, x_of(0)), PHOTONIC)),
    **{f"photon count on {profile}": (
        r"leave the readouts out \(khrnn compile --readout none\)",
        lambda profile=profile, circuit=circuit: compiled(circuit.then((COUNTED,)), profile),
        lambda profile=profile, circuit=circuit: compiled(circuit, profile))
        for profile, circuit in ((LOOPS, pulses(2)), (PAIRS, on(8, *EVERY_PAIR)))},
    **{f"displacement read on {kind}": (
        r"compile it for a machine with a spin \(--profile (.*)\), or",
        lambda profile=profile: compiled(on(2, *squeezed(2), MOVED), profile),
        lambda spin: compiled(on(2, *squeezed(2), MOVED), spin))
        for kind, profile in (
            ("light", PHOTONIC), ("a cluster", CLUSTER), ("loops", LOOPS), ("cavities", "cavity-snail"),
            ("ions", NO_MOVES), ("no detector", NO_READOUT))},
    **{f"displacement read on {profile}, quadratures": (
        r"or read quadratures \(Homodyne\)",
        lambda profile=profile: compiled(on(2, *squeezed(2), MOVED), profile),
        lambda profile=profile: compiled(on(2, *squeezed(2), x_of(0), x_of(1, "q")), profile))
        for profile in (PHOTONIC, CLUSTER)},
    "displacement read on ions, bit of a quadrature": (
        r"or read a quadrature \(Homodyne\), by one bit per shot through the spin \(--readout spin\)",
        lambda: compiled(on(2, *squeezed(2, -0.3), MOVED), NO_MOVES, settings=IONS),
        lambda: compiled(on(2, *squeezed(2, -0.3), x_of(0)), NO_MOVES, settings=IONS)),
    "displacement read on loops, no readout": (
        r"or prepare the state only \(--readout none\)",
        lambda: compiled(pulses(2, MOVED), LOOPS), lambda: compiled(pulses(2), LOOPS)),
    "phase after a displacement was read": (
        "put it after all phases",
        lambda: compiled(on(2, *squeezed(2, -0.3), MOVED, BENT), TRAP, settings=IONS),
        lambda: compiled(on(2, *squeezed(2, -0.3), BENT, MOVED), TRAP, settings=IONS)),
    "bit of a displacement that steers": (
        "use a number$",
        lambda: compiled(on(2, *squeezed(2), MOVED, ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0)), TRAP),
        lambda: compiled(on(2, *squeezed(2), MOVED, ops.Displacement((0,), 0.2, 0.0)), TRAP)),
}  # fmt: skip
"""States, readouts and chosen outcomes, which no gate stands for."""


def between(low: float, high: float) -> Profile:
    """A machine of gates whose beamsplitter angles have two ends."""
    return gates(BeamSplitter__ranges={"theta": {"minimum": number(low), "maximum": number(high)}})


LEVELS = gates(PrepareSqueezed__ranges=levels(0.5, LONG))
SHARED = gates(PrepareSqueezed__ranges=levels(0.5, LONG, shared=True))
PHASES = gates(BeamSplitter__ranges={"phi": {"levels": [number(LONG), number(2.0)]}})
STRENGTHS = gates(PrepareSqueezed__ranges=up_to(LONG), Squeeze__ranges=up_to(LONG))
ION_STRENGTHS = changed(TRAP, {f"operations.{name}.ranges": up_to(LONG) for name in ("PrepareSqueezed", "Squeeze")})
LOOP_LEVELS = changed(LOOPS, {"operations.PrepareSqueezed.ranges.r.levels": [number(0.0), number(LONG)]})

NUMBERS: dict[str, Row] = {
    "nearest level": (
        "take r = (.*), the nearest level",
        lambda: compiled(on(1, Squeezed((0,), 1.1)), LEVELS),
        lambda r: compiled(on(1, Squeezed((0,), float(r))), LEVELS)),
    "nearest level of either sign": (
        "take phi = (.*), the nearest level",
        lambda: compiled(on(2, Splitter((0, 1), 0.3, -0.4)), PHASES),
        lambda phi: compiled(on(2, Splitter((0, 1), 0.3, float(phi))), PHASES)),
    "one level for all": (
        "take r = (.*) for all",
        lambda: compiled(on(2, Squeezed((0,), LONG), Squeezed((1,), 0.5)), SHARED),
        lambda r: compiled(on(2, *squeezed(2, float(r))), SHARED)),
    "level of a pulse": (
        r"take r = ([\d.]+)$",
        lambda: compiled(on(2, *squeezed(2, 0.9), splitter(0, 1)), LOOP_LEVELS),
        lambda r: compiled(on(2, *squeezed(2, float(r)), splitter(0, 1)), LOOP_LEVELS)),
    **{f"{name} of the range {low:g}..{high:g}": (
        "bring theta into this range: (.*) is the nearest",
        lambda theta=theta, low=low, high=high: compiled(on(2, Splitter((0, 1), theta)), between(low, high)),
        lambda near, low=low, high=high: compiled(on(2, Splitter((0, 1), float(near))), between(low, high)))
        for low, high in ((0.0, LONG), (-LONG, LONG), (LONG, 1.5))
        for name, theta in (("lower end", -2.0), ("upper end", 2.0))},
    **{f"squeezing of a preparation, {kind}, {sign}": (
        "lower the squeezing to (.*)",
        lambda profile=profile, sign=sign: compiled(on(1, Squeezed((0,), sign * 2.0)), profile),
        lambda r, profile=profile, sign=sign: compiled(on(1, Squeezed((0,), sign * float(r))), profile))
        for kind, profile in (("gates", STRENGTHS), ("ions", ION_STRENGTHS)) for sign in (1, -1)},
    **{f"squeezing in line, {kind}, {sign}": (
        r"until \|r\| <= (.*)",
        lambda profile=profile, sign=sign: compiled(on(1, Squeeze((0,), sign * 2.0)), profile),
        lambda r, profile=profile, sign=sign: compiled(on(1, Squeeze((0,), sign * float(r))), profile))
        for kind, profile in (("gates", STRENGTHS), ("ions", ION_STRENGTHS)) for sign in (1, -1)},
}  # fmt: skip
"""Limits and levels with many digits, which work when they are typed back as the advice states them."""

ROWS = {
    f"{kind}: {name}": row
    for kind, rows in (("photon counters", PHOTON_COUNTERS), ("numbers", NUMBERS), ("undecomposed", UNDECOMPOSED))
    for name, row in rows.items()
}


@pytest.mark.parametrize("name", ROWS)
def test_advice_is_true_to_the_letter(name: str) -> None:
    follow(ROWS[name])


def _more_sites(data: dict[str, Any]) -> None:
    data["count"] += 1


def _another_angle(data: dict[str, Any]) -> None:
    next(node for node in data["macronodes"] if node["kind"] == "controlled_z")["angles"][0] += 0.01


def _another_pair(data: dict[str, Any]) -> None:
    data["squeezing"][0] = 0.0


def _another_rotation(data: dict[str, Any]) -> None:
    data["loops"][0]["rotation"][1] += 0.01


def _fewer_sequences(data: dict[str, Any]) -> None:
    data["sequences"].pop()


AGAIN = "compile it again"
DAMAGED: dict[str, tuple[str, Circuit, Any, Any, Callable[[dict[str, Any]], None]]] = {
    "sites": (SITES, on(2, splitter(0, 1)), line(2), None, _more_sites),
    "macronodes": (
        MACRONODES, on(2, *squeezed(2), ops.ControlledZ((0, 1), 0.2)), load_profile(CLUSTER), None, _another_angle),
    "pairs": (JOB, on(8, *EVERY_PAIR), load_profile(PAIRS), None, _another_pair),
    "loops": (JOB, PATH, load_profile(LOOPS), None, _another_rotation),
    "pulses": (
        ION_FILE, on(1, Squeezed((0,), -0.3), edge(0, 0, 0, weight=0.005)), load_profile(TRAP), IONS, _fewer_sequences),
}  # fmt: skip
"""A layout file, the circuit, profile and settings of its program, and what damages it."""


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_mended_by_compiling_it_again(name: str, tmp_path: Path) -> None:
    file, circuit, profile, settings, damage = DAMAGED[name]
    write_artifact(tmp_path, compile_circuit(circuit, profile, options=QUICK, settings=settings))
    data = json.loads((tmp_path / file).read_text())
    damage(data)
    (tmp_path / file).write_text(json_text(data))
    stored = read_program(tmp_path)
    assert {reason.relaxation for reason in check_native(stored.circuit, stored.profile, stored.layout)} == {AGAIN}
    assert check_artifact(tmp_path).problems
    write_artifact(tmp_path, compile_circuit(stored.source, stored.profile, options=QUICK, settings=settings))
    assert not check_artifact(tmp_path).problems


HOLE = "\0"
"""What stands for a value in the text of an f-string."""


def texts(node: ast.AST, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """The texts in an expression, and in what its names and functions stand for in the module."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in parts)
            for part in parts:
                if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
                    yield from texts(part.value, names)
        case ast.Name(id=name):
            for value in names.get(name, ()):
                yield from texts(value, names | {name: []})
        case ast.Call(func=ast.Attribute(attr="join"), args=[part]) | ast.Call(func=ast.Name() as part):
            yield from texts(part, names)
        case ast.Call() | ast.Compare():
            pass
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one, names)
            yield from texts(other, names)
        case _:
            for part in ast.iter_child_nodes(node):
                yield from texts(part, names)


def advice_in(module: ast.Module) -> Iterator[str]:
    """The texts that a module gives as advice: of reasons, of variables of that name, of pairs (reason, advice)."""
    names: dict[str, list[ast.expr]] = {}
    roots: list[ast.expr] = []
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                names.setdefault(name, []).append(value)
            case ast.FunctionDef(name=name):
                given = (part.value for part in ast.walk(node) if isinstance(part, ast.Return))
                names.setdefault(name, []).extend(value for value in given if value is not None)
            case ast.Call(func=ast.Name(id="MappingReason"), args=[_, _, advice]):
                roots.append(advice)
            case ast.keyword(arg="relaxation", value=advice):
                roots.append(advice)
        kind = getattr(node, "returns", None) or getattr(node, "annotation", None)
        if kind is not None and ast.unparse(kind).rstrip("]").endswith(("tuple[str, str", "tuple[str, str] | None")):
            roots += [part.elts[1] for part in ast.walk(node) if isinstance(part, ast.Tuple) and len(part.elts) == 2]
    for root in (*roots, *names.get("advice", ())):
        yield from texts(root, names)


def test_every_advice_in_the_source_is_followed() -> None:
    followed = {advised(row).string for row in (*OTHER_ROWS.values(), *ROWS.values())} | {AGAIN}
    seen: set[str] = set()
    missing: list[str] = []
    for path in sorted(Path(compiler.__file__).parent.rglob("*.py")):
        source = path.read_text()
        for text in dict.fromkeys(advice_in(ast.parse(source)) if "MappingReason" in source else ()):
            words = text.strip(" ,;").removesuffix(", or")
            pattern = ".*".join(map(re.escape, words.split(HOLE)))
            whole = re.compile(rf"(^|[;,\s]){pattern}($|[;,])")
            if re.search("[a-z]", words) and not any(map(whole.search, followed)):
                missing.append(f"{path.name}: {words!r}")
            seen.add(words)
    assert not missing
    assert len(seen) > 80  # the source was read as it is written
