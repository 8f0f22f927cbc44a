"""Qubit versions against dense matrices, closed forms and the exact law."""

from collections import Counter
from itertools import pairwise, product
from math import erfc, exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, entropy

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase
from compiler.ir.polynomial import Polynomial
from compiler.qubits import (
    Grid,
    QubitPhase,
    QubitRead,
    QubitShift,
    modular_circuit,
    outcome,
    register_circuit,
    to_qasm3,
)
from compiler.qubits.grid import mode_reaches
from compiler.qubits.qasm import reloaded_differs
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.qubits import (
    DepolarisingNoise,
    convergence_table,
    register_law,
    sample_modular,
    sample_register,
    steps_of,
    violation_rates,
)
from qumode_khrnn.qubits.modular import matched_probe
from qumode_khrnn.qubits.registers import RegisterLaw
from simulations.laws.real import NormalLaw

SENTENCE = (
    EdgeToken((0, 1, 2), 1.0),
    EdgeToken((1, 3), 3.0),
    EdgeToken((0, 1, 2, 3), 1.0),
    ReadToken("p", 0),
    EdgeToken((0, 3), -1.0),
    ShiftToken(2, 1.0),
    EdgeToken((2,), 1.0),
    ReadToken("x", 1),
    EdgeToken((0, 2, 3), 2.0),
    ReadToken("p", 2),
    EdgeToken((0, 2, 3), 1.0),
    ReadToken("p", 0),
    ReadToken("p", 3),
)


# --- modular circuits ------------------------------------------------------------------------------------------------


def dense_law(tokens, modes):
    """Joint law of the answers by matrices on all modes; qudit formulas with d = 2, mode 0 the leftmost factor."""
    levels = np.array(list(product((0, 1), repeat=modes)))
    hadamard = np.array([[(-1) ** (y * z) for z in (0, 1)] for y in (0, 1)]) / sqrt(2)

    def on(mode, matrix):
        out = np.eye(1)
        for m in range(modes):
            out = np.kron(out, matrix if m == mode else np.eye(2))
        return out

    branches = {(): np.full(2**modes, 2 ** (-modes / 2), dtype=complex)}
    for token in tokens:
        if isinstance(token, EdgeToken):
            gate = np.diag(np.exp(2j * pi * token.weight * levels[:, list(token.modes)].prod(axis=1) / 2))
            branches = {key: gate @ state for key, state in branches.items()}
        elif isinstance(token, ShiftToken):
            gate = on(token.mode, np.roll(np.eye(2), int(token.amount), axis=0))
            branches = {key: gate @ state for key, state in branches.items()}
        else:
            basis = hadamard if token.quadrature == "p" else np.eye(2)
            projectors = [on(token.mode, np.outer(basis[y], basis[y])) for y in (0, 1)]
            branches = {(*key, y): projectors[y] @ state for key, state in branches.items() for y in (0, 1)}
    return {key: float(np.vdot(state, state).real) for key, state in branches.items()}


def counts_of(answers, keys):
    found = Counter(zip(*(column.tolist() for column in answers.values()), strict=True))
    return np.array([found[key] for key in keys])


def assert_follows(answers, law, shots):
    """Chi-square; false-failure rate 1e-4, with a fixed seed. Outcomes of probability 0 must not occur at all."""
    possible = [key for key, p in law.items() if p > 1e-12]
    counts = counts_of(answers, possible)
    assert counts.sum() == shots
    assert chisquare(counts, shots * np.array([law[key] for key in possible])).pvalue > 1e-4


def test_joint_answers_of_a_sentence_follow_dense_matrices():
    law = dense_law(SENTENCE, 4)
    assert len([p for p in law.values() if p > 1e-12]) > 8  # the sentence is not trivial
    answers = sample_modular(SENTENCE, 4, 100_000, seed=3)
    assert list(answers) == ["y3", "y7", "y9", "y11", "y12"]
    assert_follows(answers, law, 100_000)


def test_readouts_leave_the_eigenstate():
    tokens = (EdgeToken((0, 1), 1.0), *(ReadToken(q, 0) for q in "pppxxx"))
    answers = sample_modular(tokens, 2, 500, seed=1)
    assert (answers["y1"] == answers["y2"]).all() and (answers["y2"] == answers["y3"]).all()
    assert (answers["y4"] == answers["y6"]).all()
    assert 0 < answers["y3"].mean() < 1 and (answers["y3"] != answers["y4"]).any()


def test_triangle_has_odd_parity():
    tokens = (*(EdgeToken(e, 1.0) for e in ((0, 1), (1, 2), (0, 2))), *(ReadToken("p", m) for m in range(3)))
    answers = sample_modular(tokens, 3, 2000, seed=4)
    assert (sum(answers.values()) % 2 == 1).all()


def test_one_edge_of_three_modes():
    tokens = (EdgeToken((0, 1, 2), 1.0), *(ReadToken("p", m) for m in range(3)))
    law = {key: 9 / 16 if key == (0, 0, 0) else 1 / 16 for key in product((0, 1), repeat=3)}
    assert_follows(sample_modular(tokens, 3, 20_000, seed=5), law, 20_000)


def test_samples_repeat_with_their_seed():
    first, again, other = (sample_modular(SENTENCE, 4, 200, seed=s)["y3"].tolist() for s in (1, 1, 2))
    assert first == again != other


# --- noise -----------------------------------------------------------------------------------------------------------


def test_no_noise_is_ideal():
    assert_follows(sample_modular(SENTENCE, 4, 5000, 6, DepolarisingNoise(0.0, 0.0)), dense_law(SENTENCE, 4), 5000)
    (ideal,) = violation_rates([DepolarisingNoise(0.0, 0.0)])
    assert ideal.rate < 1e-12


def test_more_noise_more_violations():
    levels = [DepolarisingNoise(p / 10, p) for p in (0.0, 1e-3, 1e-2, 3e-2)]
    rates = [point.rate for point in violation_rates(levels)]
    assert all(a < b - 1e-3 for a, b in pairwise(rates))
    (mixed,) = violation_rates([DepolarisingNoise(3 / 4, 15 / 16)])
    assert mixed.rate == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("p1", [0.01, 0.1])
def test_noise_of_one_qubit_in_closed_form(p1):
    # H, Z, Z, H: each H is rz sx rz, each Z one rz. Eight errors, each of which shrinks the Bloch vector by 1 - 4 p / 3
    (point,) = violation_rates([DepolarisingNoise(p1, 0.0)], modes=1, order=1)
    assert point.rate == pytest.approx((1.0 - (1.0 - 4.0 * p1 / 3.0) ** 8) / 2.0, abs=1e-12)


def test_noise_of_two_qubits_in_closed_form():
    # CZ twice is H CX H twice on one qubit, errors on CX alone; a CX error flips the answer, read in p, of the control
    # if it holds Y or Z there: 8 of 15 Paulis. CX and H turn no error that does not flip into one that does here:
    # Z and Y errors of the other qubit after the first CX meet H, CX, H: X and Y errors pass a Z to mode 0
    p2 = 0.1
    (point,) = violation_rates([DepolarisingNoise(0.0, p2)], modes=2, order=2)
    flip = p2 * 8 / 15
    assert point.rate == pytest.approx(2 * flip * (1 - flip), abs=1e-12)


def test_sampled_noise_follows_the_density_matrix():
    noise = DepolarisingNoise(1e-3, 1e-2)
    (point,) = violation_rates([noise])
    tokens = matched_probe(4, 3)
    answers = sample_modular(tokens, 4, 4000, 7, noise)[f"y{len(tokens) - 1}"]
    # 4 standard errors: false-failure rate 6e-5
    assert answers.mean() == pytest.approx(point.rate, abs=4 * sqrt(point.rate * (1 - point.rate) / 4000))


# --- position registers, gate by gate --------------------------------------------------------------------------------


def wide(r=-1.0):
    """A state that is large everywhere on a small grid."""
    return lambda mode: ops.PrepareSqueezed((mode,), r)


def ket(circuit, qubits, spacings, style="controlled"):
    """State on the grid, index [j_0, j_1, ..]."""
    from qiskit.quantum_info import Statevector

    program = register_circuit(circuit, qubits, spacings, style)
    state = Statevector(program.quantum_circuit).data.reshape((2**qubits,) * circuit.modes)
    return state.transpose()  # qiskit's first index is the last register


def gaussian(grid, r):
    wave = np.exp(-(grid.positions() ** 2) / (4 * exp(-2 * r)))
    return wave / np.linalg.norm(wave)


def same_up_to_phase(found, expected):
    return abs(np.vdot(found, expected)) == pytest.approx(1.0, abs=1e-12) and np.allclose(
        found * np.vdot(found, expected), expected, atol=1e-10
    )


PHASES = [
    Polynomial.monomial((0, 1, 2), 0.3),
    Polynomial.monomial((0, 2), -1.1) + Polynomial.monomial((1,), 0.7),
    Polynomial.monomial((0, 0, 1), 0.4) + Polynomial.monomial((2, 2, 2), -0.2) + Polynomial.constant(0.9),
]


@pytest.mark.parametrize("style", ["controlled", "parity"])
@pytest.mark.parametrize("polynomial", PHASES)
def test_phases_are_exact_on_the_grid(polynomial, style):
    spacings = (0.5, 0.6, 0.45)
    prepared = tuple(map(wide(), range(3)))
    before = ket(Circuit(3, prepared), 3, spacings, style)
    after = ket(Circuit(3, (*prepared, phase(polynomial))), 3, spacings, style)
    x = np.meshgrid(*(Grid(3, dx).positions() for dx in spacings), indexing="ij")
    expected = np.exp(1j * polynomial.evaluate(dict(enumerate(x))) / 2.0)
    ratio = after / before / expected
    assert np.abs(before).min() > 1e-4
    assert np.abs(ratio / ratio[0, 0, 0] - 1.0).max() < 1e-10


def test_controlled_x_shifts_by_the_other_registers_value():
    # the control's spacing is twice the target's, so that its values are odd multiples of the target's spacing
    control, target, n = Grid(3, 0.8), Grid(3, 0.4), 8
    prepared = (wide()(0), wide(0.6)(1))
    found = ket(Circuit(2, (*prepared, ops.ControlledX((0, 1), 1.0))), 3, (0.8, 0.4))
    a, b = gaussian(control, -1.0), gaussian(target, 0.6)
    expected = np.zeros((n, n))
    for j, x in enumerate(control.positions()):
        for k in range(n):
            place = k + round(x / 0.4)
            expected[j, place % n] += a[j] * b[k] * (-1.0) ** (place // n)  # antiperiodic
    assert same_up_to_phase(found, expected)


@pytest.mark.parametrize("s", [1.0, -0.37])
def test_shifts_against_dense_fourier_transforms(s):
    control, target = Grid(3, 0.7), Grid(3, 0.5)
    fourier = np.exp(-0.5j * np.outer(target.momenta(), target.positions())) / sqrt(8)
    assert np.allclose(fourier @ fourier.conj().T, np.eye(8))

    def shifted(wave, by):
        return fourier.conj().T @ (np.exp(-0.5j * target.momenta() * by) * (fourier @ wave))

    a, b = gaussian(control, -1.0), gaussian(target, 0.3)
    prepared = (wide()(0), wide(0.3)(1))
    coupled = ket(Circuit(2, (*prepared, ops.ControlledX((0, 1), s))), 3, (0.7, 0.5))
    assert same_up_to_phase(coupled, np.array([a[j] * shifted(b, s * x) for j, x in enumerate(control.positions())]))
    moved = ket(Circuit(2, (*prepared, ops.Displacement((1,), s, 0.0))), 3, (0.7, 0.5))
    assert same_up_to_phase(moved, np.outer(a, shifted(b, s)))


def test_readouts_of_a_displaced_squeezed_state():
    prepared = (ops.PrepareSqueezed((0,), -0.7), ops.Displacement((0,), 0.8, 0.0))
    p = register_law(Circuit(1, (*prepared, ops.Homodyne((0,), pi / 2, "p"))), 6)
    x = register_law(Circuit(1, (*prepared, ops.Homodyne((0,), 0.0, "x"))), 6)
    assert p.probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    # six qubits leave 1e-12 outside; the rest is rounding
    assert (p.mean, p.variance) == pytest.approx((0.0, exp(-1.4)), abs=1e-9)
    assert (x.mean, x.variance) == pytest.approx((0.8, exp(1.4)), abs=1e-9)


def test_a_phase_linear_in_x_moves_p_upwards():
    kick = phase(Polynomial.monomial((0,), 0.9))
    law = register_law(Circuit(1, (ops.PrepareSqueezed((0,), 0.1), kick, ops.Homodyne((0,), pi / 2, "p"))), 6)
    assert law.mean == pytest.approx(0.9, abs=1e-9)


def test_answers_through_an_ancilla_used_twice():
    # two readouts of x: y_t = x + x_a, so var(y0 - y1) = 2 e^{-2 r_a} and cov(y0, y1) = e^{2 r}
    circuit = Network(1, 0.4, 0.3).circuit([UnitCell((), (), Readout("x", 0))] * 2)
    program = register_circuit(circuit, 4)
    assert program.quantum_circuit.count_ops()["reset"] == 4
    found = sample_register(circuit, 4, 3000, seed=11)
    # 5 standard errors of variances (relative error sqrt(2 / shots)): false-failure rate below 1e-5
    assert np.var(found["y0"] - found["y1"]) == pytest.approx(2 * exp(-0.6), rel=5 * sqrt(2 / 3000))
    assert np.var(found["y1"]) == pytest.approx(exp(0.8) + exp(-0.6), rel=5 * sqrt(2 / 3000))
    assert set(found["y0"]) <= set(program.values("y0"))


def test_bitstrings_mean_grid_values():
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), 0.0), ops.Homodyne((0,), pi / 2, "p")))
    program = register_circuit(circuit, 3, [0.5])
    step = 4 * pi / (8 * 0.5)  # 2 pi hbar / (N dx)
    assert [outcome(program, "p", bits) for bits in ("000", "011", "110")] == pytest.approx(
        [-3.5 * step, -0.5 * step, 2.5 * step]
    )
    for bits in ("00", "0200", "0b1"):
        with pytest.raises(InputError, match="binary digits"):
            outcome(program, "p", bits)
    with pytest.raises(InputError, match="no result 'q'"):
        outcome(program, "q", "000")


# --- the grid and its stated error -----------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [-0.8, 0.0, 0.5])
def test_spacing_and_stated_error_of_one_squeezed_mode(r):
    # both extents are z = sqrt(pi N) deviations to each side; the mass outside each is erfc(z / sqrt 2)
    program = register_circuit(Circuit(1, (ops.PrepareSqueezed((0,), r),)), 3)
    assert program.grids[0].spacing == pytest.approx(sqrt(4 * pi / 8) * exp(-r), rel=0.03)  # a cloud of 16384 points
    z = sqrt(pi * 8)
    assert 0.5 < program.outside / (2 * erfc(z / sqrt(2))) < 2.0


def test_reach_of_an_answer_through_an_ancilla():
    edge = phase(Polynomial.monomial((0, 1, 2), 0.3))
    read = UnitCell((), (), Readout("p", 0)).operations(3, 0.2, "y")
    circuit = Circuit(4, (*(ops.PrepareSqueezed((m,), -0.5) for m in range(3)), edge, *read))
    latent, *_, ancilla = mode_reaches(circuit)
    # y = p_0 + p_a with p_0 = p + w x_1 x_2, and x_0 - x_a; a cloud of 16384 points knows variances to a few percent
    assert ancilla.momenta[-1].deviation ** 2 == pytest.approx(exp(-1) + 0.09 * exp(2) + exp(-0.4), rel=0.05)
    assert ancilla.momenta[-1].degree == latent.momenta[-1].degree == 2
    assert latent.positions[-1].deviation ** 2 == pytest.approx(exp(1) + exp(0.4), rel=0.05)
    assert ancilla.momenta[0].deviation ** 2 == pytest.approx(exp(-0.4), rel=0.05)


def test_stated_error_is_the_mass_outside_of_both_extents():
    # too coarse a grid in p, x all inside: the momentum's tail is what is left
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), 0.0),))
    assert register_circuit(circuit, 4, [pi]).outside == pytest.approx(erfc(2 / sqrt(2)), rel=0.05)
    # the same for p = product of two positions, whose tail the estimate may exceed but must not fall below
    prepared = tuple(ops.PrepareSqueezed((m,), -2.0 if m == 0 else 0.0) for m in range(3))
    edge = phase(Polynomial.monomial((0, 1, 2), 1.0))
    circuit = Circuit(3, (*prepared, edge, ops.Homodyne((0,), pi / 2, "p")))
    stated = register_circuit(circuit, 8, [0.9, 0.12, 0.12]).outside
    x = np.random.default_rng(0).standard_normal((2, 1_000_000))
    assert 1.0 < stated / np.mean(np.abs(x[0] * x[1]) > 2 * pi / 0.9) < 20.0


def test_convergence_to_the_exact_law():
    rows = convergence_table((3, 4, 5))
    for readout, ancilla in (("direct", 0.0), ("ancilla", exp(-1.0))):
        mine = [row for row in rows if row.readout == readout]
        assert [row.qubits for row in mine] == [m * (3 if readout == "direct" else 4) for m in (3, 4, 5)]
        exact = exp(-1.0) + 0.3**2 * exp(2.0) + ancilla
        assert all(row.exact_variance == pytest.approx(exact, rel=1e-12) for row in mine)
        assert all(row.relative_error == pytest.approx(row.variance / exact - 1, abs=1e-12) for row in mine)
        for column in ([abs(r.relative_error) for r in mine], [r.distance for r in mine], [r.outside for r in mine]):
            assert column[0] > column[1] > column[2]
        assert abs(mine[-1].relative_error) < 2e-4
        assert mine[-1].distance < 0.011


def test_divergence_of_register_laws():
    law, values = NormalLaw(0.4, 1.3), np.linspace(-4.0, 4.0, 8)
    edges = 0.5 * (values[1:] + values[:-1])
    cells = np.diff([law.cdf(edge) for edge in edges], prepend=0.0, append=1.0)
    assert RegisterLaw(values, cells, 0.0).divergence(law) == pytest.approx(0.0, abs=1e-12)
    flat = RegisterLaw(values, np.full(8, 0.125), 0.0)
    assert flat.divergence(law) == pytest.approx(log(8) - entropy(cells), rel=1e-12)


# --- OpenQASM --------------------------------------------------------------------------------------------------------


@st.composite
def sentences(draw):
    modes = draw(st.integers(1, 4))
    steps = []
    for index in range(draw(st.integers(0, 8))):
        match draw(st.sampled_from("EXPQ")):
            case "E":
                on = draw(st.lists(st.integers(0, modes - 1), min_size=1, max_size=modes, unique=True))
                steps.append(QubitPhase(tuple(on), draw(st.integers(-2, 2))))
            case "X":
                steps.append(QubitShift(draw(st.integers(0, modes - 1)), draw(st.integers(-2, 2))))
            case letter:
                steps.append(QubitRead({"P": "p", "Q": "x"}[letter], draw(st.integers(0, modes - 1)), f"y{index}"))
    return modes, steps


@given(sentences())
def test_text_of_random_sentences_means_the_same(sentence):
    from qiskit import qasm3
    from qiskit.quantum_info import Operator

    modes, steps = sentence
    circuit = modular_circuit(modes, steps)
    text = to_qasm3(circuit)
    assert text == to_qasm3(modular_circuit(modes, steps))
    loaded = qasm3.loads(text)
    assert [r.name for r in loaded.cregs] == [step.result for step in steps if isinstance(step, QubitRead)]
    where = [
        [
            (c.find_bit(i.qubits[0]).index, c.find_bit(i.clbits[0]).index)
            for i in c.data
            if i.operation.name == "measure"
        ]
        for c in (circuit, loaded)
    ]
    assert where[0] == where[1]
    for c in (circuit, loaded):
        c.data = [i for i in c.data if i.operation.name != "measure"]
    assert Operator(loaded).equiv(Operator(circuit))


def test_text_of_a_register_means_the_same():
    from qiskit import qasm3
    from qiskit.quantum_info import Statevector

    edge = phase(Polynomial.monomial((0, 1), 0.3))
    operations = (*map(wide(), range(2)), edge, ops.ControlledX((0, 1), -1.0), ops.Displacement((0,), 0.2, 0.0))
    program = register_circuit(Circuit(2, (*operations, ops.Homodyne((0,), pi / 2, "p"))), 3)
    text = to_qasm3(program.quantum_circuit)
    assert "bit[3] p_0;" in text  # p is a gate of the language
    loaded, original = qasm3.loads(text), program.quantum_circuit
    states = [Statevector(c.remove_final_measurements(inplace=False)) for c in (loaded, original)]
    assert states[0].equiv(states[1])
    reused = Network(1, 0.4, 0.3).circuit([UnitCell((), (), Readout("p", 0))] * 2)
    assert to_qasm3(register_circuit(reused, 2).quantum_circuit).count("reset") == 2


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("cz mode[0], mode[1]", "cx mode[0], mode[1]", "instruction 2 cz became cx"),
        ("cz mode[0], mode[1]", "cz mode[1], mode[0]", "other arguments"),
        ("h mode[1];", "", "instructions became"),
        ("bit[1] y;", "bit[2] y;", "registers"),
    ],
)
def test_changed_text_is_noticed(old, new, reason):
    from qiskit import qasm3

    circuit = modular_circuit(2, [QubitPhase((0, 1), 1), QubitRead("x", 0, "yy")])
    text = qasm3.dumps(circuit)
    assert reloaded_differs(text, circuit) == ""
    old, new = old.replace(" y;", " yy;"), new.replace(" y;", " yy;")
    assert old in text
    assert reason in reloaded_differs(text.replace(old, new, 1), circuit)


def test_changed_angles_are_noticed():
    from qiskit import QuantumCircuit, qasm3

    circuit = QuantumCircuit(1)
    circuit.p(0.3, 0)
    assert reloaded_differs(qasm3.dumps(circuit), circuit) == ""
    assert "other arguments" in reloaded_differs(qasm3.dumps(circuit).replace("0.3", "0.30000001"), circuit)


def test_text_that_is_no_program():
    with pytest.raises(InputError, match="cannot be loaded"):
        reloaded_differs("OPENQASM 3.0; nonsense", modular_circuit(1, []))


# --- refusals --------------------------------------------------------------------------------------------------------

PREPARED = ops.PrepareSqueezed((0,), 0.1)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((PREPARED, ops.Rotation((0,), 0.3)), r"operation 1 Rotation\(mode 0\)"),
        ((ops.PrepareVacuum((0,)),), r"operation 0 PrepareVacuum\(mode 0\)"),
        ((PREPARED, ops.Loss((0,), 0.9)), r"operation 1 Loss\(mode 0\)"),
        ((PREPARED, ops.Displacement((0,), 0.1, 0.2)), "displacements must be in x alone, found p by 0.2"),
        ((PREPARED, ops.Homodyne((0,), 0.3, "y")), "angle of a readout must be 0 or pi/2, found 0.3"),
        ((ops.Homodyne((0,), 0.0, "y"),), "mode 0 carries an input"),
        ((PREPARED, ops.ControlledX((0, 1), 1.0)), "mode 1 carries an input"),
        (
            (
                PREPARED,
                ops.PrepareSqueezed((1,), 0.1),
                ops.Homodyne((0,), 0.0, "y"),
                ops.Displacement((1,), Polynomial.monomial(("y",), 1.0), 0.0),
            ),
            "depends on y",
        ),
    ],
)
def test_registers_refuse_what_they_cannot_carry_out(operations, message):
    with pytest.raises(InputError, match=message):
        register_circuit(Circuit(2, operations), 2)


def test_refusals_of_sizes_and_steps():
    one = Circuit(1, (PREPARED, ops.Homodyne((0,), 0.0, "y")))
    with pytest.raises(InputError, match=r"1\.\.12 qubits"):
        register_circuit(one, 13)
    with pytest.raises(InputError, match="as many spacings"):
        register_circuit(one, 2, [1.0, 1.0])
    with pytest.raises(InputError, match="spacing of a position register must be positive"):
        register_circuit(one, 2, [0.0])
    with pytest.raises(InputError, match="must have a readout, found none"):
        register_law(Circuit(1, (PREPARED,)), 3)
    with pytest.raises(InputError, match="mode 0 is prepared again"):
        register_law(one.then((PREPARED,)), 3)
    with pytest.raises(InputError, match="at most 26"):
        register_law(Circuit(9, tuple(wide()(m) for m in range(9))).then((ops.Homodyne((0,), 0.0, "y"),)), 3)
    with pytest.raises(InputError, match=r"modes must lie in 0\.\.1"):
        modular_circuit(2, [QubitShift(2, 1)])
    with pytest.raises(InputError, match="at least 1 mode"):
        modular_circuit(0, [])
    with pytest.raises(InputError, match="distinct"):
        QubitPhase((0, 0), 1)
    with pytest.raises(InputError, match='"x" or "p"'):
        QubitRead("z", 0, "y")
    with pytest.raises(InputError, match="the result 'y' exists already; choose another name"):
        modular_circuit(1, [QubitRead("x", 0, "y"), QubitRead("p", 0, "y")])
    with pytest.raises(InputError, match=r"token 1: the weight of a modular edge must be an integer, found 0\.5"):
        steps_of([ReadToken("p", 0), EdgeToken((0,), 0.5)])
    with pytest.raises(InputError, match="p2 must lie"):
        DepolarisingNoise(0.1, 1.0)
    with pytest.raises(InputError, match="at least 1 shot"):
        sample_modular([ReadToken("p", 0)], 1, 0, seed=1)
    with pytest.raises(InputError, match="at most 10 modes"):
        violation_rates([], modes=11)
    with pytest.raises(InputError, match=r"1\.\.3 modes"):
        matched_probe(3, 4)
