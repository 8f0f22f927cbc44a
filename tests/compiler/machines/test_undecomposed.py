"""Every operation alone, on every profile: compiled and proved, or refused with a reason that names the physics."""

import re

import numpy as np
import pytest
from machines_support import IONS, QUICK, varied

from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS, Operation
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from compiler.machines.ions import Ions
from compiler.pipeline import compile_circuit
from hardware_profiles import Profile, load_profile, profile_names


def everything(rng: np.random.Generator) -> tuple[Operation, ...]:
    """One operation of every kind, on modes 0 and 1, with random parameters."""
    v, w = (float(rng.uniform(-0.1, 0.1)) for _ in range(2))
    return (
        ops.PrepareVacuum((0,)),
        ops.PrepareSqueezed((0,), v),
        ops.PrepareCubic((0,), v, abs(w)),
        ops.PrepareFock((0,), int(rng.integers(1, 4))),
        ops.PrepareCat((0,), v, w, 0.0),
        ops.PrepareGKP((0,), v, w, 0.1),
        ops.PrepareKet((0, 1), 2, (0.0, 0.6, 0.8, 0.0)),
        ops.PrepareDensity((0,), 2, (0.5, 0.0, 0.0, 0.5)),
        ops.Rotation((0,), v),
        ops.Squeeze((0,), v),
        ops.Shear((0,), v),
        ops.Displacement((0,), v, w),
        ops.BeamSplitter((0, 1), v, w),
        ops.ControlledX((0, 1), v),
        ops.ControlledZ((0, 1), v),
        ops.Interferometer((0, 1), ((0.6, -0.8), (0.8, 0.6))),
        ops.phase(Polynomial.monomial((0, 0, 1), 0.1 * v) + Polynomial.monomial((0, 1), w)),
        ops.CubicPhase((0,), 0.1 * v),
        ops.PhasePower((0,), int(rng.integers(1, 5)), 0.01 * v),
        ops.Kerr((0,), v),
        ops.CrossKerr((0, 1), v),
        ops.Homodyne((0,), v, "m"),
        ops.PostSelect((0,), v, w),
        ops.PhotonCount((0,), "n"),
        ops.DisplacementReadout((0, 1), (v, 0.0), (0.0, w), "d"),
        ops.Loss((0,), 0.9),
        ops.ThermalLoss((0,), 0.9, 0.1),
        ops.DisplacementNoise((0,), 0.1, 0.1),
        ops.Dephasing((0,), 0.1),
    )


GATES = ("ideal-cubic", "ideal-teleported", "photonic-cubic", "photonic-teleported", "cavity-snail")
NOT_ON_GATES = {
    *(kind.__name__ for kind in (*ops.STATES, *ops.NOISE)),
    "Kerr",
    "CrossKerr",
    "PostSelect",
    "PhotonCount",
}

READ_BY_A_BIT = ("ideal-cubic", "ideal-teleported", "trapped-ion-motional", "trapped-ion-qscout")
"""Profiles with a spin or a qubit that controls displacements."""

PHYSICS = {
    "PrepareFock": r"the state of \d photons? needs a source of single photons",
    "PrepareCat": "a cat state needs a source of its own",
    "PrepareGKP": "a GKP state needs a source of its own",
    "PrepareKet": "given Fock amplitudes needs a source",
    "PrepareDensity": "density matrix needs a source",
    "PostSelect": "no machine can choose an outcome",
    "PhotonCount": "homodyne detectors cannot count photons|every mode is counted anyway|there is no photon counter",
    "DisplacementReadout": "no spin or qubit of the profile controls a displacement, and a GKP ancilla would have to",
}
"""What the refusal of each kind says on every profile."""


def compiled(circuit: Circuit, profile: Profile) -> str:
    """The reason of a refusal; empty if the circuit compiles. Every other error is one of the test."""
    settings = IONS if isinstance(machine_of(profile), Ions) else None
    try:
        program = compile_circuit(circuit, profile, options=QUICK, settings=settings)
    except NotMappableError as error:
        assert all(reason.operation and reason.reason and reason.relaxation for reason in error.reasons)
        return "; ".join(f"{reason.operation}: {reason.reason}; {reason.relaxation}" for reason in error.reasons)
    except CircuitError as error:
        assert "without noise" in str(error)
        return str(error)
    assert program.verification.equivalent
    return ""


def test_every_kind_is_tried() -> None:
    assert {type(op) for op in everything(np.random.default_rng(0))} == set(OPERATIONS.values())


@pytest.mark.parametrize("name", profile_names())
def test_every_operation_alone_compiles_or_has_a_reason(name: str) -> None:
    profile = load_profile(name)
    absent = PHYSICS.keys() - ({"DisplacementReadout"} if name in READ_BY_A_BIT else set())
    for seed in range(2):
        for op in everything(np.random.default_rng(seed)):
            kind = type(op).__name__
            reason = compiled(Circuit(2, (op,)), profile)
            assert not re.search("Error|Traceback|internal|handled by", reason), reason
            if kind in PHYSICS.keys() & absent:
                assert re.search(f"operation 0 {re.escape(str(op))}: .*({PHYSICS[kind]})", reason), reason
            if name in GATES:
                assert bool(reason) == (kind in NOT_ON_GATES or kind in absent), reason
            elif kind == "DisplacementReadout":
                assert bool(reason) == (kind in absent), reason


@pytest.mark.parametrize("name", ["xanadu-x8", "xanadu-borealis"])
def test_counts_at_the_end_are_left_out_on_photon_counters(name: str) -> None:
    """A program that ends in a count of every mode: one reason per count, and what to do; without them it compiles."""
    profile = load_profile(name)
    modes, r = (8, 1.0) if name == "xanadu-x8" else (2, machine_of(profile).default_squeezing(profile))
    prepared: tuple[Operation, ...] = ()
    if name != "xanadu-x8":
        level = profile.operations["PrepareSqueezed"].ranges["r"].levels[-1].value
        prepared = tuple(ops.PrepareSqueezed((m,), level) for m in range(modes))
    else:
        for m in range(4):
            prepared += (ops.PrepareSqueezed((m,), -r), ops.PrepareSqueezed((m + 4,), r))
            prepared += (ops.BeamSplitter((m, m + 4), np.pi / 4),)
    counts = tuple(ops.PhotonCount((m,), f"n{m}") for m in range(modes))
    assert compiled(Circuit(modes, prepared), profile) == ""
    reason = compiled(Circuit(modes, (*prepared, *counts)), profile)
    assert reason.count("every mode is counted anyway") == modes
    assert reason.count("leave the readouts out (khrnn compile --readout none)") == modes


def test_a_profile_that_lists_them_runs_them() -> None:
    """A machine of one's own with a single-photon source, a counter and post-selection: nothing is refused."""
    listed = {name: {"availability": "native"} for name in ("PrepareFock", "PhotonCount", "PostSelect", "PrepareKet")}
    operations = load_profile("ideal-cubic").model_dump(mode="json")["operations"] | listed
    profile = varied("ideal-cubic", operations=operations)
    splitter = ops.BeamSplitter((0, 1), np.pi / 4)
    photons = (ops.PrepareFock((0,), 1), ops.PrepareFock((1,), 1))
    for circuit in (
        Circuit(2, (*photons, splitter, ops.PhotonCount((0,), "a"), ops.PhotonCount((1,), "b"))),
        Circuit(2, (ops.PrepareKet((0, 1), 2, (0.0, 0.6, 0.8, 0.0)), splitter, ops.PostSelect((0,), 0.0, 0.1))),
    ):
        assert compiled(circuit, profile) == ""
        assert compile_circuit(circuit, profile).circuit == circuit
