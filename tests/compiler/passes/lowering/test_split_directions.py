"""Splitting phases into directions and lowering quadratics keep the circuit."""

from __future__ import annotations

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
from hardware_profiles import load_profile

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
