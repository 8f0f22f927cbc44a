"""Pairs of cubic gates spread over two wires: the same circuit and answers under loss, less loss on a wire."""

from math import degrees

import numpy as np
import pytest

from compiler.costs import loss_per_mode, resources, with_noise
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.spread_pairs import SpreadPairs
from compiler.pipeline import compile_circuit
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.polarization import polarized
from hardware_profiles import Profile, load_profile, profile_from_data
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import random_hypergraph
from simulations.exact import moments
from simulations.programs.nullifiers import nullifier_polynomials

PHOTONIC, IDEAL = load_profile("photonic-cubic"), load_profile("ideal-cubic")
EDGE = Circuit(3, tuple(polarized((0, 1, 2), 0.3)))


def changed(operation: str, **spec: object) -> Profile:
    data = PHOTONIC.model_dump(mode="json")
    data["operations"][operation] |= spec
    return profile_from_data(data, "test")


def number(value: float) -> dict[str, object]:
    return {"value": value, "source": "test", "date": "2026-11-30", "mark": "A"}


LIMITED = changed("CubicPhase", max_per_mode=number(2))


def cubics(circuit: Circuit) -> list[int]:
    return [op.modes[0] for op in circuit.operations if isinstance(op, ops.CubicPhase)]


def test_one_three_edge():
    spread = SpreadPairs()(EDGE, LIMITED).circuit
    assert cubics(EDGE) == [0, 0, 0, 0] and cubics(spread) == [0, 2, 0, 1]
    assert equivalent(EDGE, spread).equivalent
    before, after = resources(EDGE), resources(spread)
    assert after.counts == before.counts == {"beam_splitter": 8, "cubic_phase": 4}
    assert (after.depth, after.non_gaussian_depth) == (before.depth, before.non_gaussian_depth)
    assert after.total_cubic_strength == pytest.approx(before.total_cubic_strength, rel=1e-15)
    splitters = [op for op in spread.operations if isinstance(op, ops.BeamSplitter)]
    assert [round(degrees(op.theta), 2) for op in splitters[2:6:3]] == [19.47, 19.47]
    old, new = (loss_per_mode(with_noise(circuit, PHOTONIC)) for circuit in (EDGE, spread))
    assert [round(v, 4) for v in old.wire_db] == [0.419, 0.0025, 0.0025]
    assert [round(v, 4) for v in new.wire_db] == [0.211, 0.1065, 0.1065]
    assert np.allclose(old.matrix_db, new.matrix_db, atol=1e-15)


def graphs():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        modes = int(rng.integers(4, 8))
        yield random_hypergraph(modes, 3, rng, int(rng.integers(2, 5)), (0.1, 0.5))


def by_polarization(source: Circuit) -> Circuit:
    """The circuit with every edge in four cubic gates, whatever the compiler would choose."""
    out: list[ops.Operation] = []
    for op in source.operations:
        if isinstance(op, ops.PolynomialPhase):
            for key, weight in op.polynomial.terms.items():
                a, b, c = (int(mode) for mode, _ in key)
                out += polarized((a, b, c), weight)
        else:
            out.append(op)
    return source.with_operations(tuple(out))


def test_answers_under_loss_stay_the_same():
    """Closed forms of all nullifiers, at the profile's losses and at ten times them: equal to rounding (1e-9)."""
    moved = 0
    for graph in graphs():
        source = state_circuit(graph, 1.0)
        native = by_polarization(source)
        spread = SpreadPairs(most=1)(native, PHOTONIC).circuit
        assert equivalent(source, spread).equivalent
        before, after = resources(native), resources(spread)
        assert after.counts == before.counts
        assert (after.depth, after.non_gaussian_depth) == (before.depth, before.non_gaussian_depth)
        loads = [np.bincount(cubics(circuit), minlength=graph.modes) for circuit in (native, spread)]
        assert loads[1].max() <= loads[0].max() and loads[1].sum() == loads[0].sum()
        moved += int(loads[1].max() < loads[0].max())
        answers = nullifier_polynomials(source)
        for scale in (1.0, 10.0):
            quiet, other = (moments(with_noise(c, PHOTONIC, scale), answers) for c in (native, spread))
            for name in answers:
                assert other.of(name)[1] == pytest.approx(quiet.of(name)[1], rel=1e-9)
    assert moved >= 4


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("angles", [(0.3, 1.1, -0.4), (-0.2, -1.3, 2.0), (0.5, 0.0, 0.1)])
@pytest.mark.parametrize("gamma", [0.4, Polynomial.monomial(("w",), 0.4)])
def test_all_signs_and_orders_of_modes(order, angles, gamma):
    first, middle, last = angles
    symbols = ("w",) if isinstance(gamma, Polynomial) else ()
    pair = (
        ops.BeamSplitter((0, 1), first),
        ops.CubicPhase((0,), 0.7),
        ops.BeamSplitter(order, middle),
        ops.CubicPhase((0,), gamma),
        ops.BeamSplitter((1, 0), last),
        ops.Shear((1,), 0.2),
    )
    circuit = Circuit(2, pair, (), symbols)
    spread = SpreadPairs(most=1)(circuit, PHOTONIC).circuit
    assert cubics(spread) == [0, 1] and equivalent(circuit, spread).equivalent
    angle = next(op for op in spread.operations[2:] if isinstance(op, ops.BeamSplitter)).theta
    assert abs(angle) <= max(abs(middle), np.pi / 2)
    again = SpreadPairs(most=1)(spread, PHOTONIC).circuit
    assert again == spread


def test_gates_in_the_way_keep_a_pair_together():
    splitter, cubic = ops.BeamSplitter((0, 1), 0.6), ops.CubicPhase((0,), 0.3)
    ways = [
        (cubic, splitter, cubic, ops.Shear((1,), 0.1), splitter),  # the partner is used while it shows another form
        (cubic, splitter, cubic, ops.BeamSplitter((0, 2), 0.6)),
        (cubic, splitter, cubic),
        (cubic, ops.Shear((0,), 0.1), splitter, cubic, splitter),
        (cubic, ops.BeamSplitter((0, 1), 0.6, 0.1), cubic, splitter),  # complex: x would meet p
        (cubic, splitter, cubic, ops.BeamSplitter((0, 1), 0.6, 0.1)),
        (ops.CubicPhase((1,), 0.2), cubic, splitter, cubic, splitter),  # the partner has one already
    ]
    for way in ways:
        circuit = Circuit(3, way)
        assert SpreadPairs(most=1)(circuit, PHOTONIC).circuit == circuit


def test_only_where_wires_are_limited():
    for profile in (PHOTONIC, IDEAL, load_profile("photonic-teleported")):
        assert SpreadPairs()(EDGE, profile).circuit == EDGE
    enough = changed("CubicPhase", max_per_mode=number(4))
    assert SpreadPairs()(EDGE, enough).circuit == EDGE
    three = SpreadPairs()(EDGE, changed("CubicPhase", max_per_mode=number(3))).circuit
    assert cubics(three) == [0, 2, 0, 0]
    bound = changed("CubicPhase", modes=[0, 1])
    assert cubics(SpreadPairs(most=1)(EDGE, bound).circuit) == [0, 0, 0, 1]
    small = changed("BeamSplitter", ranges={"theta": {"maximum": number(0.5)}})
    assert SpreadPairs(most=1)(EDGE, small).circuit == EDGE
    with pytest.raises(CircuitError, match="must be at least 1, found 0"):
        SpreadPairs(most=0)


def test_a_profile_with_a_limit_compiles_to_it():
    source = state_circuit(random_hypergraph(3, 3, np.random.default_rng(1)), 1.0)
    program = compile_circuit(source, LIMITED)
    assert cubics(program.circuit) == [0, 2, 0, 1]
    assert any(record.name == "spread_pairs" and "moved 2" in record.report for record in program.passes)
