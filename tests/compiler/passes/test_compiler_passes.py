"""Passes, pipeline, mapping, resources, noise, artifacts."""

import json
import re
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from math import asinh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_reference import random_circuit, truly_equal

from compiler.artifact import check_artifact, write_artifact
from compiler.comparison import compare
from compiler.costs.noise import with_noise
from compiler.costs.resources import resources
from compiler.costs.schedule import asap
from compiler.errors import CircuitError, InputError, NotMappableError
from compiler.exports.strawberryfields.blackbird import to_blackbird
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import Request
from compiler.machines.gates import Gates
from compiler.machines.limits import native_violations
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.lowering.interferometer_mesh import InterferometerMesh
from compiler.passes.lowering.lower_controlled import LowerControlled
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.passes.simplifying.merge_gaussians import resynthesised
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.pipeline import MiscompilationError, compile_circuit, compile_polynomial
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")
PHOTONIC = load_profile("photonic-cubic")
TELEPORTED = load_profile("ideal-teleported")


def edge(*modes, weight=0.3):
    return ops.phase(Polynomial.monomial(modes, weight))


@given(st.integers(0, 10**6))
def test_every_pass_keeps_equivalence_and_is_idempotent_where_it_says_so(seed):
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    circuit = random_circuit(rng, 4, 10).then((ops.Interferometer((2, 0, 3), tuple(map(tuple, u.tolist()))),))
    current = circuit
    for step in Gates().passes(Request()):
        once = step(current, IDEAL).circuit
        assert compare(current, once).equivalent, step.name
        if "Idempotent" in (type(step).__doc__ or ""):
            assert step(once, IDEAL).circuit == once, step.name
        current = once
    assert not native_violations(current, IDEAL)


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


def test_native_powers_of_higher_order_are_used():
    four = Circuit(4, (edge(0, 1, 2, 3),))
    data = IDEAL.model_dump(mode="json")
    data["operations"]["PhasePower"] = {"availability": "native", "orders": [4, 5]}
    quartic = profile_from_data(data, "test")
    program = compile_circuit(four, quartic)
    assert program.resources.counts["phase_power"] == 8  # the Waring rank of a product of four is 2^3
    assert compile_circuit(Circuit(5, (edge(0, 1, 2, 3, 4),)), quartic).resources.counts["phase_power"] == 16
    assert compile_circuit(Circuit(1, (edge(0, 0, 0, 0),)), quartic).resources.counts == {"phase_power": 1}
    assert compile_circuit(Circuit(2, (edge(0, 0, 1, 1),)), quartic).resources.counts["phase_power"] == 4
    assert "phase_power" in compile_circuit(Circuit(6, (edge(*range(6)),)), quartic).resources.counts  # 6 = 4 + 4 - 2


def test_higher_orders_need_a_rotation_or_a_native_power():
    data = IDEAL.model_dump(mode="json")
    del data["operations"]["Rotation"]
    with pytest.raises(NotMappableError) as caught:
        compile_circuit(Circuit(4, (edge(0, 1, 2, 3),)), profile_from_data(data, "test"))
    assert "degree 4" in caught.value.reasons[0].reason


@pytest.mark.parametrize(("k", "cubics"), [(4, 16), (5, 40), (6, 64)])
def test_order_reduction_costs_the_recursion_and_returns_what_it_borrows(k, cubics):
    spare = k - 3  # modes to borrow, one a level of the recursion
    program = compile_circuit(Circuit(k + spare, (edge(*range(k)),)), IDEAL)
    assert program.resources.counts["cubic_phase"] == cubics
    assert program.circuit.modes == k + spare and not program.circuit.ancillas
    assert truly_equal(program.source, program.circuit)
    full = compile_circuit(Circuit(k, (edge(*range(k)),)), IDEAL)
    assert full.circuit.ancillas == tuple(range(k, full.circuit.modes))
    padded = Circuit(full.circuit.modes, full.source.operations)
    assert truly_equal(padded, Circuit(full.circuit.modes, full.circuit.operations))


@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=6), min_size=1, max_size=4), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_any_polynomial_of_higher_degree_compiles(monomials, seed):
    rng = np.random.default_rng(seed)
    total = Polynomial()
    for variables in monomials:
        total = total + Polynomial.monomial(variables, float(rng.uniform(0.1, 0.4)))
    program = compile_polynomial(total, IDEAL, modes=6, options=SynthesisOptions(effort=0.1))
    padded = Circuit(program.circuit.modes, program.source.operations)
    assert truly_equal(padded, Circuit(program.circuit.modes, program.circuit.operations), seeds=(1,))


def test_measured_modes_and_ancillas_are_not_borrowed():
    read = (ops.Homodyne((4,), 0.0, "y"),)
    circuit = Circuit(6, (*read, edge(0, 1, 2, 3)), (5,))
    assert compile_circuit(circuit, IDEAL).circuit.ancillas == (5, 6)


def test_common_factors_share_one_reduction():
    f = Polynomial.monomial((0, 1, 2, 3), 0.3) + Polynomial.monomial((0, 1, 2, 4), -0.2)
    assert compile_polynomial(f, IDEAL, modes=6).resources.counts["cubic_phase"] == 16


def test_teleported_gates_are_equal_with_ideal_resources_only():
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED)
    counts = program.resources.counts
    assert counts["prepare_cubic"] == counts["homodyne"] == counts["shear"] == 4 and "cubic_phase" not in counts
    assert program.verification.resources == 4
    assert program.resources.teleportation_noise == pytest.approx(4 * np.exp(-2 * 1.727))
    assert program.resources.non_gaussian_depth == 4
    for place, op in enumerate(program.circuit.operations):
        if isinstance(op, ops.Homodyne | ops.PrepareCubic):
            continue
        rest = program.circuit.operations[:place] + program.circuit.operations[place + 1 :]
        assert not compare(program.source, program.circuit.with_operations(rest)).equivalent, op


def test_teleported_gates_need_to_know_their_resource():
    data = TELEPORTED.model_dump(mode="json")
    data["operations"]["PrepareCubic"]["ranges"] = {}
    with pytest.raises(NotMappableError, match=re.escape("ranges.r.maximum")):
        compile_circuit(Circuit(3, (edge(0, 1, 2),)), profile_from_data(data, "test"))


def test_gaussian_runs_lose_squeezers():
    rng = np.random.default_rng(0)
    weights = sum((Polynomial.monomial(pair, 0.2) for pair in combinations(range(6), 2)), Polynomial())
    run = Circuit(6, (ops.phase(weights),))
    counts = compile_circuit(run, IDEAL).resources.counts
    assert counts["squeezer"] == 6  # one a mode, against two for each of the 15 edges
    pairs = [tuple(int(m) for m in rng.permutation(4)[:2]) for _ in range(12)]
    point = compile_circuit(Circuit(4, tuple(ops.ControlledX(pair, 0.3) for pair in pairs)), IDEAL)
    assert point.resources.counts["squeezer"] == 4
    assert all(op.phi == 0.0 for op in point.circuit.operations if isinstance(op, ops.BeamSplitter))  # stays real


def squeezers(gates):
    cost = {ops.Squeeze: 1, ops.Shear: 1, ops.ControlledX: 2, ops.ControlledZ: 2}
    return sum(cost.get(type(op), 0) for op in gates)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 14))
@settings(max_examples=50)
def test_gaussian_runs_keep_what_they_do(seed, modes, length):
    rng = np.random.default_rng(seed)
    gates = []
    for _ in range(length):
        a, b = (int(v) for v in rng.permutation(max(modes, 2))[:2])
        s = float(rng.uniform(-0.8, 0.8))
        single = [ops.Squeeze((0,), s), ops.Shear((0,), s), ops.Rotation((0,), s)]
        double = [ops.BeamSplitter((a, b), s), ops.BeamSplitter((a, b), s, 2 * s)]
        double += [ops.ControlledX((a, b), s), ops.ControlledZ((a, b), s), ops.Squeeze((a,), s)]
        gates.append((single if modes == 1 else double)[int(rng.integers(3 if modes == 1 else 5))])
    new = resynthesised(gates)
    size = max(modes, 2)
    assert truly_equal(Circuit(size, tuple(gates)), Circuit(size, tuple(new)))
    assert squeezers(new) <= squeezers(gates)


def test_neighbours_merge_and_cancel():
    circuit = Circuit(
        2,
        (
            ops.BeamSplitter((0, 1), 0.3),
            ops.Rotation((0,), 0.2),
            ops.Rotation((0,), -0.2),
            ops.BeamSplitter((1, 0), 0.3),
            ops.Squeeze((1,), 0.1),
            ops.Squeeze((1,), 0.2),
        ),
    )
    assert MergeNeighbours()(circuit, IDEAL).circuit.operations == (ops.Squeeze((1,), pytest.approx(0.3)),)


def test_phases_meet_across_cells_only_where_no_readout_stands_between():
    between = (ops.PrepareSqueezed((3,), -1.0), ops.ControlledX((3, 0), -1.0), ops.Homodyne((3,), np.pi / 2, "y"))
    for mode, gates in ((0, 2), (2, 1)):
        read = tuple(replace(op, modes=tuple(mode if m == 0 else m for m in op.modes)) for op in between)
        circuit = Circuit(4, (edge(0, 1), *read, edge(0, 1)), (3,))
        phases = [
            op for op in CollectPhases()(circuit, IDEAL).circuit.operations if isinstance(op, ops.PolynomialPhase)
        ]
        assert len(phases) == gates


def test_feed_forward_does_not_move_before_its_readout():
    circuit = Circuit(
        2,
        (
            ops.Displacement((0,), 0.1, 0.0),
            ops.Homodyne((1,), 0.0, "m"),
            ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0),
        ),
    )
    assert compile_circuit(circuit, IDEAL).circuit.operations == circuit.operations


def test_weak_gaussian_gates_do_not_stop_the_compiler():
    weak = Polynomial.monomial((1, 2), 5.96e-8) + Polynomial.monomial((0, 1), 2.0772e-11)
    assert compile_polynomial(weak, IDEAL).verification.equivalent


@pytest.mark.parametrize(
    "operations",
    [
        (ops.Rotation((0,), 2 * np.pi * 2**40),),
        (ops.Rotation((0,), 1e12), ops.Rotation((0,), 0.3)),
        (ops.phase(Polynomial.monomial(range(6), 1e6)),),
    ],
)
def test_numbers_beyond_float64_are_not_called_a_defect(operations):
    try:
        compile_circuit(Circuit(7, operations), IDEAL)
    except CircuitError as error:
        assert "ill-conditioned" in str(error)


def test_constants_are_numbers():
    assert ops.Shear((0,), Polynomial.constant(0.5)) == ops.Shear((0,), 0.5)
    with pytest.raises(NotMappableError, match="found 5"):
        compile_circuit(Circuit(1, (ops.Squeeze((0,), Polynomial.constant(5.0)),)), PHOTONIC)
    forward = (ops.Homodyne((1,), 0.0, "m"), ops.Squeeze((0,), Polynomial.monomial(("m",), 100.0)))
    with pytest.raises(NotMappableError, match="depends on m"):
        compile_circuit(Circuit(2, forward), PHOTONIC)


def test_collecting_phases_goes_on_until_nothing_moves():
    shift = ops.Displacement((3,), 1.0, 0.0)
    circuit = Circuit(4, (edge(0, 1, 2), shift, edge(1, 3), edge(0, 1, 2), edge(1, 3, weight=-0.3)))
    once = CollectPhases()(circuit, IDEAL).circuit
    assert CollectPhases()(once, IDEAL).circuit == once and len(once.operations) == 2


def test_polynomials_of_every_kind_or_none():
    assert compile_polynomial(Polynomial(), IDEAL).circuit == Circuit(0)
    constant = compile_circuit(Circuit(2, (ops.phase(Polynomial.constant(0.7)),)), IDEAL)
    assert constant.circuit.operations == ()
    linear = compile_polynomial(Polynomial.monomial((1,), 0.5) + Polynomial.constant(2.0), IDEAL)
    assert linear.circuit.operations == (ops.Displacement((1,), 0.0, 0.5),)
    with pytest.raises(CircuitError, match="names"):
        compile_polynomial(Polynomial.monomial((0, "w")), IDEAL)
    with pytest.raises(CircuitError, match="compile_template"):
        compile_circuit(Circuit(1, symbols=("w",)), IDEAL)


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
    (reason,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), 3.0),)), PHOTONIC)
    assert reason.operation == "operation 0 PrepareSqueezed(mode 0)"
    assert "|r| <= 1.727, found 3" in reason.reason
    assert "lower the squeezing" in reason.relaxation
    (reason,) = native_violations(Circuit(1, (ops.Shear((0,), 0.1),)), PHOTONIC)
    assert "synthesised" in reason.reason


def test_a_pass_that_breaks_the_circuit_is_caught():
    class Sabotage:
        name = "sabotage"
        guarantee = Guarantee.EXACT

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


def test_the_critical_path_takes_the_profile_s_durations():
    circuit = Circuit(
        3,
        (
            ops.CubicPhase((0,), 0.1),
            ops.Squeeze((1,), 0.1),
            ops.Squeeze((1,), 0.2),
            ops.BeamSplitter((0, 1), 0.3),
            ops.Homodyne((1,), 0.0, "y"),
            ops.Displacement((2,), Polynomial.monomial(("y",)), 0.0),
        ),
    )
    data = IDEAL.model_dump(mode="json")
    seconds = {"CubicPhase": 5e-6, "Squeeze": 1e-6, "BeamSplitter": 1e-7, "Homodyne": 2e-6, "Displacement": 1e-8}
    for name, value in seconds.items():
        quantity = {"value": value, "source": "made up for this test", "date": "2026-11-22", "mark": "A"}
        data["operations"][name]["duration_s"] = quantity
    timed = asap(circuit, profile_from_data(data, "test"))
    assert timed.layers == (1, 1, 2, 3, 4, 5)
    assert timed.critical_path == (0, 3, 4, 5)  # one cubic gate takes longer than two squeezers
    assert timed.duration_s == pytest.approx(5e-6 + 1e-7 + 2e-6 + 1e-8) and not timed.untimed
    assert timed.starts_s[2] == pytest.approx(1e-6)
    untimed = asap(circuit, IDEAL)
    assert untimed.critical_path == (1, 2, 3, 4, 5) and len(untimed.untimed) == 5
    assert asap(Circuit(2)).critical_path == ()


def test_loss_follows_operations_and_precedes_readouts():
    circuit = Circuit(2, (ops.BeamSplitter((0, 1), 0.3), ops.Homodyne((0,), 0.0, "x")))
    noisy = with_noise(circuit, PHOTONIC, 2.0).operations
    assert [type(op).__name__ for op in noisy] == ["BeamSplitter", "Loss", "Loss", "Loss", "Homodyne"]
    assert noisy[1].eta == pytest.approx(10 ** (-2 * 0.0005 / 10))
    assert noisy[3].eta == pytest.approx(0.972**2, abs=1e-4)
    assert with_noise(circuit, PHOTONIC, 0.0) == circuit
    with pytest.raises(CircuitError, match=">= 0"):
        with_noise(circuit, PHOTONIC, -1.0)


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


def forged(folder, name, change):
    """The problems after a change whose author also recomputes every digest."""
    kept = {path: path.read_text() for path in folder.iterdir()}
    path = folder / name
    if callable(change):
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))
    else:
        path.write_text(change)
    body = json.loads((folder / "certificate.json").read_text())
    del body["digest"]
    body["sha256"] = {file: sha256((folder / file).read_bytes()).hexdigest() for file in body["sha256"]}
    digest = sha256(json_text(body).encode()).hexdigest()
    (folder / "certificate.json").write_text(json_text({**body, "digest": digest}))
    try:
        return " ".join(check_artifact(folder).problems)
    finally:
        for file, text in kept.items():
            file.write_text(text)


def test_what_a_certificate_claims_is_computed_again(tmp_path):
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED)
    write_artifact(tmp_path, program, {"program.xbb": to_blackbird(program.circuit)})
    assert forged(tmp_path, "certificate.json", lambda d: None) == ""
    for change, found in (
        (lambda d: d["source"].update(monomials=2), "'source' does not describe"),
        (lambda d: d["source"]["polynomials"][0]["terms"][0].__setitem__(0, 0.4), "'source' does not describe"),
        (lambda d: d.update(ideal_resources=0), "'ideal_resources' must be 4"),
        (lambda d: d.update(passes="all"), "list of passes"),
        (lambda d: d.update(equivalent=False), "'equivalent' must be True"),
    ):
        assert found in forged(tmp_path, "certificate.json", change)
    limit = {"source": "made up for this test", "date": "2026-11-22", "mark": "A", "value": 9.0}
    raised = forged(
        tmp_path, "profile.json", lambda d: d["operations"]["PrepareCubic"]["ranges"]["r"].update(maximum=limit)
    )
    assert "not the shipped ideal-teleported" in raised
    assert "cannot be loaded" in forged(tmp_path, "program.xbb", "garbage, not a program")
    other = compile_circuit(Circuit(3, (edge(0, 1, 2, weight=0.31),)), TELEPORTED)
    assert "differs" in forged(tmp_path, "program.xbb", to_blackbird(other.circuit))

    def free(data):
        data["symbols"] = ["w"]

    source = (tmp_path / "source.json").read_text()
    (tmp_path / "source.json").write_text(json.dumps({**json.loads(source), "symbols": ["w"]}))
    assert "symbols without values" in forged(tmp_path, "program.json", free)
    (tmp_path / "source.json").write_text(source)
    edited = (tmp_path / "certificate.json").read_text().replace('"polarization"', '"perfection"')
    (tmp_path / "certificate.json").write_text(edited)
    assert "its own digest" in " ".join(check_artifact(tmp_path).problems)


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
