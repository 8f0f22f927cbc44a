"""What could change a program and is not understood is refused with its line; what is too large is, at once."""

from time import perf_counter

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.imports.strawberryfields.script import read_script

HEAD = """import numpy as np
import strawberryfields as sf
from strawberryfields import ops
from strawberryfields.ops import *
prog = sf.Program(3)
"""

OUTSIDE = {
    "prog.locked = False": "the attribute 'locked' is assigned",
    "prog.circuit.clear()": "the attribute 'circuit' is not read",
    "import magic\nmagic.p = prog\nmagic.change()": "the attribute 'p' is assigned",
    "import magic\nmagic.d['p'] = prog\nmagic.change()": "such an assignment of an element",
    "type(prog).x = 1": "the attribute 'x' is assigned",
    "p = sf.program_utils.magic(prog)\np.change()": "strawberryfields.program_utils.magic is not followed",
    "class C:\n    with prog.context as q:\n        Sgate(1) | q[0]": "classdef is not followed",
    "import magic\n@magic.now\ndef f():\n    prog.x = 1": "functiondef is not followed",
    "import magic\n@magic.now\ndef f():\n    pass\nf(prog)": "functiondef is not followed",
    "class C:\n    def __init__(self, p):\n        p.x = 1\nC(prog)": "C is a function of the script",
    "sf.hbar = 1": "it changes strawberryfields.hbar",
    "ops.Sgate = ops.Rgate": "it changes strawberryfields.ops.Sgate",
    "np.pi = 3": "it changes numpy.pi",
    "def f(p):\n    with p.context as q:\n        Sgate(1) | q[0]\nf(prog)": "f is a function of the script",
    "def f():\n    global prog\n    prog = sf.Program(1)\nf()": "f is a function of the script",
    "def f():\n    sf.hbar = 1\nf()": "f is a function of the script",
    "f = lambda: prog\nf()": "lambda is a function of the script",
    "import magic\nmagic.change(prog)": "magic.change is not followed; it could change the program",
    "import magic\nmagic.change([{'p': prog}])": "magic.change is not followed; it could change the program",
    "list(map(lambda m: Sgate(1) | m, prog.register))": "the name 'map' is not defined",
    "for f in [lambda: prog]:\n    f()": "lambda is a function of the script",
    "import builtins\nbuiltins.exec('prog = 1')": "exec could change what names mean",
    "from builtins import eval as e\ne('prog')": "eval could change or end the script",
    "exec('prog = 1')": "exec could change what names mean",
    "setattr(prog, 'x', 1)": "setattr could change what names mean",
    "globals()['prog'] = 1": "globals could change what names mean",
    "exit()": "exit could change what names mean",
    "import sys\nsys.exit()": "it ends the script",
    "assert 1 > 2": "the assertion does not hold",
    "from magic import *": "the names that 'from magic import .' defines are not known",
    "while len(prog.register) < 3:\n    with prog.context as q:\n        Sgate(1) | q[0]": "while is not followed",
    "for x in magic:\n    with prog.context as q:\n        Sgate(1) | q[0]": "the name 'magic' is not defined",
    "if np.random.rand() < 0.5:\n    prog = sf.Program(2)": "a condition is not known",
    "with sf.Engine('gaussian') as e:\n    Sgate(1) | 0": "operations must stand in a block",
    "Sgate(1) | 0": "operations must be applied inside of",
    "sf.Program(prog)": "a program that continues another one is not read",
    "eng, q = sf.Engine(2)\nwith eng:\n    Sgate(1) | q[0]": "of Strawberry Fields before 0.11",
    "sf.Engine('gaussian').run(prog)\nwith prog.context as q:\n    Sgate(1) | q[0]": "no operations can follow line 6",
    "prog.compile(compiler='gaussian')\nwith prog.context as q:\n    Sgate(1) | q[0]": "no operations can follow",
    "sf.Engine('gaussian').run([prog, prog])": "several programs that run one after another",
    "prog = sf.Program(20000)": "a program must have 1 to 10000 modes",
    "prog = sf.load('x.xbb')\nwith prog.context as q:\n    Sgate(1) | q[0]": "strawberryfields.load is not followed",
}

INSIDE = {
    "Sgate(magic) | q[0]": "the name 'magic' is not defined",
    "Sgate(np.random.rand()) | q[0]": "numpy.random.rand is not followed",
    "Sgate(float(input())) | q[0]": "input is not followed",
    "Sgate(open('x')) | q[0]": "open is not followed",
    "Sgate(0.1) | q": "acts on 1 mode",
    "Sgate(0.1) | (q[0], q[0])": "distinct modes",
    "Sgate(0.1) | q[3]": "out of range",
    "Sgate(0.1) | 3": "mode 3 does not exist",
    "Sgate(0.1) | 'q'": "modes must stand right of",
    "Sgate | q[0]": "Sgate needs brackets",
    "Fouriergate | q[0]": "Fouriergate needs brackets",
    "MeasureX() | q[0]": "has its arguments already",
    "Sgate('0.1') | q[0]": "r must be a real number",
    "Sgate(True) | q[0]": "r must be a real number",
    "Sgate(r=0.1, s=2) | q[0]": "found 's'",
    "Sgate() | q[0]": "the argument r is missing",
    "Xgate(q[0].par) | q[1]": "the result of mode 0 is used before it is read",
    "MeasureX | q[0]; Xgate(sf.math.sin(q[0].par)) | q[1]": "sin of a readout is not a polynomial",
    "MeasureX | q[0]; Xgate(1 / q[0].par) | q[1]": "a quotient by a readout",
    "MeasureX | q[0]; Xgate(q[0].par ** 0.5) | q[1]": "exponent in 0..64",
    "MeasureX | q[0]; Xgate(q[0].par ** 999) | q[1]": "exponent in 0..64",
    "MeasureX | q[0]; Xgate(1j * q[0].par) | q[1]": "combined with real numbers",
    "MeasureX | q[0]; Interferometer([[q[0].par]]) | q[1]": "array of numbers",
    "MeasureX.H | q[0]": "the inverse is not read",
    "Del | q[0]; Sgate(1) | q[0]": "mode 0 does not exist, or was deleted",
    "Bosonic() | q[0]": "is not read",
    "magic(q[0])": "the name 'magic' is not defined",
    "import magic; magic.f(0.1)": "inside of the block of a program it could apply operations",
    "import magic; magic.Gate(0.1) | q[0]": "inside of the block of a program",
    "Sgate(1 / 0) | q[0]": "a division by zero",
    "Sgate(1e999) | q[0]": "a number is not finite",
    "Sgate(10.0 ** 999) | q[0]": "a number is not finite",
    "Sgate(9 ** 9 ** 9) | q[0]": "more than 1000 bits",
    "Sgate(1 << 9) | q[0]": "BinOp is not read",
    "Sgate((lambda: 1)()) | q[0]": "lambda",
    "Sgate(np.sqrt(-1.0)) | q[0]": "sqrt does not give a finite number",
    "Sgate(np.log(0)) | q[0]": "log does not give a finite number",
    "Sgate({1: 2}[3]) | q[0]": "the dictionary has no key",
    "x = [1]; x.append(x); Sgate(x) | q[0]": "nested too deeply|must be a real number",
    "x = np.zeros(2, dtype=int); x[0] = 0.5; Sgate(x[0]) | q[0]": "cannot be evaluated",
    "x = np.array([1.5], dtype=int); Sgate(x[0]) | q[0]": "an array cannot be evaluated",
    "x = np.array([1.5]).astype(int); Sgate(x[0]) | q[0]": "an array cannot be evaluated",
    "x = np.zeros(2); x[0] = 1j; Sgate(x[0]) | q[0]": "cannot be evaluated",
    "x = np.array([1, 2]); y = x.T; y[0] = 5; Sgate(x[0]) | q[0]": "may share its elements",
    "x = np.array([1, 2]); y = x.reshape(2, 1); x[0] = 5; Sgate(y[0, 0]) | q[0]": "may share its elements",
    "x = np.concatenate(([1], [2]), axis='x'); Sgate(x[0]) | q[0]": "numpy.concatenate cannot be evaluated",
    "x = np.ones(4); Sgate(x.item()) | q[0]": "item cannot be evaluated",
    "import math; Sgate(math.floor(np.ones(2))) | q[0]": "the argument of math.floor must be a real number",
    "x = np.ones(3); y = x[1:].T; x[0] = 5; Sgate(y[0]) | q[0]": "may share its elements",
    "x = np.array([2**40, 2**40]); Sgate(np.prod(x)) | q[0]": "an integer is too large",
    "x = np.array([2**62, 2**62]); Sgate((x + x)[0]) | q[0]": "an integer that is too large",
    "with prog.context as p: Sgate(1) | p[0]": "a block of a program stands inside",
}


@pytest.mark.parametrize("lines", OUTSIDE)
def test_lines_beside_the_block_that_could_change_the_program(lines):
    with pytest.raises(CircuitError, match=OUTSIDE[lines]) as refusal:
        read_script(HEAD + lines + "\nwith prog.context as q:\n    Rgate(0.1) | q[0]\n", "file.py")
    assert str(refusal.value).startswith("file.py") and str(refusal.value).isprintable()


@pytest.mark.parametrize("lines", INSIDE)
def test_lines_inside_of_the_block_that_are_not_understood(lines):
    with pytest.raises(CircuitError, match=INSIDE[lines]) as refusal:
        read_script(HEAD + "with prog.context as q:\n    " + lines + "\n", "file.py")
    assert str(refusal.value).startswith("file.py") and str(refusal.value).isprintable()


def test_a_refusal_names_the_line_and_shows_it():
    with pytest.raises(CircuitError) as refusal:
        read_script(HEAD + "with prog.context as q:\n    Sgate(0.1) | q[0]\n    Sgate(magic)  |  q[1]\n", "x.py")
    assert str(refusal.value) == "x.py line 8: the name 'magic' is not defined, in 'Sgate(magic) | q[1]'"


MAYBE = {
    "magic.shuffle(r)": "line 8 may have changed it",
    "np.random.shuffle(r)": "line 8 may have changed it",
    "magic.shuffle([r])": "line 8 may have changed it",
    "s = r\nmagic.shuffle(s)": "line 9 may have changed it",
    "r.sort()": "line 8 may have changed it",
    "try:\n    r[0] = 2\nexcept ValueError:\n    pass": "line 8 may have changed it",
    "def f():\n    r.append(1)\nf()": "line 10 may have changed it",
    "if magic.x:\n    r = [0.3]": "a condition is not known",
    "for r in magic.list:\n    pass": "a list is expected",
    "r[0] = magic.x": "an argument of an operation must be known|an array holds numbers",
    "r = [k for k in magic.list]": "a list is expected|not",
}


@pytest.mark.parametrize("lines", MAYBE)
def test_values_that_something_unknown_may_have_changed_are_not_used(lines):
    text = f"import magic\n{HEAD}r = [0.1, 0.2]\n{lines}\nwith prog.context as q:\n    Sgate(r[0]) | q[0]\n"
    with pytest.raises(CircuitError, match=MAYBE[lines]):
        read_script(text)
    with pytest.raises(CircuitError, match=MAYBE[lines]):
        read_script(text.replace("[0.1, 0.2]", "np.array([0.1, 0.2])[::1]"))
    other = text.replace("Sgate(r[0])", "Sgate(0.3)")
    assert read_script(other).circuit.operations[0].r == 0.3


@pytest.mark.parametrize("word", ["break", "continue"])
def test_loops_that_are_left_early_are_not_followed(word):
    loop = f"r = 0.1\nfor k in range(5):\n    if r > 0.3:\n        {word}\n    r = r + 0.1\n"
    with pytest.raises(CircuitError, match="a statement for is not followed"):
        read_script(f"{HEAD}{loop}with prog.context as q:\n    Sgate(r) | q[0]\n")


def test_parts_of_an_array_that_may_have_changed_are_not_used():
    text = f"import magic\n{HEAD}r = np.array([0.1, 0.2])\ns = r[1:]\nmagic.shuffle(r)\nwith prog.context as q:\n"
    with pytest.raises(CircuitError, match="line 9 may have changed it"):
        read_script(text + "    Sgate(s[0]) | q[0]\n")
    copied = text.replace("r[1:]", "r[1:].copy()") + "    Sgate(s[0]) | q[0]\n"
    assert read_script(copied).circuit.operations[0].r == 0.2
    other = text.replace("shuffle(r)", "shuffle(s)") + "    Sgate(r[0]) | q[0]\n"
    with pytest.raises(CircuitError, match="line 9 may have changed it"):
        read_script(other)


def test_showing_values_does_not_change_them():
    lines = "print(r, prog)\nimport matplotlib.pyplot as plt\nplt.plot(r)\nplt.rcParams['x'] = 1\nprog.print()\n"
    lines += "prog.draw_circuit()\nsf.io.save('x.xbb', prog)\nclass C:\n    'Text.'\n    def f(self):\n        pass\n"
    text = f"{HEAD}r = [0.1]\n{lines}with prog.context as q:\n    print(q)\n    Sgate(r[0]) | q[0]\n"
    assert read_script(text).circuit.operations[0].r == 0.1


LARGE = [
    "for i in range(10**9):\n    pass",
    "for i in range(10**5):\n    for j in range(10**5):\n        pass",
    "x = [0] * 10**9",
    "x = list(range(10**8))",
    "x = [i for i in range(10**8)]",
    "x = [[[0] * 1000] * 1000] * 1000\nx = np.array(x)",
    "x = np.zeros((10**4, 10**4))",
    "x = np.eye(10**6)",
    "x = np.kron(np.eye(100), np.eye(100))\nx = np.kron(x, x)",
    "x = np.ones(10**6)\nx = np.outer(x, x)",
    "x = np.linspace(0, 1, 10**9)",
    "x = np.arange(10**10)",
    "x = np.diag(np.ones(10**5))",
    "x = np.ones((3000, 3000))\nfor i in range(1000):\n    x = x @ x",
    "x = [1]\nfor i in range(100):\n    x = x + x",
    "x = 2\nfor i in range(100):\n    x = x * x",
    "x = 2\nfor i in range(100):\n    x = x ** x",
    "x = [i for i in range(1000)]\nfor i in range(10**6):\n    x = sum(x, 0) in x",
    "x = round(5, -(10**9))",
    "x = np.round([1, 2], -(10**9))",
    "x = [] * 10**30",
    "x = [1] * -(10**30)",
    "x = " + "-" * 50_000 + "1",
    "x = " + "(" * 50_000,
    "x = " + "1 + " * 50_000 + "1",
    "x = " + "[" * 90 + "]" * 90,
    "x = " + "9" * 5000,
]


@pytest.mark.parametrize("lines", LARGE, ids=[line[:40] for line in LARGE])
def test_what_is_too_large_is_refused_at_once(lines):
    start = perf_counter()
    with pytest.raises(CircuitError):
        read_script(f"{HEAD}{lines}\nwith prog.context as q:\n    Sgate(x) | q[0]\n")
    assert perf_counter() - start < 10.0  # as promised; some take a second


def test_too_many_words_are_refused():
    with pytest.raises(CircuitError, match="at most 1,000,000 words"):
        read_script("x = [" + "a," * 600_000 + "]")


def expression(rng, depth):
    """A random expression of numbers as Python text."""
    if depth == 0 or rng.random() < 0.2:
        return str(rng.choice(["2", "3", "0.5", "1.25", "7", "np.pi", "a", "b", "(1 + 2j)", "v[1]", "len(v)"]))
    left, right = expression(rng, depth - 1), expression(rng, depth - 1)
    kind = int(rng.integers(0, 8))
    if kind < 5:
        return f"({left} {rng.choice(['+', '-', '*', '/', '//', '%', '**'])} {right})"
    if kind == 5:
        return f"(-{left})"
    if kind == 6:
        return f"np.{rng.choice(['sin', 'cos', 'exp', 'sqrt', 'arctan', 'abs', 'tanh', 'real'])}({left})"
    return f"({left} if {right} else {expression(rng, depth - 1)})"


@pytest.mark.parametrize("seed", range(300))
def test_random_expressions_have_the_values_that_python_gives_them(seed):
    text = expression(np.random.default_rng(seed), 4)
    names = {"np": np, "a": 1.5, "b": -2, "v": [0.25, 0.75]}
    with np.errstate(all="ignore"):
        try:
            value = eval(text, dict(names))
            usable = (
                isinstance(value, (int, float, np.floating, np.integer))
                and np.isfinite(float(value))
                and value is not True
            )
        except (ArithmeticError, TypeError, ValueError):
            usable = False
    script = f"{HEAD}a = 1.5\nb = -2\nv = [0.25, 0.75]\nwith prog.context as q:\n    Rgate({text}) | q[0]\n"
    try:
        found = read_script(script).circuit.operations[0].theta
    except CircuitError as error:
        hidden = any(word in str(error) for word in ("finite real number", "is not defined for such", "bits", "real"))
        assert not usable or hidden, (text, error)
        return
    assert usable or np.iscomplexobj(value)
    assert found == pytest.approx(complex(value).real, rel=1e-12, abs=1e-300)
