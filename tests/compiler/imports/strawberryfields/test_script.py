"""Scripts are read as Python and Strawberry Fields themselves make programs of them: each is run here, and compared."""

import warnings

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields, texts
from compiler.imports.strawberryfields.script import pieces, read_script
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

HEAD = """import numpy as np
import strawberryfields as sf
from strawberryfields import ops
from strawberryfields.ops import *

prog = sf.Program(4)
"""


def in_block(lines, before=""):
    """A script with these lines in the block of its program."""
    body = "\n".join(f"    {line}" for line in lines.strip("\n").split("\n"))
    return f"{HEAD}{before}\nwith prog.context as q:\n{body}\n"


def run_by_python(text):
    """The circuit of the program that Python makes of a script."""
    strawberryfields()
    names = {"__name__": "__main__"}
    exec(compile(text, "script", "exec"), names)
    return from_strawberryfields(names["prog"])


def rounded(circuit):
    """A circuit as text with 12 digits; sums of floats in another order differ in the last."""

    def shown(value):
        if isinstance(value, Polynomial):
            return sorted((str(key), f"{c:.12g}") for key, c in value.terms.items())
        if isinstance(value, str):
            return value
        return np.round(np.array(value), 12).tolist()

    return circuit.modes, [
        (type(op).__name__, op.modes, {key: shown(value) for key, value in op.parameters().items()})
        for op in circuit.operations
    ]


BLOCKS = {
    "gates": """
Sgate(0.3) | q[0]
ops.BSgate(0.1, 0.2) | (q[2], q[1])
sf.ops.Rgate(theta=0.5) | [q[3]]
BSgate() | (q[0], q[3])
""",
    "shorthands": """
Vac | q[0]
Fourier | q[1]
Fourier.H | q[2]
MeasureX | q[0]
ops.MeasureP | q[1]
MeasureHD | q[2]
""",
    "inverses": """
Sgate(0.3, 0.1).H | q[0]
S2gate(1).H | (q[0], q[1])
Rgate(0.4).H.H | q[1]
g = Pgate(0.2)
g.H | q[2]
""",
    "on all": """
All(Sgate(0.3)) | q
All(Rgate(0.1).H) | q[1:3]
Vacuum() | q[-1]
MeasureFock() | q
""",
    "modes by number": """
Sgate(0.3) | 2
BSgate(0.1, 0) | (3, 0)
BSgate(0.2, 0) | (q[1], 2)
""",
    "names of modes": """
a, b = q[0], q[1]
(c, d) = q[2:]
Sgate(0.1) | a
BSgate() | (b, d)
Rgate(1) | c
""",
    "readouts": """
MeasureX | q[0]
x = q[0].par
Xgate(2 * x - 0.5) | q[1]
Zgate(-x**2 / 4 + q[0].par * x) | q[2]
""",
    "read again": """
MeasureX | q[0]
x = q[0].par
Squeezed(0.4) | q[0]
MeasureP | q[0]
Xgate(x) | q[1]
""",
    "post-selection": """
MeasureHomodyne(0.2, select=0.5) | q[0]
Xgate(q[0].par) | q[1]
""",
    "new modes": """
new, = New(1)
Sgate(0.3) | new
Del | q[1]
more = New(2)
BSgate() | (more[0], q[0])
Rgate(0.5) | new
""",
    "loops": """
for i in range(1, 4, 2):
    Sgate(0.1 * i) | q[i]
for w, r in zip(q, [0.1, 0.2]):
    Rgate(r) | w
""",
    "nested loops": """
for i in range(3):
    for j in range(i + 1, 4):
        if (i + j) % 2 == 0 and i != 1:
            CZgate(i - j) | (q[i], q[j])
""",
    "conditions": """
n = len(q)
if n > 3:
    Sgate(0.1) | q[0]
elif n == 2:
    Sgate(0.2) | q[0]
else:
    Sgate(0.3) | q[0]
""",
    "arrays": """
U = np.array([[1, 1j], [1j, 1]]) / np.sqrt(2)
Interferometer(U) | (q[0], q[2])
Interferometer(U.conj().T @ U) | q[:2]
""",
    "array elements": """
t = np.linspace(0, 1, 5)
t[1:3] *= 2
t[-1] = 0.3
for k, v in enumerate(t[::2]):
    Rgate(v) | q[k]
""",
    "shared elements": """
t = np.zeros(4)
u = t[1:]
u[0] = 0.7
w = t
w += 0.1
for k in range(4):
    Rgate(t[k]) | q[k]
""",
    "lists": """
p = []
for k in range(4):
    p.append(0.1 * k)
s = p
s += [0.9]
p[0] = p[-1]
for k in range(4):
    Rgate(p[k]) | q[k]
""",
    "comprehensions": """
p = [[0.1 * i + j for j in range(2)] for i in range(4) if i != 2]
i = 3
s = sum([i for i in range(3)])
Rgate(s + 0.1 * i) | q[0]
for k, (a, b) in enumerate(p):
    Dgate(a, b) | q[k]
""",
    "dictionaries": """
d = {'r': 0.2, 'phi': 0.3}
d['r'] *= 2
Sgate(**d) | q[0]
args = (0.1, 0.2)
BSgate(*args) | q[:2]
""",
    "matrices": """
K = np.kron(np.eye(2), np.array([[0, 1], [1, 0]]))
Interferometer(K) | q
Gaussian(np.diag([2.0, 1, 1, 2.0])) | q[:2]
""",
    "states": """
Fock(2) | q[0]
Ket([0.6, 0.8j]) | q[1]
GKP(state=[0.3, 0.1], epsilon=0.2) | q[2]
Catstate(0.5, p=1) | q[3]
""",
    "noise": """
LossChannel(0.9) | q[0]
ThermalLossChannel(0.8, 0.3) | q[1]
MSgate(0.3, 0.1, 1.2, 0.9) | q[2]
Thermal(0.2) | q[3]
""",
    "numbers": """
r = 1_0e-1
r -= 0.5 % 0.3
Sgate(abs(-r) ** 0.5 // 0.25) | q[0]
Rgate(7 // 2 * 1.5) | q[1]
Pgate(round(0.456, 1)) | q[2]
""",
    "complex numbers": """
a = 0.3 + 0.4j
Dgate(abs(a), np.angle(a)) | q[0]
Xgate(a.real) | q[1]
Zgate((a * a.conjugate()).real) | q[2]
""",
    "assertions": """
assert len(q) == 4 and 1 in (1, 2) and not 3 > 4
Sgate(0.1) | q[0]
""",
    "hbar": """
Xgate(np.sqrt(sf.hbar)) | q[0]
""",
    "conditional expressions": """
Sgate(0.1 if len(q) == 4 else 0.2) | q[0]
Rgate(max(0.1, min(0.5, 0.3)) + sum([0.1, 0.2])) | q[1]
""",
    "chained names": """
a = b = 0.25
r: float = a + b
Sgate(r) | q[0]
""",
    "printing": """
print(f'modes {len(q)}', q)
Sgate(0.1) | q[0]
None
""",
}
"""Lines inside of the block of a program of four modes, by what they show."""


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_read_as_python_runs_them(name):
    text = in_block(BLOCKS[name])
    circuit = read_script(text).circuit
    assert rounded(circuit) == rounded(run_by_python(text))
    assert circuit.operations


SCRIPTS = {
    "names of its own": """
from strawberryfields import Program as P
import strawberryfields.ops as o
from numpy import pi, sqrt as root
import math, cmath
n = 2
prog = P(num_subsystems=n, name="x" * 3)
with prog.context as (left, right):
    o.Sgate(root(2) * pi / 4) | left
    o.Rgate(math.atan2(1, 2) + math.floor(2.5)) | right
    o.Dgate(abs(cmath.exp(1j)), cmath.phase(1j)) | left
""",
    "two blocks": """
import strawberryfields as sf
prog = sf.Program(2)
with prog.context as q:
    sf.ops.Sgate(0.1) | q[0]
r = 0.3
with prog.context:
    sf.ops.Rgate(r) | q[1]
""",
    "main guard": """
import strawberryfields as sf
if __name__ == "__main__":
    prog = sf.Program(1)
    with prog.context as q:
        sf.ops.Sgate(0.1) | q[0]
""",
    "modes of the register": """
import strawberryfields as sf
from strawberryfields.ops import Sgate
prog = sf.Program(3)
q = prog.register
with prog.context:
    for mode in range(prog.num_subsystems):
        Sgate(0.1 * q[mode].ind) | q[mode]
""",
    "functions that are not used": """
import strawberryfields as sf
def unused(q):
    sf.ops.Sgate(1.0) | q[0]
class Unused:
    pass
prog = sf.Program(1)
with prog.context as q:
    sf.ops.Rgate(0.2) | q[0]
""",
    "loops beside the program": """
import strawberryfields as sf
from strawberryfields.ops import *
angles = []
while len(angles) < 3:
    angles = angles + [1]
    break
angles = [0.1, 0.2]
prog = sf.Program(2)
with prog.context as q:
    for w, angle in zip(q, angles):
        Rgate(angle) | w
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_read_as_python_runs_them(name):
    assert rounded(read_script(SCRIPTS[name]).circuit) == rounded(run_by_python(SCRIPTS[name]))


def test_free_parameters_stay_free_or_take_the_values_of_the_run():
    text = in_block(
        "Sgate(a) | q[0]\nRgate(2 * b**3 - 0.5) | q[1]\nZgate(a * b) | q[2]",
        'a = prog.params("a")\nb, = [prog.params("b")]',
    )
    free = read_script(text).circuit
    assert free.symbols == ("a", "b")
    assert free.operations[2].p == Polynomial.monomial(("a", "b"))
    values = {
        'eng = sf.Engine("gaussian")\nresult = eng.run(prog, args={"a": 0.3, "b": 0.25})': (0.3, 0.25),
        "prog.bind_params({a: 0.3, b: 0.25})": (0.3, 0.25),
        'for _ in range(2):\n    sf.Engine("gaussian").run(prog, args=dict(a=0.1, b=1))': (0.1, 1.0),
    }
    for line, (a, b) in values.items():
        read = read_script(f"{text}{line}\n")
        assert read.circuit == Circuit(
            4, (ops.Squeeze((0,), a), ops.Rotation((1,), 2 * b**3 - 0.5), ops.Displacement((2,), 0.0, a * b))
        )
        assert any(f"a = {a:g}, b = {b:g}" in note for note in read.notes)
    several = read_script(
        text + 'e = sf.Engine("gaussian")\nfor x in [0.1, 0.2]:\n    e.run(prog, args={"a": x, "b": x})\n'
    )
    assert several.circuit == free and any("stay free" in note for note in several.notes)
    with pytest.raises(CircuitError, match="no free parameter 'c'"):
        read_script(text + "prog.bind_params({'c': 0.3})\n")


def test_parts_of_a_complex_result():
    lines = "MeasureHD | q[0]\nXgate(sf.math.re(q[0].par) + 0.5) | q[1]\nZgate(2 * sf.math.im(q[0].par)) | q[2]"
    text = in_block(lines)
    assert rounded(read_script(text).circuit) == rounded(run_by_python(text))
    with pytest.raises(CircuitError, match="complex; use the re or im"):
        read_script(in_block("MeasureHD | q[0]\nXgate(q[0].par) | q[1]"))


def test_lines_beside_the_program_are_named_in_one_note():
    text = (
        in_block("Sgate(0.1) | q[0]")
        + """
import matplotlib.pyplot as plt
eng = sf.Engine("gaussian")
state = eng.run(prog, shots=1).state
x = np.linspace(-5, 5, 100)
for mode in range(2):
    plt.plot(x, state.x_quad_values(mode, x, x))
def fidelity(state):
    return state.fidelity_vacuum()
print(fidelity(state))
try:
    import nothing
except ImportError:
    pass
results = [state.mean_photon(k) for k in range(2)]
with open("out.txt", "w") as file:
    file.write(str(results))
plt.show()
"""
    )
    read = read_script(text)
    assert read.circuit == Circuit(4, (ops.Squeeze((0,), 0.1),))
    assert read.notes == ("lines 12, 13, 16, 19 to 27 do not change the program and were passed over",)


def test_python_s_warnings_about_a_script_are_not_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_script(HEAD + 'x = "\\d"\n').circuit == Circuit(4)


def test_the_program_that_is_run_is_meant():
    two = (
        HEAD
        + "other = sf.Program(1)\n"
        + "".join(f"with {name}.context as q:\n    Sgate({r}) | q[0]\n" for name, r in (("prog", 0.1), ("other", 0.2)))
    )
    with pytest.raises(CircuitError, match="programs in lines 6, 7; keep one of them"):
        read_script(two)
    read = read_script(two + "sf.Engine('gaussian').run(other)\n")
    assert read.circuit == Circuit(1, (ops.Squeeze((0,), 0.2),))
    assert "the program of line 7 is read; that of line 6 is not run" in read.notes
    empty = read_script(two.replace("    Sgate(0.1) | q[0]", "    pass"))
    assert empty.circuit.modes == 1
    with pytest.raises(CircuitError, match="the script must make a program"):
        read_script("x = 1\n")
    assert read_script(HEAD).circuit == Circuit(4)


def test_long_blocks_are_read_piece_by_piece(monkeypatch):
    lines = "\n".join(f"Rgate({k}e-3) | q[{k % 4}]" if k % 7 else "# a remark" for k in range(200))
    text = in_block(f"w = q\n{lines}\nnew, = New(1)\n{lines}\nSgate(1) | q[-1]") + "after = 1\n"
    whole = read_script(text)
    monkeypatch.setattr(pieces, "MAX_WORDS", 2_000)
    monkeypatch.setattr(texts, "MAX_WORDS", 2_000)
    monkeypatch.setattr(pieces, "LINES", 50)
    read = read_script(text)
    assert read == whole and len(read.circuit.operations) > 300
    with pytest.raises(CircuitError, match=r"line 411: mode 9 does not exist"):
        read_script(text.replace("Sgate(1) | q[-1]", "Sgate(1) | 9"))
    assert read_script(text.replace("Rgate(1e-3)", "Rgate(\n    1e-3)", 1)).circuit == whole.circuit
    with pytest.raises(CircuitError, match="at most 2,000 words"):
        read_script(text.replace("# a remark", '"""a remark"""', 1))
