"""Splitting phases into directions and lowering quadratics keep the circuit."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.comparison import compare
from compiler.ions.sequences.powers import directions, polynomial_along
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.passes.registry import options_of, parse_passes
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import Profile, load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")
NO_SEARCH = SplitDirections(SynthesisOptions(effort=0.0))
FORM = sum(
    (Polynomial.monomial(key, c) for key, c in {(0, 1, 2): 0.3, (1, 2, 3): -0.2, (0, 3): 0.4, (2,): 0.1}.items()),
    Polynomial({}),
)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_passes_of_machines_keep_the_circuit(data):
    modes = data.draw(st.integers(1, 4))
    terms = Polynomial({})
    for _ in range(data.draw(st.integers(1, 4))):
        degree = data.draw(st.integers(1, 4))
        chosen = sorted(data.draw(st.integers(0, modes - 1)) for _ in range(degree))
        terms = terms + Polynomial.monomial(chosen, data.draw(st.floats(0.05, 0.5)))
    gates = (
        ops.Squeeze((0,), 0.2),
        ops.phase(terms),
        ops.Shear((0,), 0.3),
        ops.CubicPhase((modes - 1,), 0.1),
        ops.PhasePower((0,), 2, 0.2),
    )
    circuit = Circuit(modes, gates)
    for step in (SplitDirections(SynthesisOptions(effort=0.3)), LowerQuadratics()):
        once = step(circuit, load_profile("ideal-cubic")).circuit
        assert compare(circuit, once).equivalent
        again = step(once, load_profile("ideal-cubic")).circuit
        assert compare(once, again).equivalent and len(again.operations) == len(once.operations)


def test_without_a_search_directions_are_those_of_polarization():
    result = NO_SEARCH(Circuit(4, (ops.phase(FORM),)), IDEAL)
    linear, *curved = directions(FORM)
    kick = ops.Displacement(linear.modes, 0.0, HBAR * linear.phase.coefficients[1])
    gates = tuple(ops.phase(polynomial_along(d.modes, d.vector, d.phase)) for d in curved)
    assert result.circuit.operations == (kick, *gates)
    assert result.report == "1 phases became 10 along directions"


def test_the_search_takes_fewer_directions_and_says_so():
    circuit = Circuit(4, (ops.phase(FORM), ops.Squeeze((0,), 0.2), ops.CubicPhase((1,), 0.1)))
    result = SplitDirections()(circuit, IDEAL)
    kinds = [type(op).__name__ for op in result.circuit.operations]
    assert kinds == ["Displacement", *["PolynomialPhase"] * 6, "Squeeze", "PolynomialPhase"]
    assert result.report == "2 phases became 7 along directions (polarization: 11)"
    assert compare(circuit, result.circuit).equivalent
    assert result == SplitDirections()(circuit, IDEAL)
    again = SplitDirections()(result.circuit, IDEAL).circuit
    assert compare(circuit, again).equivalent and len(again.operations) == len(result.circuit.operations)


def test_the_cost_decides_phase_by_phase():
    """With a cost that counts gates, and those on modes 4 to 7 as gains, the phase there keeps its directions."""

    def cost(circuit):
        return sum(-1.0 if min(op.modes) >= 4 else 1.0 for op in circuit.operations)

    dear = FORM.relabel(lambda m: m + 4)
    circuit = Circuit(8, (ops.phase(FORM), ops.Squeeze((0,), 0.2), ops.phase(dear)))
    by_hand = NO_SEARCH(circuit, IDEAL).circuit
    chosen = SplitDirections(cost=cost)(circuit, IDEAL).circuit
    assert cost(chosen) < cost(by_hand) and compare(circuit, chosen).equivalent
    last = [op for op in by_hand.operations if min(op.modes) >= 4]
    assert [op for op in chosen.operations if min(op.modes) >= 4] == last
    assert SplitDirections(cost=lambda _: 1.0)(circuit, IDEAL).circuit == by_hand


def test_the_search_has_options():
    names = [option.name for option in options_of(SplitDirections)]
    assert {"effort", "seed", "strength_cap", "reach"} <= set(names) and "cost" not in names
    (step,) = parse_passes("split_directions{effort=0,reach=3}")
    assert step == SplitDirections(SynthesisOptions(effort=0.0), reach=3.0)


TRAP = load_profile("trapped-ion-motional")
NATIVE = SplitDirections(SynthesisOptions(effort=0.0), gaussian_gates=True)


def edges(*keys: tuple[int, ...], weight: float = 0.4) -> tuple[ops.Operation, ...]:
    """Hyperedge gates of one weight, one after another."""
    return tuple(ops.phase(Polynomial.monomial(key, weight)) for key in keys)


def kinds(circuit: Circuit) -> list[str]:
    return [type(op).__name__ for op in circuit.operations]


def test_phases_of_degree_two_become_gaussian_gates_where_the_profile_has_them():
    square = (ops.Shear((3,), 0.2), ops.PhasePower((3,), 2, 0.1), ops.PhasePower((2,), 1, 0.3))
    circuit = Circuit(5, (*edges((0, 1)), ops.ControlledZ((1, 2), 0.3), *square))
    result = NATIVE(circuit, TRAP)
    assert compare(circuit, result.circuit).equivalent
    assert set(kinds(result.circuit)) == {"BeamSplitter", "Shear", "Displacement"}
    assert result.report == "no degree above 2: 5 phases became Gaussian gates"
    again = NATIVE(result.circuit, TRAP).circuit
    assert compare(circuit, again).equivalent
    assert "PolynomialPhase" not in kinds(again) and "PolynomialPhase" in kinds(NO_SEARCH(circuit, TRAP).circuit)


def test_the_form_of_an_edge_that_takes_less_time_is_taken():
    """Part by part: a triangle by four beamsplitters in the place of six; five edges in a row each by its two."""
    row = [(k, k + 1) for k in range(3, 8)]
    triangle = sum((Polynomial.monomial(key, 0.4) for key in ((0, 1), (0, 2), (1, 2), *row)), Polynomial({}))
    found = NATIVE(Circuit(9, (ops.phase(triangle),)), TRAP).circuit
    splitters = [op.modes for op in found.operations if isinstance(op, ops.BeamSplitter)]
    assert len([pair for pair in splitters if max(pair) < 3]) == 4
    assert [pair for pair in splitters if max(pair) >= 3] == [pair for pair in row for _ in range(2)]
    controlled = Circuit(3, (*(ops.ControlledZ(key, 0.4) for key in ((0, 1), (2, 0), (1, 2))), ops.Shear((1,), 0.1)))
    joined = NATIVE(controlled, TRAP).circuit
    assert compare(controlled, joined).equivalent and kinds(joined).count("BeamSplitter") == 6  # the shear breaks ties
    assert kinds(NATIVE(Circuit(3, controlled.operations[:3]), TRAP).circuit).count("BeamSplitter") == 4


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_beamsplitters_on_states_that_they_do_not_change_are_left_out(data):
    """Some modes prepared, alike or not; then edges, and a gate in between; the proof takes what is left out."""
    n = data.draw(st.integers(2, 4))
    start = [
        ops.PrepareSqueezed((m,), data.draw(st.sampled_from([-0.5, 0.3]))) for m in range(n) if data.draw(st.booleans())
    ]
    start += [
        ops.PrepareVacuum((m,))
        for m in range(n)
        if not any(op.modes == (m,) for op in start) and data.draw(st.booleans())
    ]
    start += data.draw(st.sampled_from([[], [ops.BeamSplitter((0, 1), 0.4)], [ops.BeamSplitter((1, 0), 0.4, 0.7)]]))
    pairs = st.lists(st.sampled_from(list(combinations(range(n), 2))), min_size=1, max_size=4)
    between = data.draw(st.sampled_from([(), (ops.Rotation((0,), 0.3),), (ops.Displacement((1,), 0.2, 0.1),)]))
    circuit = Circuit(n, (*start, *edges(*data.draw(pairs)), *between, *edges(*data.draw(pairs), weight=0.2)))
    assert compare(circuit, NATIVE(circuit, TRAP).circuit).equivalent


def test_a_graph_of_modes_squeezed_alike_takes_half_of_the_beamsplitters():
    keys = list(combinations(range(4), 2))

    def splitters(*squeezing: float) -> int:
        start = (ops.PrepareSqueezed((m,), r) for m, r in enumerate(squeezing))
        return kinds(NATIVE(Circuit(4, (*start, *edges(*keys))), TRAP).circuit).count("BeamSplitter")

    assert splitters(-0.5, -0.5, -0.5, -0.5) == 3 and splitters(0.0, 0.0, 0.0, 0.0) == 3
    assert splitters(-0.5, -0.5, -0.5, -0.4) > 3 and splitters() == 6
    late = (*(ops.PrepareSqueezed((m,), -0.5) for m in range(4)), ops.Rotation((0,), 0.3), *edges(*keys))
    assert kinds(NATIVE(Circuit(4, late), TRAP).circuit).count("BeamSplitter") > 3
    many = tuple(ops.PrepareSqueezed((m,), -0.5) for m in range(25))
    assert kinds(NATIVE(Circuit(25, (*many, *edges((0, 1)))), TRAP).circuit).count("BeamSplitter") == 2


def test_sequences_stay_where_gaussian_gates_do_not_do():
    curved = Circuit(3, edges((0, 1), (0, 1, 2)))
    strong = Circuit(2, edges((0, 1), weight=5.0))  # asinh(5 / 2) = 1.65, and the squeezers of the trap reach 1.486
    for circuit, profile in (
        (curved, TRAP),
        (strong, TRAP),
        (Circuit(2, edges((0, 1))), on_a_line()),
        (Circuit(2, edges((0, 1))), load_profile("trapped-ion-qscout")),
    ):
        result = NATIVE(circuit, profile)
        assert result == NO_SEARCH(circuit, profile) and "PolynomialPhase" in kinds(result.circuit)
    barely = Circuit(2, edges((0, 1), weight=4.1))
    assert "PolynomialPhase" not in kinds(NATIVE(barely, TRAP).circuit)
    free = Circuit(2, (ops.ControlledZ((0, 1), Polynomial.monomial(("s",))),), symbols=("s",))
    assert NATIVE(free, TRAP).circuit == free
    bent = Circuit(2, (ops.CubicPhase((0,), Polynomial.monomial(("s",))), *edges((0, 1))), symbols=("s",))
    assert NATIVE(bent, TRAP) == NO_SEARCH(bent, TRAP)


def on_a_line() -> Profile:
    """The trap with ten modes on a line."""
    most = {"value": 10, "source": "test", "date": "2026-11-30", "mark": "A"}
    data = {**TRAP.model_dump(mode="json"), "name": "a-line", "topology": {"kind": "line", "max_modes": most}}
    return profile_from_data(data, "test")
