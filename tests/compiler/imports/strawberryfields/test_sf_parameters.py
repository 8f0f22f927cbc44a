"""Free and measured parameters of Strawberry Fields' programs: bound, unbound, polynomial or refused."""

import numpy as np
import pytest
from strawberryfields_programs import assert_same_state, engine_moments, forget_symbols, sf_program

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.gaussian_state import prepared_state
from compiler.template import bound

A, B = (Polynomial.monomial((name,)) for name in "ab")


def free_program():
    sf = strawberryfields()
    program = sf.Program(2)
    a, b, c = program.params("a", "b", "c")
    with program.context as q:
        sf.ops.Squeezed(a) | q[0]
        sf.ops.Dgate(a * b + 0.5, 0.3) | q[0]
        sf.ops.Sgate(b, a) | q[1]
        sf.ops.BSgate(a**2, 2 * b) | (q[0], q[1])
        sf.ops.Pgate(c).H | q[1]
    return program


def test_unbound_parameters_are_symbols():
    circuit = from_strawberryfields(free_program())
    assert circuit.symbols == ("a", "b", "c")
    values = {"a": 0.3, "b": -0.4, "c": 0.7}
    wanted = engine_moments(free_program(), values)
    assert_same_state(prepared_state(bound(circuit, values)), wanted)


def test_parameters_are_bound_by_the_program_by_values_or_by_defaults():
    values = {"a": 0.3, "b": -0.4, "c": 0.7}
    wanted = engine_moments(free_program(), values)
    program = free_program()
    program.bind_params({"a": 0.3})
    program.params("c").default = 0.7
    assert from_strawberryfields(program).symbols == ("b",)
    circuit = from_strawberryfields(program, values={"b": -0.4})
    assert not circuit.symbols
    assert_same_state(prepared_state(circuit), wanted)
    # values given here come first, as those of an engine's run do
    assert_same_state(prepared_state(from_strawberryfields(program, values={**values, "a": 0.3})), wanted)
    other = from_strawberryfields(program, values={**values, "a": 0.9})
    assert np.abs(prepared_state(other).cov - wanted.cov).max() > 0.1


def test_a_value_for_no_parameter_is_refused():
    with pytest.raises(CircuitError, match=r"no free parameter 'd'; it has \['a', 'b', 'c'\]"):
        from_strawberryfields(free_program(), values={"d": 1.0})


def test_values_are_told_apart_where_programs_share_a_parameter():
    """Sympy hands out one object for equal names, so that a second program rebinds the first; values do not."""
    sf = strawberryfields()
    programs = []
    for _ in range(2):
        program = sf.Program(1)
        a = program.params("a")
        with program.context as q:
            sf.ops.Xgate(2 * a + 0.1) | q[0]
        programs.append(program)
    programs[1].bind_params({"a": 0.9})
    assert programs[0].params("a").val == 0.9
    assert from_strawberryfields(programs[0], values={"a": 0.3}).operations == (ops.Displacement((0,), 0.7, 0.0),)


def test_expressions_of_results_are_multiplied_out():
    def body(o, q):
        o.MeasureX | q[0]
        o.MeasureP | q[1]
        x, p = q[0].par, q[1].par
        o.Xgate((x + p) ** 2 / 4 - np.sqrt(2) * x) | q[2]

    circuit = from_strawberryfields(sf_program(3, body))
    move = circuit.operations[-1].x
    for x, p in ((0.3, -0.7), (1.1, 0.4)):
        assert move.evaluate({"m0": x, "m1": p}) == pytest.approx((x + p) ** 2 / 4 - np.sqrt(2) * x)


def test_free_and_measured_parameters_multiply():
    sf = strawberryfields()
    forget_symbols()
    program = sf.Program(2)
    gain = program.params("gain")
    with program.context as q:
        sf.ops.MeasureX | q[0]
        sf.ops.Zgate(gain * q[0].par) | q[1]
    circuit = from_strawberryfields(program)
    kick = Polynomial.monomial(("m0", "gain"))
    wanted = (ops.Homodyne((0,), 0.0, "m0"), ops.Displacement((1,), 0.0, kick))
    assert circuit == Circuit(2, wanted, symbols=("gain",))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            lambda m, a: strawberryfields().math.sin(m),
            r"sin\(q0\) is not read: parameters must be polynomials in results",
        ),
        (lambda m, a: strawberryfields().math.exp(a), r"exp\(\{a\}\) is not read: .* bind the free parameters first"),
        (lambda m, a: m**0.5, "is not read: parameters must be polynomials"),
        (lambda m, a: 1 / m, "is not read: parameters must be polynomials"),
        (lambda m, a: 1j * m, "its coefficients must be real"),
        (lambda m, a: abs(m), "is not read: parameters must be polynomials"),
        (lambda m, a: m + strawberryfields().math.sqrt(-1), "its coefficients must be real"),
    ],
)
def test_what_is_no_polynomial_is_refused_by_name(value, message):
    sf = strawberryfields()
    forget_symbols()
    program = sf.Program(2)
    a = program.params("a")
    with program.context as q:
        sf.ops.MeasureX | q[0]
        sf.ops.Xgate(value(q[0].par, a)) | q[1]
    with pytest.raises(CircuitError, match=message) as found:
        from_strawberryfields(program)
    assert "command 1: Xgate" in str(found.value) and "\n" not in str(found.value)


def test_symbols_where_a_number_is_needed_say_that_they_must_be_bound():
    sf = strawberryfields()
    program = sf.Program(1)
    with program.context as q:
        sf.ops.LossChannel(program.params("t")) | q[0]
    with pytest.raises(CircuitError, match=r"T must be a number here, found .*: bind free parameters first"):
        from_strawberryfields(program)
    assert from_strawberryfields(program, values={"t": 0.5}).operations == (ops.Loss((0,), 0.5),)


def test_arrays_with_symbols_are_refused():
    sf = strawberryfields()
    program = sf.Program(2)
    a = program.params("a")
    with program.context as q:
        sf.ops.Ket(np.array([a, 1.0])) | q[0]
    with pytest.raises(CircuitError, match="an array must hold numbers"):
        from_strawberryfields(program)


def test_what_is_no_program_is_refused():
    with pytest.raises(CircuitError, match=r"a strawberryfields\.Program is read, found int"):
        from_strawberryfields(3)


def test_ancillas_are_passed_on():
    program = sf_program(3, lambda o, q: (o.MeasureHD | q[0], o.MeasureX | q[2]))
    assert from_strawberryfields(program, (2,)).ancillas == (2, 3)


def test_numbers_of_sympy_are_numbers():
    math = strawberryfields().math
    program = sf_program(1, lambda o, q: o.Rgate(math.atan(1.0)) | q[0])
    assert compare(from_strawberryfields(program), Circuit(1, (ops.Rotation((0,), np.pi / 4),))).equivalent
