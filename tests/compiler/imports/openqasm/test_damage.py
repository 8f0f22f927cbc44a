"""Damaged CV-OpenQASM texts, and texts that unfold into very much, are read or refused soon, with one line."""

from time import process_time

import numpy as np
import pytest
from cv_openqasm_texts import HEAD, read, samples
from damaged_files import SECONDS, at_most, read_damaged

from compiler.errors import CircuitError
from compiler.imports.openqasm.reader import read_cv_openqasm


def test_damaged_texts_are_read_or_refused(tmp_path):
    taken, refused, longest = read_damaged(read, samples(), tmp_path, 300, np.random.default_rng(1))
    assert taken > 5 and refused > 200 and longest < SECONDS


def test_texts_with_one_changed_character_are_read_or_refused(tmp_path):
    rng = np.random.default_rng(2)
    taken = 0
    for sample in samples():
        (text,) = (data.decode() for data in sample.values())
        for _ in range(40):
            at = int(rng.integers(len(text)))
            changed = text[:at] + "0123456789.()[]{};,+-*/abmqx_ \n"[int(rng.integers(31))] + text[at + 1 :]
            try:
                with at_most(SECONDS):
                    read_cv_openqasm(changed, "text")
                taken += 1
            except CircuitError as error:
                assert "\n" not in str(error)
    assert taken > 20


def chain(count, body):
    return "gate g0 a { cv_r(0.1) a; }\n" + "".join(
        f"gate g{i} a {{ {body.format(f'g{i - 1}')} }}\n" for i in range(1, count)
    )


RESULTS = "".join(f"float c{i} = measure_x m[0]; reset m[0];" for i in range(100))
SUM = f"float a = {' + '.join(f'c{i}' for i in range(100))};"

BOMBS = {
    "loop": "for int i in [0:1000000000] { cv_r(0.1) m[0]; }",
    "empty loop": "for int i in [0:1000000000] { }",
    "loops": "for int i in [0:999] for int j in [0:999] for int k in [0:999] cv_r(0.1) m;",
    "gates of gates": chain(12, "{0} a; " * 10) + "g11 m[0];",
    "gates of nothing": "gate g0 a { }\n" + chain(30, "{0} a; " * 10).split("\n", 1)[1] + "g29 m[0];",
    "deep gates": chain(200, "{0} a;") + "g199 m[0];",
    "power": "gate g a { cv_r(0.1) a; cv_sq(0.1, 0) a; } pow(1000000000) @ g m[0];",
    "powers": "pow(2000000000) @ " * 50 + "cv_r(0.1) m[0];",
    "recursion": "def f() -> float { return 1 + f(); } cv_r(f()) m[0];",
    "calls": "def f0() -> float { return 1; }\n"
    + "".join(f"def f{i}() -> float {{ return f{i - 1}() + f{i - 1}(); }}\n" for i in range(1, 35))
    + "cv_r(f34()) m[0];",
    "register": "qumode[1000000000] k;",
    "integer": "qumode[" + "9" * 4000 + "] k;",
    "longer integer": "qumode[" + "9" * 5000 + "] k;",
    "tower": "cv_r(9 ** 9 ** 9 ** 9) m[0];",
    "squares": "int b = 2; for int i in [0:1000] b = b * b; cv_r(b) m[0];",
    "squares of floats": "float b = 2; for int i in [0:1000] b = b * b; cv_r(b) m[0];",
    "squares of results": "float b = measure_x m[0]; for int i in [0:1000] b = b * b; cv_r(b) m[1];",
    "products": f"{RESULTS} {SUM} float d = 0; for int k in [0:100000] d = a * a; cv_r(d) m[1];",
    "power of a sum": f"{RESULTS} {SUM} cv_r(a ** 64) m[1];",
    "aliases": "let a0 = m;" + "".join(f"let a{i} = a{i - 1} ++ a{i - 1};" for i in range(1, 60)),
    "range": "cv_f m[0:99999999999];",
    "array": "array[float, 1000000000] a;",
    "arrays": "".join(f"array[float, 100000] a{i};" for i in range(100)),
    "names": "float c; for int i in [0:100000] { c = measure_x m[0]; reset m[0]; }",
    "comments": "/* " * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_texts_that_unfold_are_refused(name):
    start = process_time()
    with at_most(SECONDS), pytest.raises(CircuitError):
        read_cv_openqasm(f"{HEAD}qumode[4] m;\n{BOMBS[name]}", "text")
    assert process_time() - start < SECONDS


def test_powers_of_library_gates_cost_nothing():
    found = read_cv_openqasm(
        f"{HEAD}qumode[2] m;\npow(2000000001) @ cv_swap m[0], m[1]; pow(1000000) @ cv_r(0.5) m[0];"
    )
    swap, turn = found.circuit.operations
    assert swap.modes == (0, 1) and turn.theta == -500_000.0
