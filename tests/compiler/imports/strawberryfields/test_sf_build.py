"""The table of Strawberry Fields' operations: complete, with its signatures; arguments, inverses and refusals."""

import inspect
from math import pi

import numpy as np
import pytest
from strawberryfields_programs import engine_moments, haar, run, sf_program

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.calls import Call
from compiler.imports.strawberryfields import build, from_strawberryfields, part_of_result, strawberryfields
from compiler.imports.strawberryfields import operations as table
from compiler.imports.strawberryfields.arguments import REQUIRED
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial
from compiler.semantics.gaussian_state import prepared_state

KEPT_AS_ATTRIBUTES = {"Del", "New"}
"""Names that are objects or functions there, not classes with a signature."""


def built(*calls, modes=2, symbols=()):
    return build(calls, modes, symbols).circuit.operations


def test_every_operation_of_strawberry_fields_is_read_or_refused():
    sf = strawberryfields()
    classes = {
        name
        for name, kind in vars(sf.ops).items()
        if inspect.isclass(kind) and issubclass(kind, sf.ops.Operation) and kind.__module__ == "strawberryfields.ops"
    }
    families = {"Operation", "Preparation", "Measurement", "Decomposition", "Transformation", "Channel", "Gate"}
    names = (classes | set(sf.ops.__all__)) - families - {"MetaOperation"}
    known = {*table.READ, *table.REFUSED, *table.ALIASES}
    assert len(names) > 50 and names <= known
    compilers = {
        name for kind in sf.compilers.compiler_db.values() for name in (*kind.primitives, *kind.decompositions)
    }
    assert compilers <= known


@pytest.mark.parametrize("name", sorted({*table.TABLE, *table.EMBEDDINGS, *table.STATEFUL} - KEPT_AS_ATTRIBUTES))
def test_arguments_and_defaults_are_those_of_strawberry_fields(name):
    kind = getattr(strawberryfields().ops, name)
    entry = table.TABLE.get(name) or table.EMBEDDINGS.get(name) or table.STATEFUL[name]
    wanted = list(inspect.signature(kind.__init__).parameters.values())[1:]
    assert [a.name for a in entry.arguments] == [p.name for p in wanted]
    for argument, parameter in zip(entry.arguments, wanted, strict=True):
        if (name, argument.name) == ("GaussianTransform", "tol"):
            continue  # 1e-10 there; it is not used here
        default = REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
        assert argument.default == default
    if kind.ns is not None and name != "Gaussian":
        assert entry.arity == (kind.ns if name not in ("Ggate", "PassiveChannel", *table.DECOMPOSITIONS) else None)


def test_short_names():
    found = built(Call("Vac", (0,)), Call("Fourier", (0,)), Call("MeasureX", (0,)), Call("MeasureP", (1,)))
    assert found == (
        ops.PrepareVacuum((0,)),
        ops.Rotation((0,), pi / 2),
        ops.Homodyne((0,), 0.0, "m0"),
        ops.Homodyne((1,), pi / 2, "m1"),
    )


def test_numbers_of_every_kind_are_taken():
    import sympy

    for value in (0.5, np.float32(0.5), np.array(0.5), sympy.Float(0.5), sympy.Rational(1, 2), 0.5 + 0j, "x"):
        call = Call("Xgate", (0,), (Polynomial.monomial(("x",)),) if value == "x" else (value,))
        (op,) = built(call, symbols=("x",))
        assert isinstance(op, ops.Displacement)
        assert op.x == (Polynomial.monomial(("x",)) if value == "x" else 0.5)
    (op,) = built(Call("Rgate", (0,), (sympy.pi / 2,)))
    assert op == ops.Rotation((0,), pi / 2)
    assert built(Call("Fock", (0,), (2.0,))) == (ops.PrepareFock((0,), 2),)
    assert built(Call("Xgate", (0,), (Polynomial.constant(0.5),))) == (ops.Displacement((0,), 0.5, 0.0),)


def test_keywords_and_positional_arguments():
    keyword = built(Call("DisplacedSqueezed", (0,), (0.3,), {"r_s": 0.5, "phi_s": 0.6}))
    assert keyword == built(Call("DisplacedSqueezed", (0,), (0.3, 0.0, 0.5, 0.6)))
    assert built(Call("MeasureHomodyne", (0,), (), {"phi": 0.1, "select": 0.2})) == (ops.PostSelect((0,), 0.1, 0.2),)


def test_a_single_shot_is_told_by_any_kind_of_truth_value():
    for call in (
        Call("MSgate", (0,), (0.3,), {"avg": np.bool_(False)}),
        Call("MSgate", (0,), (0.3, 0.0, 10.0, 1.0, np.bool_(False))),
    ):
        assert build([call], 1).circuit.results == ("m0_anc",)
    with pytest.raises(CircuitError, match="avg must be True or False, found '0'"):
        built(Call("MSgate", (0,), (0.3,), {"avg": 0}))


def test_half_turns_leave_exact_zeros():
    assert built(Call("Dgate", (0,), (0.3, pi / 2))) == (ops.Displacement((0,), 0.0, 0.6),)
    assert built(Call("Sgate", (0,), (0.3, pi))) == (ops.Squeeze((0,), -0.3),)
    assert built(Call("Squeezed", (0,), (0.3, -pi))) == (ops.PrepareSqueezed((0,), -0.3),)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (Call("Sgate", (0,), (0.4,), {"angle": 1}), "takes the arguments r, phi, found 'angle'"),
        (Call("Sgate", (0,), (0.4, 0.1, 0.2)), "takes the arguments r, phi, found 3 positional"),
        (Call("Sgate", (0,), (0.4,), {"r": 1}), "the argument r is given twice"),
        (Call("Sgate", (0,)), "the argument r is missing"),
        (Call("MeasureX", (0,), (0.1,)), "takes no arguments; write MeasureHomodyne"),
        (Call("Teleport", (0,)), "is not an operation of Strawberry Fields that is read; known: BSgate"),
        (Call("Bosonic", (0,)), "is not read: a sum of Gaussian functions"),
        (Call("All", (0,)), "write them out"),
        (Call("BSgate", (0,)), r"acts on 2 mode\(s\), found \[0\]"),
        (Call("BSgate", (0, 0)), "needs distinct modes"),
        (Call("Rgate", (2,), (0.1,)), r"modes must lie in 0..1, found 2"),
        (Call("Interferometer", (), (np.eye(2),)), "needs at least one mode"),
        (Call("Dgate", (0,), (1 + 2j,)), "takes magnitude and phase separately"),
        (Call("Dgate", (0,), (float("nan"),)), "finite"),
        (Call("Rgate", (0,), (None,)), "theta must be a real number, found None"),
        (Call("Rgate", (0,), (True,)), "theta must be a real number, found True"),
        (Call("Kgate", (0,), (Polynomial.monomial(("a",)),)), "kappa must be a number here, found .* bind free param"),
        (Call("Xgate", (0,), (Polynomial.monomial(("b",)),)), "'b' is neither a free parameter nor the result"),
        (Call("Xgate", (0,), (Polynomial.monomial((1,)),)), "the result of mode 1 is used before it is read"),
        (Call("LossChannel", (0,), (1.2,)), r"must lie in \[0, 1\]"),
        (Call("Thermal", (0,), (-0.1,)), "the number of photons must be >= 0"),
        (Call("PassiveChannel", (0,), (1.2,)), "must not amplify"),
        (Call("PassiveChannel", (0,), (np.eye(2),)), "a matrix of 1 rows is needed, found 2"),
        (Call("Interferometer", (0, 1), (np.eye(2) * 1.1,)), "must be unitary"),
        (Call("Interferometer", (0, 1), ("U",)), "U must be an array of numbers, found 'U'"),
        (Call("Interferometer", (0, 1), (np.ones((2, 3)),)), "must be a square matrix"),
        (Call("GaussianTransform", (0,), (np.diag([1.0, 2.0]),)), "must be symplectic"),
        (Call("GaussianTransform", (0,), (np.eye(2), 1)), "vacuum must be True or False"),
        (Call("Gaussian", (0,), (np.diag([0.5, 0.5]),)), "must obey the uncertainty relation"),
        (Call("Gaussian", (0,), (np.diag([-1.0, 1.0]),)), "must be positive definite"),
        (Call("Gaussian", (0,), (np.eye(2), [1.0])), "2 means are needed"),
        (Call("Gaussian", (0,), (np.eye(2) * (1 + 1j),)), "V must be real"),
        (
            Call("GraphEmbed", (0, 1), (np.array([[0, 1], [2, 0]]),)),
            "Strawberry Fields refuses the matrix: The matrix is not sym",
        ),
        (Call("MSgate", (0,), (0.3, 0.0, 1.0, 0.0)), r"eta_anc must lie in \(0, 1\]"),
        (Call("MSgate", (0,), (400.0,)), "a number leaves the range of float64"),
        (Call("MSgate", (0,), (0.3, 0.0, 1.0, 1.0, np.ones(2))), "avg must be True or False"),
        (Call("LossChannel", (0,), (0.5,), inverse=True), "the inverse is not read: Strawberry Fields has no inverse"),
        (Call("MZgate", (0, 1), (0.1, 0.2), inverse=True), "apply different gates for it"),
    ],
)
def test_refusals_are_one_line_that_says_where(call, message):
    with pytest.raises(CircuitError, match=message) as found:
        build([Call("Vacuum", (0,)), call], 2, ("a",), "a tool")
    text = str(found.value)
    assert "\n" not in text and text.startswith(f"a tool: operation 1: {call.name}: ")


def test_where_a_call_stands_is_said():
    with pytest.raises(CircuitError, match="XIR: line 7: Sgate: the argument r is missing"):
        build([Call("Sgate", (0,), where="line 7")], 1, tool="XIR")


def test_a_deleted_mode_is_not_used():
    with pytest.raises(CircuitError, match="mode 0 was deleted"):
        built(Call("Del", (0,)), Call("Xgate", (0,), (0.1,)))


def test_a_free_parameter_with_the_name_of_a_result_is_refused():
    with pytest.raises(CircuitError, match="'m0' has the name of a result; rename it"):
        built(Call("MeasureX", (0,)), symbols=("m0",))


def test_parts_of_a_real_result():
    calls = [Call("MeasureX", (0,))]
    for imaginary in (False, True):
        value = Polynomial.monomial((part_of_result(0, imaginary=imaginary),), 2.0)
        calls.append(Call("Xgate", (1,), (value,)))
    assert built(*calls)[1:] == (
        ops.Displacement((1,), Polynomial.monomial(("m0",), 2.0), 0.0),
        ops.Displacement((1,), 0.0, 0.0),
    )


def test_the_engines_disagree_on_what_is_refused_or_noted_of_the_mach_zehnder_gate():
    """Its inverse; and phi_in = 0, which the Fock engine leaves out and the Gaussian engine does not."""

    def means(body):
        program = sf_program(2, lambda o, q: (o.Dgate(0.3, 0.2) | q[0], o.Dgate(0.4, 0.8) | q[1], body(o, q)))
        state = run(program, "fock", cutoff_dim=12)[1].state
        fock = [state.quad_expectation(i, a)[0] for a in (0, pi / 2) for i in range(2)]
        return np.abs(np.array(fock) - engine_moments(program).mean).max(), program

    assert means(lambda o, q: o.MZgate(0.3, 0.4) | (q[0], q[1]))[0] < 1e-6
    assert means(lambda o, q: o.MZgate(0.3, 0.4).H | (q[0], q[1]))[0] > 0.1
    off, program = means(lambda o, q: o.MZgate(0, 0.4) | (q[0], q[1]))
    assert off > 0.1
    calls = [Call("MZgate", (0, 1), (0.0, 0.4))]
    assert "leaves it out" in build(calls, 2).notes[0]
    assert from_strawberryfields(program).operations[-4:] == build(calls, 2).circuit.operations


@pytest.mark.parametrize(
    "call",
    [
        Call("S2gate", (0, 1), (0.3, 0.4)),
        Call("sMZgate", (0, 1), (0.3, 0.4)),
        Call("Sgate", (1,), (0.3, 0.4)),
        Call("CZgate", (0, 1), (0.3,)),
        Call("Vgate", (1,), (0.3,)),
        Call("Dgate", (1,), (0.3, 0.4)),
    ],
)
def test_an_inverse_undoes_its_gate(call):
    undone = build([call, Call(call.name, call.modes, call.args, inverse=True)], 2).circuit
    assert compare(undone, build([], 2).circuit).equivalent


def test_an_interferometer_of_one_mode_is_a_rotation():
    (op,) = built(Call("Interferometer", (1,), (np.exp(0.3j),)))
    assert isinstance(op, ops.Rotation) and op.theta == pytest.approx(0.3)
    (op,) = built(Call("Interferometer", (1, 0), (haar(2, 1),)))
    assert isinstance(op, ops.Interferometer) and op.modes == (1, 0)


def test_ggate_leaves_the_means_that_the_tensorflow_engine_left():
    """Means and variances of ``Dgate(0.2, 0.1)`` and then `Ggate`, from the engine ``tf`` at cutoff 20.

    TensorFlow is not imported in tests; the numbers are from 2026-11-29.
    """
    c, s = np.cos(0.4), np.sin(0.4)
    symplectic = np.array([[c, -s], [s, c]]) @ np.diag([np.exp(0.3), np.exp(-0.3)])
    calls = [Call("Dgate", (0,), (0.2, 0.1)), Call("Ggate", (0,), (symplectic, np.array([0.3, -0.4])))]
    state = prepared_state(build(calls, 1).circuit)
    # the engine computes in single precision
    np.testing.assert_allclose(state.mean, [0.7833161354064941, -0.16353854537010193], atol=1e-6)
    np.testing.assert_allclose(state.cov.diagonal(), [1.6290262937545776, 0.7419043779373169], atol=1e-5)
