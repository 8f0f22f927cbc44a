"""Strawberry Fields compiles for X8, Borealis and universal machines what fits them, and refuses what we refuse."""

import json
from dataclasses import replace
from math import cosh, pi, sinh

import numpy as np
import pytest
from photon_counters import BOREALIS, MEDIUM, X8, haar, loop_graph_state, random_job, rows
from scipy.linalg import block_diag

from compiler.errors import CircuitError, InputError
from compiler.exports.strawberryfields.device import (
    compile_loops,
    compile_on,
    compile_pairs,
    counted_state,
    loop_certificate,
    loop_program,
    loop_spec,
    paired_program,
    paired_spec,
    spec_text,
    universal_spec,
)
from compiler.exports.strawberryfields.device_json import to_device_json
from compiler.exports.strawberryfields.program import strawberryfields, to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.photon_counters.graph_states import graph_state
from compiler.photon_counters.loop_job import LoopDevice, LoopJob, LoopSettings, job_reasons
from compiler.photon_counters.pair_fit import PairedProgram
from hardware_profiles import load_profile


@pytest.mark.parametrize("spec", [paired_spec(X8), loop_spec(BOREALIS), universal_spec("photonic-cubic", 5)])
def test_specifications_are_json_that_strawberry_fields_reads(spec):
    assert json.loads(spec_text(spec)) == spec
    assert set(spec) == {"target", "layout", "modes", "compiler", "gate_parameters"}


def test_x8_spec_is_strawberry_fields_own_layout():
    spec = paired_spec(X8)
    assert strawberryfields().Device(spec).default_compiler == "Xunitary"
    assert "MZgate({phase_4}, {phase_5}) | [1, 2]" in spec["layout"]
    assert "MZgate({phase_10}, {phase_11}) | [5, 6]" in spec["layout"]
    with pytest.raises(ValueError, match="squeezing_amplitude_0"):
        compile_on(paired_program(PairedProgram((0.5, 0.0, 0.0, 0.0), rows(np.eye(4, dtype=complex)))), spec)


def sf_program(n, build):
    sf = strawberryfields()
    program = sf.Program(n)
    with program.context as q:
        for m in range(n // 2):
            sf.ops.S2gate(1.0) | (q[m], q[m + n // 2])
        build(sf.ops, q)
        sf.ops.MeasureFock() | q
    return program


REFUSED_BY_STRAWBERRY_FIELDS = {
    "modes": (10, lambda o, q: None),
    "other pair": (8, lambda o, q: o.S2gate(1.0) | (q[0], q[5])),
    "level": (8, lambda o, q: o.S2gate(0.5) | (q[0], q[4])),
    "unequal unitaries": (8, lambda o, q: o.BSgate(0.3, 0.0) | (q[0], q[1])),
    "halves mixed": (8, lambda o, q: o.BSgate(0.3, 0.0) | (q[1], q[6])),
    "single-mode squeezing": (8, lambda o, q: o.Sgate(0.4) | q[2]),
    "cubic": (8, lambda o, q: o.Vgate(0.1) | q[0]),
    "homodyne": (8, lambda o, q: o.MeasureHomodyne(0.0) | q[0]),
    "displacement": (8, lambda o, q: o.Xgate(0.1) | q[0]),
    "loss": (8, lambda o, q: o.LossChannel(0.9) | q[0]),
}


def test_strawberry_fields_accepts_for_x8_what_is_not_broken():
    """The compiled program counts the state that was asked for: pairs of modes with covariances in closed form."""
    compiled = compile_on(sf_program(8, lambda o, q: None), paired_spec(X8))
    partner = np.kron([[0.0, 1.0], [1.0, 0.0]], np.eye(4))
    x, p = (cosh(2.0) * np.eye(8) + sign * sinh(2.0) * partner for sign in (1.0, -1.0))
    np.testing.assert_allclose(counted_state(compiled).cov, block_diag(x, p), atol=1e-9)


@pytest.mark.parametrize("name", REFUSED_BY_STRAWBERRY_FIELDS)
def test_strawberry_fields_refuses_for_x8_too(name):
    n, build = REFUSED_BY_STRAWBERRY_FIELDS[name]
    with pytest.raises((ValueError, strawberryfields().program_utils.CircuitError)):
        compile_on(sf_program(n, build), paired_spec(X8))


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda o, q, p: o.Sgate(p[0]) | q[42], "incompatible topologies"),
        (lambda o, q, p: o.Vgate(0.1) | q[43], "cannot be used with the compiler"),
        (lambda o, q, p: o.LossChannel(0.9) | q[43], "cannot be used with the compiler"),
        (lambda o, q, p: o.Xgate(0.1) | q[43], "cannot be used with the compiler"),
    ],
)
def test_strawberry_fields_refuses_for_borealis_too(change, expected):
    sf = strawberryfields()
    program = sf.TDMProgram(44)
    zeros = [0.0] * 50
    with program.context(*[zeros] * 7) as (p, q):
        change(sf.ops, q, p)
        sf.ops.MeasureFock() | q[0]
    with pytest.raises(sf.program_utils.CircuitError, match=expected):
        compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))


@pytest.mark.parametrize("place, value", [(0, 0.5), (2, 1.7), (4, -0.3)])
def test_strawberry_fields_refuses_values_for_borealis_too(place, value):
    """A level, and beamsplitter angles."""
    program = loop_program(random_job(np.random.default_rng(8), 9), BOREALIS)
    program.tdm_params[place][8] = value
    with pytest.raises(ValueError, match="has invalid value"):
        compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))


def test_strawberry_fields_shifts_out_of_range_rotations_where_we_refuse(caplog):
    loops = random_job(np.random.default_rng(6), 9).loops
    far = LoopSettings((0.0,) * 8 + (2.5,), loops[1].theta)
    job = LoopJob(MEDIUM, (loops[0], far, loops[2]))
    reason = job_reasons(job, BOREALIS)[0]
    assert reason.operation == "loop 1 (delay 6), pulse 8" and "reaches +-1.5708, but 2.5 is needed" in reason.reason
    near = LoopJob(MEDIUM, (loops[0], LoopSettings((0.0,) * 9, loops[1].theta), loops[2]))
    program = loop_program(near, BOREALIS)
    program.tdm_params[3][9] = 2.5
    compiled = compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))
    assert compiled.tdm_params[3][9] == pytest.approx(2.5 - pi)  # another program, and no error


def test_a_program_for_another_state_is_caught(monkeypatch):
    rng = np.random.default_rng(4)
    one, other = (PairedProgram((1.0,) * 4, rows(haar(rng, 4))) for _ in range(2))
    monkeypatch.setattr("compiler.exports.strawberryfields.device.fit_pairs", lambda *_: other)
    with pytest.raises(CircuitError, match="the Xunitary compiler changed the state"):
        compile_pairs(one.circuit(), X8)
    monkeypatch.setattr(LoopDevice, "final_phase", lambda *_: 0.1)
    with pytest.raises(CircuitError, match="the borealis compiler changed the state"):
        compile_loops(loop_graph_state(2, MEDIUM), BOREALIS)


def test_a_layout_that_somebody_left_on_a_compiler_does_no_harm():
    from strawberryfields.compilers import compiler_db

    compiler_db["borealis"].init_circuit("name other")
    compile_loops(loop_graph_state(2, MEDIUM), BOREALIS)
    assert compiler_db["borealis"]._layout is None


def test_universal_machines_are_checked_by_their_compilers():
    gaussian, fock = (universal_spec("photonic-cubic", 3, c) for c in ("gaussian", "fock"))
    edge = graph_state(np.array([[0.0, 0.5], [0.5, 0.0]]), 1.0)
    read = edge.then((ops.Homodyne((0,), 0.0, "y"),))
    cubic = edge.then((ops.CubicPhase((1,), 0.2), ops.Homodyne((0,), 0.0, "y")))
    refused = strawberryfields().program_utils.CircuitError
    compile_on(to_strawberryfields(read), gaussian)
    compile_on(to_strawberryfields(cubic), fock)
    with pytest.raises(refused, match="Vgate cannot be used with the compiler 'gaussian'"):
        compile_on(to_strawberryfields(cubic), gaussian)
    with pytest.raises(refused, match="contains 4 modes"):
        compile_on(to_strawberryfields(Circuit(4)), fock)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: loop_spec(replace(BOREALIS, delays=(1, 6))), "compiles loops of"),
        (lambda: universal_spec("x", 2, "gbs"), "compiled by fock or gaussian, found 'gbs'"),
        (lambda: universal_spec("x", 0), "at least 1 mode"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_teleported_cubic_gates_are_refused_by_their_own_name():
    fed = ops.Shear((0,), Polynomial.monomial(("m",), 0.2))
    native = Circuit(2, (ops.PrepareCubic((1,), 0.1, 1.0), ops.Homodyne((1,), 0.0, "m"), fed))
    with pytest.raises(
        CircuitError, match=r"operation 2 Shear\(mode 0\) depends on a readout, as the correction of a tel"
    ):
        to_device_json(native, load_profile("photonic-teleported"))


def test_a_displacement_is_no_obstacle():
    linear = Circuit(2, (ops.Displacement((0,), 0.0, 0.3), ops.ControlledZ((0, 1), 0.2)))
    assert json.loads(to_device_json(linear, load_profile("ideal-cubic")))["compiler"] == ["gaussian"]
