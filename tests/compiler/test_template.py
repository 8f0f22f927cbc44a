"""Templates: bound circuits are what compiling with the values gives, and are equal to their source for any values."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines_support import line
from slow_reference import truly_equal

from compiler.comparison import compare
from compiler.errors import CircuitError, NotMappableError
from compiler.exports.strawberryfields.program import to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import circuit_from_json, circuit_to_json
from compiler.pipeline import compile_circuit
from compiler.template import bound, compile_template
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, Shift, UnitCell
from qumode_khrnn.network.cell_templates import CellTemplates
from qumode_khrnn.network.hypergraph import Hyperedge

IDEAL = load_profile("ideal-cubic")
CELL = Circuit(
    4,
    (
        ops.phase(Polynomial.monomial((0, 1, 2, "w")) + Polynomial.monomial((0, 1, "v"), 0.5)),
        ops.Displacement((1,), Polynomial.monomial(("d",)), 0.0),
        ops.Shear((2,), Polynomial.monomial(("s",))),
        ops.PrepareSqueezed((3,), -1.0),
        ops.ControlledX((3, 0), -1.0),
        ops.Homodyne((3,), np.pi / 2, "y"),
    ),
    (3,),
    ("w", "v", "d", "s"),
)
values = st.fixed_dictionaries({name: st.floats(-2, 2, allow_subnormal=False) for name in CELL.symbols})


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-cubic", "ideal-teleported"])
@given(chosen=values)
@settings(max_examples=20, deadline=None)
def test_a_bound_template_is_its_source(profile, chosen):
    template = TEMPLATES[profile]
    native = Circuit(template.circuit.modes, template.bind(chosen), template.circuit.ancillas)
    assert compare(bound(CELL, chosen), native).equivalent
    assert all(template.profile.is_native(type(op).__name__) for op in native.operations)


TEMPLATES = {
    name: compile_template(CELL, load_profile(name)) for name in ("ideal-cubic", "photonic-cubic", "ideal-teleported")
}


def test_binding_places_modes_and_results():
    template = TEMPLATES["ideal-cubic"]
    given_values = {"w": 0.3, "v": 0.1, "d": 0.2, "s": 0.4}
    placed = Circuit(9, template.bind(given_values, (7, 2, 5, 8), {"y": "y12"}))
    moved = tuple(
        type(op)(tuple((7, 2, 5, 8)[m] for m in op.modes), **op.parameters()) for op in template.bind(given_values)
    )
    assert placed.results == ("y12",)
    assert [op for op in placed.operations if not isinstance(op, ops.Homodyne)] == [
        op for op in moved if not isinstance(op, ops.Homodyne)
    ]


def test_an_edge_costs_what_compiling_it_costs():
    edge = Circuit(3, (ops.phase(Polynomial.monomial((0, 1, 2, "w"))),), symbols=("w",))
    template = compile_template(edge, IDEAL)
    direct = compile_circuit(bound(edge, {"w": 0.3}), IDEAL).circuit.operations
    assert len(template.bind({"w": 0.3})) == len(direct) == 12
    assert template.bind({"w": 0.0}) == tuple(
        op for op in template.bind({"w": 1.0}) if isinstance(op, ops.BeamSplitter)
    )


def test_four_edges_have_templates_too():
    edge = Circuit(5, (ops.phase(Polynomial.monomial((0, 1, 2, 3, "w"))),), symbols=("w",))
    native = Circuit(5, compile_template(edge, IDEAL).bind({"w": -0.7}))
    assert truly_equal(bound(edge, {"w": -0.7}), native)


def test_what_is_not_native_is_refused_before_it_is_bound():
    kerr = Circuit(1, (ops.Kerr((0,), 0.1), ops.Rotation((0,), Polynomial.monomial(("w",)))), symbols=("w",))
    with pytest.raises(NotMappableError, match="Kerr does not exist"):
        compile_template(kerr, IDEAL)


def test_powers_with_symbols_are_lowered_as_polynomials():
    quartic = Circuit(1, (ops.PhasePower((0,), 4, Polynomial.monomial(("w",))),), symbols=("w",))
    template = compile_template(quartic, IDEAL)
    made = Circuit(template.circuit.modes, template.bind({"w": 0.3}), template.circuit.ancillas)
    assert {type(op) for op in made.operations} == {ops.CubicPhase, ops.Rotation, ops.BeamSplitter}
    assert compare(Circuit(1, (ops.PhasePower((0,), 4, 0.3),)), made).equivalent


def test_values_are_required():
    template = TEMPLATES["ideal-cubic"]
    with pytest.raises(CircuitError, match="'v' needs a finite value"):
        template.bind({"w": 0.3, "d": 0.0, "s": 0.0})
    with pytest.raises(CircuitError, match="finite"):
        template.bind({"w": float("nan"), "v": 0.0, "d": 0.0, "s": 0.0})
    with pytest.raises(CircuitError, match="4 modes"):
        template.bind({"w": 0.3, "v": 0.0, "d": 0.0, "s": 0.0}, (0, 1))


def test_symbols_survive_files_and_are_refused_by_exports():
    assert circuit_from_json(circuit_to_json(CELL)) == CELL
    with pytest.raises(CircuitError, match="need values"):
        to_strawberryfields(CELL)
    with pytest.raises(CircuitError, match="distinct names"):
        Circuit(1, symbols=("w", "w"))
    with pytest.raises(CircuitError, match="before it is measured"):
        Circuit(1, (ops.Shear((0,), Polynomial.monomial(("w",))),))


@pytest.mark.parametrize("profile", ["ideal-cubic", "ideal-teleported"])
def test_cells_are_compiled_once_a_shape(profile):
    network = Network(6, 1.0, 1.0)
    cells = CellTemplates(network, load_profile(profile))
    rng = np.random.default_rng(3)
    operations, sources = [], []
    for t in range(12):
        a, b, c, d = (int(m) for m in rng.permutation(6)[:4])
        size = (2, 3, 4)[t % 3]
        edge = Hyperedge((a, b, c, d)[:size], float(rng.normal()))
        cell = UnitCell((edge,), (Shift(edge.modes[0], 0.3),), Readout("p" if t % 2 else "x", edge.modes[-1]))
        operations += cells.operations(cell, f"y{t}")
        sources.append(cell)
    logical = network.circuit(sources, prepare=False)
    native = Circuit(cells.modes, tuple(operations), tuple(range(6, cells.modes)))
    assert compare(logical, native).equivalent
    assert len(cells.templates) == 6 and cells.residual < 1e-11


def test_powers_and_sums_of_symbols_are_evaluated():
    """w = -0.3, v = 0.4: w^2 / 2 = 0.045, w + v = 0.1, 2 w v + v^3 = -0.176."""
    cubed = Polynomial.monomial((0, 0, 0, "w", "w"), 0.5)
    pair = Polynomial.monomial((0, 1, "w")) + Polynomial.monomial((0, 1, "v"))
    shear = Polynomial.monomial(("w", "v"), 2.0) + Polynomial.monomial(("v",) * 3)
    circuit = Circuit(2, (ops.phase(cubed + pair), ops.Shear((1,), shear)), symbols=("w", "v"))
    chosen = {"w": -0.3, "v": 0.4}
    byhand = Polynomial.monomial((0, 0, 0), 0.045) + Polynomial.monomial((0, 1), 0.1)
    expected = Circuit(2, (ops.phase(byhand), ops.Shear((1,), -0.176)))
    assert truly_equal(bound(circuit, chosen), expected)
    assert truly_equal(Circuit(2, compile_template(circuit, IDEAL).bind(chosen)), expected)
    with pytest.raises(CircuitError, match="overflows float64"):
        bound(circuit, {"w": 1e200, "v": 0.0})


def test_results_are_renamed_where_modes_stay():
    given_values = dict.fromkeys(CELL.symbols, 0.2)
    plain, named = (TEMPLATES["ideal-cubic"].bind(given_values, results=r) for r in (None, {"y": "y7"}))
    changed = [(a, b) for a, b in zip(plain, named, strict=True) if a != b]
    assert changed == [(ops.Homodyne((3,), np.pi / 2, "y"), ops.Homodyne((3,), np.pi / 2, "y7"))]


@pytest.mark.parametrize("gate", [ops.ControlledX, ops.ControlledZ, ops.Shear])
def test_gates_without_strength_are_left_out(gate):
    modes = (0,) if gate is ops.Shear else (0, 1)
    circuit = Circuit(2, (gate(modes, Polynomial.monomial(("s",))),), symbols=("s",))
    profile = load_profile("photonic-cubic")
    assert not profile.is_native(gate.__name__)
    for name in ("photonic-cubic", "ideal-cubic"):
        template = compile_template(circuit, load_profile(name))
        assert template.bind({"s": 0.0}) == ()
        assert truly_equal(Circuit(2, template.bind({"s": -0.7})), Circuit(2, (gate(modes, -0.7),)))


def test_a_template_keeps_the_worst_of_its_verdicts(monkeypatch):
    residuals = iter((2e-14, 3e-13, 1e-14))

    def judged(source, native):
        assert not source.symbols and not native.symbols
        return replace(compare(source, native), residual=next(residuals))

    monkeypatch.setattr("compiler.template.verified", judged)
    assert compile_template(CELL, IDEAL).verification.residual == 3e-13
    assert next(residuals, None) is None  # three bindings were compared


@pytest.mark.parametrize("profile", [line(4), line(4, "ring"), load_profile("trapped-ion-motional")])
def test_machines_that_lay_out_whole_programs_have_no_templates(profile):
    edge = Circuit(2, (ops.phase(Polynomial.monomial((0, 1, "w"))),), symbols=("w",))
    with pytest.raises(NotMappableError, match="it places a program as a whole"):
        compile_template(edge, profile)
