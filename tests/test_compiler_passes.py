"""Passes, pipeline, mapping, resources, noise, artifacts."""

import json
from dataclasses import replace
from math import asinh

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_reference import random_circuit

from compiler import operations as ops
from compiler.artifact import check_artifact, write_artifact
from compiler.circuit import Circuit
from compiler.errors import CircuitError, InputError, NotMappableError
from compiler.mapping import unmappable
from compiler.noise import with_loss
from compiler.passes.base import PassResult, Promise
from compiler.passes.collect_phases import CollectPhases
from compiler.passes.drop_trivial import DropTrivial
from compiler.passes.interferometer_mesh import InterferometerMesh
from compiler.passes.lower_controlled import LowerControlled
from compiler.passes.lower_phases import LowerPhases
from compiler.pipeline import MiscompilationError, compile_circuit, default_passes
from compiler.polynomial import Polynomial
from compiler.resources import resources
from compiler.verify import compare
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")
PHOTONIC = load_profile("photonic-cubic")


def edge(*modes, weight=0.3):
    return ops.phase(Polynomial.monomial(modes, weight))


@given(st.integers(0, 10**6))
def test_every_pass_keeps_equivalence_and_is_idempotent(seed):
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    circuit = random_circuit(rng, 4, 10).then((ops.Interferometer((2, 0, 3), tuple(map(tuple, u.tolist()))),))
    current = circuit
    for step in default_passes():
        once = step(current, IDEAL).circuit
        assert compare(current, once).equivalent, step.name
        assert step(once, IDEAL).circuit == once, step.name
        current = once
    assert not unmappable(current, IDEAL)


@given(st.integers(0, 10**6))
def test_relabelling_modes_relabels_the_result(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 4, 6)
    order = [int(m) for m in rng.permutation(4)]

    def relabelled(c):
        out = []
        for op in c.operations:
            if isinstance(op, ops.PolynomialPhase):
                out.append(ops.phase(op.polynomial.relabel(order.__getitem__)))
            else:
                out.append(replace(op, modes=tuple(order[m] for m in op.modes)))
        return c.with_operations(tuple(out))

    assert compare(
        relabelled(compile_circuit(circuit, IDEAL).circuit), compile_circuit(relabelled(circuit), IDEAL).circuit
    ).equivalent


def test_one_edge_costs_four_cubic_gates_of_the_known_strength():
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), IDEAL)
    assert program.resources.counts == {"beam_splitter": 8, "cubic_phase": 4}
    gammas = [abs(op.gamma) for op in program.circuit.operations if isinstance(op, ops.CubicPhase)]
    np.testing.assert_allclose(gammas, 0.3 * 3**2.5 / 24, rtol=1e-15)
    assert program.resources.non_gaussian_depth == 4


@pytest.mark.parametrize(
    ("monomial", "cubics"),
    [((0,), 0), ((0, 0), 0), ((0, 1), 0), ((0, 0, 0), 1), ((0, 0, 1), 3), ((0, 1, 1), 3), ((0, 1, 2), 4)],
)
def test_every_monomial_up_to_degree_three(monomial, cubics):
    program = compile_circuit(Circuit(3, (edge(*monomial, weight=-0.7),)), IDEAL)
    assert program.resources.counts.get("cubic_phase", 0) == cubics


def test_equal_edges_merge_also_past_commuting_gates():
    between = (ops.ControlledX((0, 3), 0.4), ops.Shear((1,), 0.2), ops.Squeeze((3,), 0.1))
    circuit = Circuit(4, (edge(0, 1, 2), *between, edge(0, 1, 2, weight=0.5), edge(0, 1, 2, weight=-0.8)))
    merged = CollectPhases()(circuit, IDEAL).circuit
    assert [type(op).__name__ for op in merged.operations] == ["ControlledX", "Shear", "Squeeze"]
    blocked = Circuit(4, (edge(0, 1, 2), ops.ControlledX((3, 0), 0.4), edge(0, 1, 2)))
    assert CollectPhases()(blocked, IDEAL).circuit == blocked


def test_controlled_gates_take_the_squeezing_of_bloch_messiah():
    for gate in (ops.ControlledX((0, 1), 0.8), ops.ControlledZ((1, 0), -1.3)):
        low = LowerControlled()(Circuit(2, (gate,)), IDEAL).circuit
        assert resources(low).counts == {"beam_splitter": 2, "squeezer": 2}
        assert resources(low).largest_squeezing == pytest.approx(abs(asinh(gate.s / 2)), abs=1e-15)
        assert compare(Circuit(2, (gate,)), low).equivalent


def test_higher_orders_need_a_native_power():
    four = Circuit(4, (edge(0, 1, 2, 3),))
    with pytest.raises(NotMappableError) as caught:
        compile_circuit(four, IDEAL)
    assert "degree 4" in caught.value.reasons[0].reason
    data = IDEAL.model_dump(mode="json")
    data["operations"]["PhasePower"] = {"availability": "native", "orders": [4, 5]}
    quartic = profile_from_data(data, "test")
    program = compile_circuit(four, quartic)
    assert program.resources.counts["phase_power"] == 8  # the Waring rank of a product of four is 2^3
    assert compile_circuit(Circuit(5, (edge(0, 1, 2, 3, 4),)), quartic).resources.counts["phase_power"] == 16
    with pytest.raises(NotMappableError, match="degree 6"):
        compile_circuit(Circuit(6, (edge(*range(6)),)), quartic)


def test_trivial_operations_are_dropped_and_others_kept():
    trivial = (
        ops.Rotation((0,), 2 * np.pi),
        ops.BeamSplitter((0, 1), 0.0, 0.3),
        ops.Squeeze((0,), 0.0),
        ops.Displacement((0,), 0.0, 0.0),
        ops.CubicPhase((0,), 0.0),
        ops.Loss((0,), 1.0),
        edge(weight=0.4),
    )
    kept = (ops.Rotation((0,), np.pi), ops.Squeeze((0,), 1e-12), ops.Loss((0,), 0.99))
    assert DropTrivial()(Circuit(2, trivial + kept), IDEAL).circuit.operations == kept


def test_feed_forward_passes_through_and_is_refused_where_it_cannot_be_lowered():
    gain = Polynomial.monomial(("y",), 0.5)
    measure = (ops.Homodyne((1,), 0.0, "y"),)
    assert compile_circuit(Circuit(2, (*measure, ops.Displacement((0,), gain, gain))), PHOTONIC).verification.equivalent
    with pytest.raises(NotMappableError, match="depends on earlier results"):
        compile_circuit(Circuit(2, (*measure, ops.Shear((0,), gain))), PHOTONIC)


def test_mapping_names_operation_reason_and_relaxation():
    (reason,) = unmappable(Circuit(1, (ops.PrepareSqueezed((0,), 3.0),)), PHOTONIC)
    assert reason.operation == "operation 0 PrepareSqueezed(mode 0)"
    assert "|r| <= 1.727, found 3" in reason.reason
    assert "lower the squeezing" in reason.relaxation
    (reason,) = unmappable(Circuit(1, (ops.Shear((0,), 0.1),)), PHOTONIC)
    assert "synthesised" in reason.reason


def test_a_pass_that_breaks_the_circuit_is_caught():
    class Sabotage:
        name = "sabotage"
        promise = Promise.EXACT

        def __call__(self, circuit, profile):
            return PassResult(circuit.with_operations(circuit.operations[1:]), "")

    with pytest.raises(MiscompilationError, match="differs"):
        compile_circuit(Circuit(3, (edge(0, 1, 2),)), IDEAL, (LowerPhases(), Sabotage(), InterferometerMesh()))


def test_depth_waits_for_modes_and_results():
    wait = Circuit(
        3,
        (
            ops.CubicPhase((0,), 0.1),
            ops.CubicPhase((1,), 0.1),
            ops.Homodyne((0,), 0.0, "y"),
            ops.Displacement((2,), Polynomial.monomial(("y",)), 0.0),
        ),
    )
    assert resources(wait).depth == 3  # cubic, homodyne, displacement that waits for the result
    assert resources(wait).non_gaussian_depth == 1
    assert resources(wait).total_cubic_strength == pytest.approx(0.2)
    assert resources(Circuit(0)).depth == 0


def test_loss_follows_operations_and_precedes_readouts():
    circuit = Circuit(2, (ops.BeamSplitter((0, 1), 0.3), ops.Homodyne((0,), 0.0, "x")))
    noisy = with_loss(circuit, PHOTONIC, 2.0).operations
    assert [type(op).__name__ for op in noisy] == ["BeamSplitter", "Loss", "Loss", "Loss", "Homodyne"]
    assert noisy[1].eta == pytest.approx(10 ** (-2 * 0.0005 / 10))
    assert noisy[3].eta == pytest.approx(0.972**2, abs=1e-4)
    assert with_loss(circuit, PHOTONIC, 0.0) == circuit
    with pytest.raises(CircuitError, match=">= 0"):
        with_loss(circuit, PHOTONIC, -1.0)


@pytest.fixture
def artifact(tmp_path):
    write_artifact(tmp_path, compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC))
    return tmp_path


def test_an_artifact_holds_and_every_tampering_is_found(artifact):
    assert not check_artifact(artifact).problems

    def tampered(name, change):
        path = artifact / name
        text = path.read_text()
        data = json.loads(text)
        change(data)
        path.write_text(json.dumps(data))
        try:
            return " ".join(check_artifact(artifact).problems)
        finally:
            path.write_text(text)

    def scale(data):
        data["operations"][2]["gamma"] *= 1 + 1e-6

    assert "not equivalent" in tampered("program.json", scale)
    assert "SHA-256" in tampered("source.json", lambda d: d["operations"].append(d["operations"][0]))
    assert "SHA-256" in tampered("certificate.json", lambda d: d["sha256"].update({"program.json": "0"}))
    assert "costs" in tampered("resources.json", lambda d: d.update(depth=1))
    assert "does not fit" in tampered(
        "profile.json", lambda d: d["operations"]["CubicPhase"].update(availability="unavailable")
    )
    with pytest.raises(InputError, match="version"):
        tampered("certificate.json", lambda d: d.update(version=99))
    assert not check_artifact(artifact).problems


def test_exports_of_an_earlier_program_do_not_stay(artifact):
    (artifact / "program.xbb").write_text("old")
    write_artifact(artifact, compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC))
    assert not (artifact / "program.xbb").exists()


def test_a_missing_file_is_named(artifact):
    (artifact / "source.json").unlink()
    with pytest.raises(InputError, match=r"source\.json"):
        check_artifact(artifact)


def test_ill_conditioned_gates_are_refused_with_the_residual():
    pairs = tuple(edge(a, b, weight=1e5) for a, b in ((0, 1), (0, 2), (1, 2)))
    for operations in (pairs, (edge(0, 1, weight=1e8),)):
        with pytest.raises(CircuitError, match="ill-conditioned"):
            compile_circuit(Circuit(3, operations), IDEAL)


def test_tiny_and_huge_weights_keep_the_residual():
    # the largest makes the map large, and the residual is relative
    for weight in (1e-300, 1e-12, 1e12, 5e-324):
        assert compile_circuit(Circuit(3, (edge(0, 1, 2, weight=weight),)), IDEAL).verification.residual < 1e-13
