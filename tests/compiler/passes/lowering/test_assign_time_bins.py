"""Circuits whose modes are not in the order of the pulses compile for delay loops, and Strawberry Fields runs them."""

import json
from math import pi, tanh

import numpy as np
import pytest

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import NotMappableError
from compiler.exports.strawberryfields import strawberryfields, to_strawberryfields
from compiler.exports.strawberryfields.device import compile_loops
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.machines.loops import job_of
from compiler.photon_counters.graph_states import graph_state, input_squeezing
from compiler.photon_counters.loop_job import loop_device
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile

PROFILE = load_profile("xanadu-borealis-dummy")  # its loops have no phases of their own that rotations must take back
DEVICE = loop_device(PROFILE)
LEVEL = DEVICE.levels[2]


def prepared(modes, *operations):
    return Circuit(modes, (*(ops.PrepareSqueezed((m,), LEVEL) for m in range(modes)), *operations))


def joined(*pairs):
    return [ops.BeamSplitter(pair, 0.3 + 0.1 * i, pi / 2) for i, pair in enumerate(pairs)]


def covariance(circuit, modes):
    """Of the first modes, by Strawberry Fields' Gaussian back end."""
    state = strawberryfields().Engine("gaussian").run(to_strawberryfields(circuit)).state
    kept = [*range(modes), *range(circuit.modes, circuit.modes + modes)]
    return np.array(state.cov())[np.ix_(kept, kept)]


def signed(circuit):
    """A covariance up to rotations of single modes at the end, which photon counting does not see: photon numbers."""
    n = len(circuit) // 2
    blocks = circuit.reshape(2, n, 2, n)
    return np.einsum("anbm,anbm->nm", blocks, blocks)


CIRCUITS = {
    "two bins apart": prepared(4, *joined((0, 2), (1, 3))),
    "a chain in another order": prepared(4, *joined((2, 0), (0, 3), (3, 1))),
    "a star needs further pulses": prepared(4, *joined((0, 1), (0, 2), (0, 3))),
    "seven modes, far apart": prepared(7, *joined((0, 3), (3, 6), (1, 4))),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_circuit_compiles_to_a_job_of_the_same_state(name):
    source = CIRCUITS[name]
    program = compile_circuit(source, PROFILE)
    native = program.circuit
    assert native.ancillas == tuple(range(source.modes, native.modes))
    np.testing.assert_allclose(covariance(native, source.modes), covariance(source, source.modes), atol=1e-9)
    pulses = json.loads(program.layout.text)["pulses"]
    assert sorted(pulses) == list(range(native.modes))
    job = job_of(native, PROFILE, program.layout.text)
    compile_loops(job, DEVICE)  # by Strawberry Fields, whose state must be that of the job
    found = covariance(job.circuit(DEVICE), native.modes)
    placed = [pulses[m] for m in range(source.modes)]
    places = [*placed, *(native.modes + pulse for pulse in placed)]
    np.testing.assert_allclose(
        signed(found[np.ix_(places, places)]), signed(covariance(source, source.modes)), atol=1e-9
    )


def test_a_circuit_in_order_stays_as_it_is():
    source = prepared(4, *joined((0, 1), (1, 2), (2, 3)))
    program = compile_circuit(source, PROFILE)
    assert program.circuit == source and "pulses" not in json.loads(program.layout.text)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_graph_state_of_separate_pairs_compiles_wherever_they_are(sign):
    weights = np.zeros((6, 6))
    for (a, b), s in zip(((0, 2), (1, 5), (3, 4)), (1.0, sign, 1.0), strict=True):
        weights[a, b] = weights[b, a] = s * tanh(2.0 * LEVEL)
    source = graph_state(weights, input_squeezing(LEVEL))
    program = compile_circuit(source, PROFILE)
    np.testing.assert_allclose(covariance(program.circuit, 6), covariance(source, 6), atol=1e-7)
    compile_loops(job_of(program.circuit, PROFILE, program.layout.text), DEVICE)


def test_what_no_assignment_fits_is_refused_with_advice_that_works():
    parts = joined((0, 1), (1, 2), (0, 2))
    with pytest.raises(NotMappableError, match=r"operation 5 BeamSplitter\(0, 2\): bins 0 and 2 are 2 apart") as caught:
        compile_circuit(prepared(3, *parts), PROFILE)
    (reason,) = caught.value.reasons
    assert reason.relaxation.endswith("leave the beamsplitter out")
    assert compile_circuit(prepared(3, *parts[:2]), PROFILE).verification.equivalent


def test_the_pulses_of_the_file_are_checked(tmp_path):
    program = compile_circuit(CIRCUITS["a star needs further pulses"], PROFILE)
    write_artifact(tmp_path, program)
    assert check_artifact(tmp_path).problems == ()
    job = json.loads((tmp_path / "job.json").read_text())
    for pulses in (job["pulses"][::-1], job["pulses"][1:] + job["pulses"][:1], job["pulses"][:-1], None):
        (tmp_path / "job.json").write_text(json_text({**job, "pulses": pulses}))
        assert any("job.json" in text or "does not fit" in text for text in check_artifact(tmp_path).problems)


def test_a_rotation_out_of_reach_is_refused_with_the_modes_of_the_source():
    parts = [ops.BeamSplitter(pair, 0.35, pi / 2) for pair in ((2, 4), (6, 0), (0, 2))]
    with pytest.raises(NotMappableError, match="the modulator of loop") as caught:
        compile_circuit(prepared(7, *parts), PROFILE)
    (reason,) = caught.value.reasons
    assert reason.operation == "BeamSplitter(modes 2, 0), with modes as other pulses"
    assert reason.relaxation == "leave it out"
    kept = [op for op in parts if set(op.modes) != {0, 2}]
    assert compile_circuit(prepared(7, *kept), PROFILE).verification.equivalent
