"""Strawberry Fields and Blackbird exports: conversions pinned numerically, round trips, refusals."""

import subprocess
import sys
import warnings
from math import pi

import numpy as np
import pytest
from absent_packages import needs
from slow_reference import random_circuit

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.strawberryfields.blackbird import to_blackbird
from compiler.exports.strawberryfields.program import from_strawberryfields, strawberryfields, to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from compiler.semantics.phase_space import push
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


@needs("strawberryfields")
def test_strawberry_fields_comes_without_tensorflow():
    """PyTorch builds with Triton crash in a process that has loaded TensorFlow."""
    code = "import sys; from compiler.exports.strawberryfields.program import strawberryfields as load; load()\n"
    code += "sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("seed", range(12))
def test_gaussian_gates_mean_the_same_in_strawberry_fields(seed):
    rng = np.random.default_rng(seed)
    gates = tuple(op for op in random_circuit(rng, 3, 14).operations if op.gaussian)
    circuit = Circuit(3, (*gates, ops.Shear((1,), 0.4), ops.BeamSplitter((2, 0), 0.7, 0.2)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = strawberryfields().Engine("gaussian").run(to_strawberryfields(circuit)).state
    basis = np.hstack([np.zeros((6, 1)), np.eye(6)])
    pushed = push(circuit, basis[:3], basis[3:], lambda m, k: (basis[0], basis[0]))
    out = np.vstack([pushed.x, pushed.p])
    linear = out[:, 1:] - out[:, :1]
    np.testing.assert_allclose(state.cov(), linear @ linear.T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(state.means(), out[:, 0], rtol=1e-9, atol=1e-9)


def test_cubic_gate_and_homodyne_angle_mean_the_same():
    # <p> of CubicPhase(g) on the vacuum is g, and var p is 1 + 2 g^2 (hbar = 2); a small g converges fast
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = strawberryfields().Engine("fock", backend_options={"cutoff_dim": 40})
        state = engine.run(to_strawberryfields(Circuit(1, (ops.CubicPhase((0,), 0.1),)))).state
    mean, variance = state.quad_expectation(0, pi / 2)
    assert mean == pytest.approx(0.1, abs=1e-4)
    assert variance == pytest.approx(1.02, abs=1e-3)
    program = to_strawberryfields(Circuit(1, (ops.Homodyne((0,), 0.3, "y"),)))
    assert program.circuit[0].op.p[0] == 0.3


@pytest.mark.parametrize("seed", range(10))
def test_blackbird_round_trip_of_compiled_circuits(seed):
    rng = np.random.default_rng(seed)
    edge = ops.phase(Polynomial.monomial((0, 1, 2), 0.3))
    read = (
        ops.PrepareSqueezed((3,), -1.0),
        ops.ControlledX((3, 0), -1.0),
        ops.Homodyne((3,), pi / 2, "first"),
        ops.Displacement((1,), Polynomial.monomial(("first", "first"), 0.5), 0.25),
        ops.PrepareSqueezed((3,), 1.0),
        ops.ControlledX((1, 3), 1.0),
        ops.Homodyne((3,), 0.0, "second"),
    )
    circuit = Circuit(6, (*random_circuit(rng, 3, 6).operations, edge, *read), (3,))
    native = compile_circuit(circuit, IDEAL).circuit
    text = to_blackbird(native)  # compares what it reloads
    assert text.count("Vgate") == sum(isinstance(op, ops.CubicPhase) for op in native.operations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reloaded = from_strawberryfields(strawberryfields().io.loads(text))
    assert reloaded.modes == 4  # Blackbird loses the unused trailing modes
    swap = {"first": "m3", "second": "m3_1"}  # both readouts are of mode 3
    renamed = []
    for op in native.operations:
        if isinstance(op, ops.Homodyne):
            renamed.append(ops.Homodyne(op.modes, op.angle, swap[op.result]))
        elif isinstance(op, ops.Displacement) and isinstance(op.x, Polynomial):
            renamed.append(ops.Displacement(op.modes, op.x.relabel(swap.__getitem__), op.p))
        else:
            renamed.append(op)
    assert compare(Circuit(4, tuple(renamed), (3,)), Circuit(4, reloaded.operations, (3,))).equivalent


def test_wires_are_ascending_and_loss_survives():
    circuit = Circuit(3, (ops.BeamSplitter((2, 0), 0.3, 0.4), ops.ControlledX((1, 0), 0.2), ops.Loss((1,), 0.9)))
    program = to_strawberryfields(circuit)
    wires = [[register.ind for register in command.reg] for command in program.circuit]
    assert len(wires) >= 3 and all(modes == sorted(modes) for modes in wires)
    assert "LossChannel(0.9)" in to_blackbird(circuit)


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (Circuit(2, (ops.phase(Polynomial.monomial((0, 1), 0.1)),)), "compile it first"),
        (Circuit(1, (ops.PhasePower((0,), 4, 0.1),)), "cubic"),
        (
            Circuit(
                2,
                (
                    ops.Homodyne((0,), 0.0, "a"),
                    ops.PrepareVacuum((0,)),
                    ops.Homodyne((0,), 0.0, "b"),
                    ops.Displacement((1,), Polynomial.monomial(("a",)), 0.0),
                ),
            ),
            "overwritten",
        ),
    ],
)
def test_what_has_no_form_is_refused(circuit, message):
    with pytest.raises(CircuitError, match=message):
        to_strawberryfields(circuit)


def test_inverse_gates_are_read():
    sf = strawberryfields()
    program = sf.Program(2)
    with program.context as q:
        sf.ops.BSgate(0.3, 0.4).H | (q[0], q[1])
        sf.ops.Sgate(0.2).H | q[0]
    expected = Circuit(2, (ops.BeamSplitter((0, 1), -0.3, 0.4), ops.Squeeze((0,), -0.2)))
    assert compare(from_strawberryfields(program), expected).equivalent


def test_parameters_that_are_no_polynomials_of_results_are_refused():
    sf = strawberryfields()
    free = sf.Program(1)
    with free.context as q:
        sf.ops.Sgate(sf.math.sin(free.params("a"))) | q[0]
    with pytest.raises(CircuitError, match="bind the free parameters first"):
        from_strawberryfields(free)
    bent = sf.Program(2)
    with bent.context as q:
        sf.ops.MeasureX | q[0]
        sf.ops.Xgate(sf.math.sin(q[0].par)) | q[1]
    with pytest.raises(CircuitError, match="polynomials"):
        from_strawberryfields(bent)


def test_a_measured_parameter_belongs_to_its_own_program():
    """Sympy forgets symbols before the expressions that hold them, and once gave those of an earlier program back."""
    import sympy

    square = Polynomial.monomial(("a", "a"), 0.5)
    circuit = Circuit(2, (ops.Homodyne((0,), 0.0, "a"), ops.Displacement((1,), square, 0.25)))
    programs = []
    for _ in range(3):
        programs.append(to_strawberryfields(circuit))
        for i in range(2000):
            sympy.Symbol(f"other{i}")
    assert [from_strawberryfields(program).operations for program in programs] == [
        from_strawberryfields(programs[0]).operations
    ] * 3
