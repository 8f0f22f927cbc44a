"""Values for symbols, noise left out, the vacuum as input: what each changes, and what it says."""

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.exchange.adjust import from_vacuum, require_values, summary, with_values, without_noise
from compiler.imports.calls import Imported
from compiler.ir import Circuit, Polynomial, phase
from compiler.ir import operations as ops

A, B = Polynomial.monomial(("a",)), Polynomial.monomial(("b",))


def test_some_symbols_get_values_and_others_stay():
    circuit = Circuit(1, (ops.Rotation((0,), A + B), ops.Squeeze((0,), 2.0 * A)), symbols=("a", "b"))
    found = with_values(Imported(circuit, "t", ("n",)), {"a": 0.25})
    assert found.circuit.symbols == ("b",) and found.notes == ("n",)
    assert found.circuit.operations == (ops.Rotation((0,), B + Polynomial.constant(0.25)), ops.Squeeze((0,), 0.5))
    require_values(with_values(found, {"b": 0.0}).circuit, "run")
    with pytest.raises(InputError, match=r"symbols b need values before the program can be run: give --bind b=0\.5"):
        require_values(found.circuit, "run")


@pytest.mark.parametrize(
    ("values", "message"),
    [({"c": 1.0}, "no symbol 'c': its symbols are a"), ({"a": float("inf")}, "needs a finite value, found inf")],
)
def test_wrong_values_are_refused(values, message):
    program = Imported(Circuit(1, (ops.Rotation((0,), A),), symbols=("a",)), "t")
    with pytest.raises(InputError, match=message):
        with_values(program, values)
    with pytest.raises(InputError, match="no symbol 'a': it has no symbols"):
        with_values(Imported(Circuit(1), "t"), {"a": 1.0})


def test_noise_is_left_out_with_a_count_by_kind():
    gates = (ops.Rotation((0,), 0.5), ops.Homodyne((0,), 0.0, "y"))
    noisy = (ops.Loss((0,), 0.9), gates[0], ops.Dephasing((0,), 0.1), ops.Loss((0,), 0.8), gates[1])
    found = without_noise(Imported(Circuit(1, noisy), "t", ("n",)))
    assert found.circuit.operations == gates
    assert found.notes == ("n", "3 noise channels of the file are left out: 2 Loss, 1 Dephasing")
    assert without_noise(found) == found


def test_the_vacuum_is_prepared_where_nothing_else_is():
    circuit = Circuit(3, (ops.PrepareSqueezed((0,), 0.5), phase(Polynomial.monomial((0, 2), 0.5))), (2,))
    note = "mode 2 is not prepared in the file and may carry any input state; --vacuum starts"
    found = from_vacuum(Imported(circuit, "t", (note, "n")))
    assert found.circuit.operations == (ops.PrepareVacuum((2,)), *circuit.operations)
    assert found.notes == ("n", "the vacuum is taken as input of modes 2 (--vacuum)")
    assert from_vacuum(found) == found


def test_a_summary_counts_and_names():
    circuit = Circuit(1, (ops.Rotation((0,), A), ops.Rotation((0,), np.pi)), symbols=("a",))
    assert summary(circuit) == "1 mode, 2 operations: 2 Rotation; no results; symbols a"
    assert summary(Circuit(0)) == "0 modes, 0 operations; no results"
    many = tuple(ops.Homodyne((m,), 0.0, f"y{m}") for m in range(20))
    assert summary(Circuit(20, many)).endswith(
        "results y0, y1, y2, y3, y4, y5, y6, y7, y8, y9, y10, y11, .. (20 in all)"
    )
