"""Programs of Piquasso: objects of its documented structure against its published formulas, and against the package.

Piquasso publishes what a gate does to ladder operators, ``a -> P a + A a^dagger + alpha``, in the docstrings of
``piquasso/instructions/gates.py``; the matrices below are those formulas.
"""

import math

import numpy as np
import pytest
from gaussian_readouts import chosen, random_state
from piquasso_objects import Program, instruction

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.piquasso import MEASUREMENTS, REFUSED, from_piquasso, read_piquasso
from compiler.imports.piquasso_gates import GATES, MATRICES
from compiler.imports.piquasso_states import PREPARATIONS
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.gaussian_state import prepared_state
from compiler.semantics.phase_space import push

S, PHI, R, THETA = 0.4, 0.7, 0.3, 0.5
T, RR = math.cos(THETA), np.exp(1j * PHI) * math.sin(THETA)
INT, EXT = np.exp(1j * 0.6), np.exp(1j * 0.9)
UNITARY = np.array([[0.6, 0.8j], [0.8j, 0.6]])
NONE = np.zeros((2, 2))

PUBLISHED = {
    "Phaseshifter": ((0,), {"phi": PHI}, [[np.exp(1j * PHI)]], [[0]], 0),
    "Fourier": ((0,), {}, [[1j]], [[0]], 0),
    "Beamsplitter": ((0, 1), {"theta": THETA, "phi": PHI}, [[T, -np.conj(RR)], [RR, T]], NONE, 0),
    "Beamsplitter5050": ((0, 1), {}, np.array([[1, -1], [1, 1]]) / math.sqrt(2), NONE, 0),
    "MachZehnder": (
        (0, 1),
        {"int_": 0.6, "ext": 0.9},
        0.5 * np.array([[EXT * (INT - 1), 1j * (INT + 1)], [1j * EXT * (INT + 1), 1 - INT]]),
        NONE,
        0,
    ),
    "Interferometer": ((0, 1), {"matrix": UNITARY}, UNITARY, NONE, 0),
    "Squeezing": ((0,), {"r": R, "phi": PHI}, [[math.cosh(R)]], [[-np.exp(1j * PHI) * math.sinh(R)]], 0),
    "QuadraticPhase": ((0,), {"s": S}, [[1 + 0.5j * S]], [[0.5j * S]], 0),
    "Squeezing2": (
        (0, 1),
        {"r": R, "phi": PHI},
        math.cosh(R) * np.eye(2),
        np.exp(1j * PHI) * math.sinh(R) * np.array([[0, 1], [1, 0]]),
        0,
    ),
    "ControlledX": (
        (0, 1),
        {"s": S},
        [[1, -S / 2], [S / 2, 1]],
        [[0, S / 2], [S / 2, 0]],
        0,
    ),
    "ControlledZ": (
        (0, 1),
        {"s": S},
        [[1, 0.5j * S], [0.5j * S, 1]],
        [[0, 0.5j * S], [0.5j * S, 0]],
        0,
    ),
    "Displacement": ((0,), {"r": R, "phi": PHI}, [[1]], [[0]], R * np.exp(1j * PHI)),
    "PositionDisplacement": ((0,), {"x": R}, [[1]], [[0]], R),
    "MomentumDisplacement": ((0,), {"p": R}, [[1]], [[0]], 1j * R),
    "GaussianTransform": (
        (0, 1),
        {"passive": math.cosh(R) * np.eye(2), "active": math.sinh(R) * np.array([[0, 1j], [1j, 0]])},
        math.cosh(R) * np.eye(2),
        math.sinh(R) * np.array([[0, 1j], [1j, 0]]),
        0,
    ),
}
"""Modes, parameters, P, A and alpha of each gate."""


def program(*instructions):
    return Program(instructions)


@pytest.mark.parametrize("name", PUBLISHED)
def test_gates_are_their_published_formulas(name):
    modes, params, passive, active, alpha = PUBLISHED[name]
    operations = from_piquasso(program(instruction(name, *modes, **params))).operations
    n = len(modes)
    rng = np.random.default_rng(3)
    a = rng.normal(size=n) + 1j * rng.normal(size=n)  # a point of phase space: x = 2 Re a, p = 2 Im a at hbar = 2
    start = 2 * a.real[:, None], 2 * a.imag[:, None]
    moved = push(Circuit(n, operations), *start, lambda mode, occurrence: start)
    expected = np.array(passive) @ a + np.array(active) @ a.conj() + alpha
    np.testing.assert_allclose(moved.x[:, 0] + 1j * moved.p[:, 0], 2 * expected, atol=1e-13)


def test_gates_without_a_linear_form():
    found = from_piquasso(
        program(
            instruction("CubicPhase", 0, gamma=0.3),  # exp(i gamma x^3 / (3 hbar))
            instruction("Kerr", 1, xi=0.2),  # exp(i xi n^2)
            instruction("CrossKerr", 0, 1, xi=0.1),  # exp(i xi n_0 n_1)
        )
    )
    assert found.operations == (ops.CubicPhase((0,), 0.3), ops.Kerr((1,), 0.2), ops.CrossKerr((0, 1), 0.1))


def test_channels():
    mean, cov = random_state(2, 1)
    nbar, theta = 0.6, 2.5  # cos(theta) < 0
    found = chosen(
        from_piquasso(program(instruction("Attenuator", 1, theta=theta, mean_thermal_excitation=nbar)), 2), mean, cov
    )
    scale = np.diag([1.0, math.cos(theta), 1.0, math.cos(theta)])
    noise = np.diag([0.0, 1.0, 0.0, 1.0]) * math.sin(theta) ** 2 * (2 * nbar + 1)
    np.testing.assert_allclose(found[0], scale @ mean, atol=1e-13)
    np.testing.assert_allclose(found[1], scale @ cov @ scale + noise, atol=1e-13)
    # the transmissivity is that of amplitudes: 1 - t^2 is the probability of losing a particle
    lost = from_piquasso(
        program(instruction("Loss", 0, transmissivity=0.8), instruction("UniformLoss", transmissivity=0.6))
    )
    assert [(op.modes, pytest.approx(op.eta)) for op in lost.operations] == [((0,), 0.64), ((0,), 0.36)]
    matrix = np.diag([0.9, 0.5]) @ UNITARY
    lossy = from_piquasso(program(instruction("LossyInterferometer", 0, 1, matrix=matrix)))
    found = chosen(lossy, mean, cov)
    x = np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])
    np.testing.assert_allclose(found[0], x @ mean, atol=1e-13)
    np.testing.assert_allclose(found[1], x @ cov @ x.T + np.eye(4) - x @ x.T, atol=1e-13)
    x, y = np.array([[1.3, 0.2], [0.5, (1 + 0.1) / 1.3]]), np.diag([0.3, 0.4])  # on (x, p) of one mode
    channel = from_piquasso(program(instruction("DeterministicGaussianChannel", 1, X=x, Y=y)), 2)
    found = chosen(channel, mean, cov)
    whole, noise = np.eye(4), np.zeros((4, 4))
    whole[np.ix_([1, 3], [1, 3])], noise[np.ix_([1, 3], [1, 3])] = x, y
    np.testing.assert_allclose(found[0], whole @ mean, atol=1e-12)
    np.testing.assert_allclose(found[1], whole @ cov @ whole.T + noise, atol=1e-12)


# --- preparations ----------------------------------------------------------------------------------------------------


def test_gaussian_preparations():
    """Means are in units of sqrt(hbar), covariances in units of the vacuum's, quadratures x_0, p_0, x_1, p_1."""
    factor = np.random.default_rng(2).normal(size=(4, 4))
    mean, cov = np.array([0.1, 0.2, 0.3, 0.4]), factor @ factor.T + 2 * np.eye(4)
    found = prepared_state(
        from_piquasso(
            program(instruction("Vacuum"), instruction("Mean", mean=mean), instruction("Covariance", cov=cov))
        )
    )
    order = [0, 2, 1, 3]
    np.testing.assert_allclose(found.mean, math.sqrt(2) * mean[order], atol=1e-13)
    np.testing.assert_allclose(found.cov, cov[np.ix_(order, order)], atol=1e-11)
    thermal = prepared_state(from_piquasso(program(instruction("Thermal", mean_photon_numbers=[0.5, 1.5]))))
    np.testing.assert_allclose(thermal.cov, np.diag([2.0, 4.0, 2.0, 4.0]), atol=1e-13)
    assert from_piquasso(program(instruction("Vacuum")), 2).operations == (
        ops.PrepareVacuum((0,)),
        ops.PrepareVacuum((1,)),
    )


def test_vectors_of_the_fock_basis():
    number = from_piquasso(program(instruction("NumberState", occupation_numbers=(2, 0), coefficient=1j)))
    assert number.operations == (ops.PrepareFock((0,), 2), ops.PrepareVacuum((1,)))
    parts = program(
        instruction("StateVector", occupation_numbers=(0, 1), coefficient=math.sqrt(0.2)),
        instruction("FockStateVector", fock_amplitude_map={(2, 0): 0.6, (1, 1): 0.8j}, coefficient=math.sqrt(0.8)),
    )
    (ket,) = from_piquasso(parts).operations
    amplitudes = np.array(ket.amplitudes).reshape(3, 3)
    assert amplitudes[0, 1] == pytest.approx(math.sqrt(0.2))
    assert amplitudes[2, 0] == pytest.approx(0.6 * math.sqrt(0.8))
    assert amplitudes[1, 1] == pytest.approx(0.8j * math.sqrt(0.8))
    # modes that are not named are in the vacuum
    one, rest = from_piquasso(
        program(
            instruction("NumberState", 2, occupation_numbers=[0], coefficient=0.6),
            instruction("NumberState", 2, occupation_numbers=[1], coefficient=0.8),
        ),
        3,
    ).operations[:2]
    assert (one, rest) == (ops.PrepareKet((2,), 2, (0.6, 0.8)), ops.PrepareVacuum((0,)))


def test_creation_and_annihilation():
    found = read_piquasso(program(instruction("Create", 1), instruction("Create", 1), instruction("Annihilate", 1)))
    assert found.circuit.operations == (ops.PrepareVacuum((0,)), ops.PrepareFock((1,), 1))
    assert any("which the program does not prepare" in note for note in found.notes)


def test_density_matrices():
    parts = [
        instruction("DensityMatrix", ket=(0, 1), bra=(0, 1), coefficient=0.75),
        instruction("DensityMatrix", ket=(0, 0), bra=(0, 0), coefficient=0.25),
        instruction("DensityMatrix", ket=(0, 0), bra=(0, 1), coefficient=0.1j),
        instruction("DensityMatrix", ket=(0, 1), bra=(0, 0), coefficient=-0.1j),
    ]
    density, vacuum = from_piquasso(program(*parts)).operations
    assert (density.modes, density.cutoff, vacuum) == ((1,), 2, ops.PrepareVacuum((0,)))
    assert density.elements == (0.25, 0.1j, -0.1j, 0.75)


def test_graphs_squeeze_the_vacuum():
    """The state of a graph has tanh(r) proportional to the singular values, and the mean photon number asked for."""
    matrix = np.array([[0.2, 1.0, 0.0], [1.0, 0.0, 0.5], [0.0, 0.5, 0.4]])
    circuit = from_piquasso(
        program(instruction("Vacuum"), instruction("Graph", adjacency_matrix=matrix, mean_photon_number=0.7))
    )
    state = prepared_state(circuit)
    assert np.mean(np.diag(state.cov)) / 2 - 0.5 == pytest.approx(0.7)  # n = (x^2 + p^2) / 4 - 1/2 of each mode
    # of a pure Gaussian state <a a> = <.> B (1 - B^* B)^-1, B = c A: tanh of the squeezing, along A
    n = 3
    x, p, xp = state.cov[:n, :n], state.cov[n:, n:], state.cov[:n, n:]
    squeezed = (x - p + 1j * (xp + xp.T)) / 4  # <a_i a_j>
    photons = (x + p + 1j * (xp - xp.T)) / 4 - np.eye(n) / 2  # <a_j^+ a_i>
    b = squeezed @ np.linalg.inv(np.eye(n) + photons.T)
    assert b[0, 1].real > 0.0
    np.testing.assert_allclose(b / b[0, 1], matrix, atol=1e-9)


# --- measurements and feed-forward -----------------------------------------------------------------------------------


def test_readouts_are_named_by_mode():
    found = read_piquasso(
        program(
            instruction("HomodyneMeasurement", 1, phi=0.3, z=1e-4),
            instruction("HeterodyneMeasurement", 2),
            instruction("ParticleNumberMeasurement"),  # all that are left
        ),
        4,
    )
    assert found.circuit.results == ("m1", "m2_x", "m2_p", "m0", "m3")
    assert found.circuit.operations[0] == ops.Homodyne((1,), 0.3, "m1")
    assert found.circuit.ancillas == (4,)
    assert any("z^2 = 1e-08" in note for note in found.notes)


def test_counts_of_photons_act_by_expressions():
    circuit = from_piquasso(
        program(
            instruction("ParticleNumberMeasurement", 0, 1),
            instruction("Squeezing", 2, r="0.5 * x[-1] - x[0]**2 / 4 + 1", phi=0.0),
            instruction("Phaseshifter", 2, phi="0.25"),
        )
    )
    squeeze, turn = circuit.operations[2:]
    assert squeeze.r.terms == {(("m1", 1),): 0.5, (("m0", 2),): -0.25, (): 1.0}
    assert turn == ops.Rotation((2,), 0.25)


def test_gates_of_one_mode_act_on_each_mode():
    circuit = from_piquasso(program(instruction("Squeezing", 0, 2, r=[0.1, 0.2], phi=0.0), instruction("Fourier")))
    assert circuit.operations[:2] == (ops.Squeeze((0,), 0.1), ops.Squeeze((2,), 0.2))
    assert [op.modes for op in circuit.operations[2:]] == [(0,), (1,), (2,)]


# --- comparison, refusals --------------------------------------------------------------------------------------------


def test_programs_are_compared_with_ours():
    theirs = program(
        instruction("Beamsplitter", 0, 1, theta=0.3, phi=0.2), instruction("PositionDisplacement", 1, x=0.1)
    )
    ours = (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.Displacement((1,), 0.2, 0.0))
    assert compare(theirs, Circuit(3, ours)).equivalent
    assert compare(theirs, theirs).equivalent
    assert not compare(theirs, Circuit(2, (*ours, ops.Kerr((0,), 1e-3)))).equivalent


def test_the_number_of_modes_is_what_the_instructions_need():
    assert from_piquasso(program()).modes == 0
    assert from_piquasso(program(instruction("Interferometer", matrix=np.eye(3)))).modes == 3
    assert from_piquasso(program(instruction("Fourier", 4)), 2).modes == 5
    assert from_piquasso(program(instruction("Fourier", 1)), 7).modes == 7


@pytest.mark.parametrize(
    ("instructions", "reason"),
    [
        ([instruction("SNAP", 0, theta=[0.1])], "instruction 0 SNAP: is not read: phases of single Fock states"),
        ([instruction("ThresholdMeasurement", 0)], "a click detector"),
        ([instruction("GeneraldyneMeasurement", 0)], "any Gaussian state"),
        ([instruction("ImperfectParticleNumberMeasurement", 0)], "a table of wrong counts"),
        ([instruction("PostSelectPhotons", 0, photon_counts=(1,))], "not by counts of photons"),
        ([instruction("ImperfectPostSelectPhotons", 0, photon_counts=(1,))], "not by counts of photons"),
        ([instruction("BatchApply", subprograms=[])], "a batch is several programs"),
        ([instruction("Laser", 0)], "is not read; known: Vacuum"),
        ([instruction("Squeezing2", 0, 1, r=0.1, module="piquasso.fermionic.instructions")], "acts on fermions"),
        ([instruction("DistinguishableNumberState", occupation_numbers=(1,))], "states of distinguishable photons"),
        ([instruction("Fourier", 0, condition="x[0] > 1")], "a condition"),
        (
            [instruction("Fourier", 0), instruction("Vacuum")],
            "instruction 1 Vacuum: preparations must stand at the beginning",
        ),
        (
            [instruction("Vacuum"), instruction("Fourier", 0), instruction("Graph", 0, adjacency_matrix=[[1.0]])],
            "vacuum only",
        ),
        ([instruction("Graph", 0, adjacency_matrix=[[0.0]])], "not 0"),
        ([instruction("Graph", 0, 1, adjacency_matrix=[[0.0, 1.0], [2.0, 0.0]])], "symmetric"),
        (
            [instruction("NumberState", occupation_numbers=(1,)), instruction("Thermal", mean_photon_numbers=[1])],
            "one kind",
        ),
        ([instruction("NumberState", occupation_numbers=(1,), coefficient=0.5)], "the norm"),
        ([instruction("NumberState", occupation_numbers=(-1,))], r"integers in 0\.\.999"),
        ([instruction("NumberState", occupation_numbers=(0.5,))], "integers"),
        ([instruction("Vacuum"), instruction("Annihilate", 0)], "Annihilate acts on mode 0, which holds no photon"),
        (
            [
                instruction("NumberState", occupation_numbers=(1,), coefficient=0.6),
                instruction("NumberState", occupation_numbers=(2,), coefficient=0.8),
                instruction("Create", 0),
            ],
            "on a single vector",
        ),
        ([instruction("Covariance", cov=0.5 * np.eye(2))], "uncertainty"),
        ([instruction("Mean", mean=[0.1, 0.2, 0.3])], "means and covariances of 1 modes"),
        ([instruction("Squeezing", 0)], "the parameter r is missing"),
        ([instruction("Squeezing", 0, r=0.1, theta=0.2)], "takes the parameters"),
        ([instruction("Squeezing", 0, r=lambda x: x[0])], "a function of Python"),
        ([instruction("Squeezing", 0, r="__import__('os')")], "are read in expressions"),
        ([instruction("Squeezing", 0, r="x[0]")], r"x\[0\] does not exist: the instructions before it have 0"),
        ([instruction("Squeezing", 0, r="1 +")], "cannot be parsed"),
        ([instruction("Squeezing", 0, r=1j)], "real number"),
        ([instruction("Squeezing", 0, r=math.inf)], "finite"),
        ([instruction("Squeezing", 0, r=None)], "must be a number"),
        ([instruction("Squeezing", 0, 1, r=[0.1, 0.2, 0.3])], "one number or 2, found 3"),
        ([instruction("Beamsplitter", 0, theta=0.1)], "acts on two modes"),
        ([instruction("Interferometer", 0, matrix=np.eye(2))], "matrix of 1 rows"),
        ([instruction("Interferometer", 0, 1)], "the parameter 'matrix' is missing"),
        ([instruction("Interferometer", 0, 1, matrix=[[1.0, 1.0], [0.0, 1.0]])], "unitary"),
        ([instruction("Loss", 0, transmissivity=1.5)], r"must lie in \[0, 1\]"),
        ([instruction("DeterministicGaussianChannel", 0, X=0.5 * np.eye(2), Y=np.eye(2))], "X is not symplectic"),
        ([instruction("DeterministicGaussianChannel", 0, 1, X=np.eye(4), Y=np.eye(2))], "X and Y must have one shape"),
        ([instruction("HomodyneMeasurement", 0, phi=0.0, z=1.0)], "not a homodyne measurement"),
        (
            [instruction("HomodyneMeasurement", 0), instruction("Squeezing", 1, r="x[0]")],
            "depends on the simulator",
        ),
        (
            [instruction("ParticleNumberMeasurement", 0), instruction("Kerr", 1, xi="x[0]")],
            "xi must be a number",
        ),
        ([instruction("ParticleNumberMeasurement", 0), instruction("Fourier", 0)], "mode 0 was read before"),
        ([instruction("Fourier", -1)], "distinct modes"),
        ([instruction("Fourier", 0, 0)], "distinct modes"),
        ([instruction("Fourier", 123456)], r"integers in 0\.\.9999"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_what_is_not_read_is_refused_with_the_reason(instructions, reason):
    with pytest.raises(CircuitError, match=f"^Piquasso: .*{reason}") as refused:
        from_piquasso(program(*instructions))
    assert "\n" not in str(refused.value)


def test_objects_that_are_no_programs_are_refused():
    for given in (3, program, type("Program", (), {"instructions": None})()):
        with pytest.raises(CircuitError, match="a Program with its list of instructions is read"):
            from_piquasso(given)


# --- the package itself ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pq():
    return pytest.importorskip(
        "piquasso", reason="Piquasso is no dependency: only the structure of its objects is used"
    )


REAL = {
    "Phaseshifter, Fourier": lambda pq: [pq.Phaseshifter(0.3).on_modes(1), pq.Fourier().on_modes(2)],
    "Beamsplitter": lambda pq: [pq.Beamsplitter(0.3, 0.7).on_modes(2, 0), pq.Beamsplitter5050().on_modes(1, 2)],
    "MachZehnder": lambda pq: [pq.MachZehnder(0.3, 0.7).on_modes(2, 0)],
    "Squeezing": lambda pq: [pq.Squeezing(0.3, 0.7).on_modes(1), pq.Squeezing2(0.2, 0.5).on_modes(2, 1)],
    "QuadraticPhase": lambda pq: [pq.QuadraticPhase(0.3).on_modes(2)],
    "Controlled": lambda pq: [pq.ControlledX(0.3).on_modes(2, 1), pq.ControlledZ(0.4).on_modes(0, 1)],
    "Displacement": lambda pq: [pq.Displacement(0.3, 0.7).on_modes(2), pq.PositionDisplacement(0.2).on_modes(1)],
    "MomentumDisplacement": lambda pq: [pq.MomentumDisplacement(0.2).on_modes(1)],
    "Interferometer": lambda pq: [pq.Interferometer(UNITARY).on_modes(2, 0)],
    "GaussianTransform": lambda pq: [pq.GaussianTransform(**PUBLISHED["GaussianTransform"][1]).on_modes(2, 0)],
    "Attenuator": lambda pq: [pq.Attenuator(0.3, 0.7).on_modes(1), pq.Attenuator(2.5).on_modes(0)],
}


@pytest.mark.parametrize("name", REAL)
def test_its_gaussian_simulator_does_what_is_read(pq, name):
    """Its covariances are twice those of quadratures, with the vacuum at hbar, and its means those of hbar = 2."""
    mean, cov = random_state(3, 7)
    xpxp = [0, 3, 1, 4, 2, 5]
    start = [pq.Mean(mean[xpxp] / math.sqrt(2)), pq.Covariance(cov[np.ix_(xpxp, xpxp)])]
    state = pq.GaussianSimulator(d=3).execute(pq.Program([*start, *REAL[name](pq)])).state
    found = chosen(from_piquasso(pq.Program(REAL[name](pq)), 3), mean, cov)
    np.testing.assert_allclose(found[0], state.xxpp_mean_vector, atol=1e-12)
    np.testing.assert_allclose(found[1], state.xxpp_covariance_matrix / 2, atol=1e-12)
    prepared = prepared_state(from_piquasso(pq.Program([*start, *REAL[name](pq)]), 3))
    np.testing.assert_allclose(prepared.cov, state.xxpp_covariance_matrix / 2, atol=1e-10)


def test_graphs_make_of_the_vacuum_what_its_simulator_makes(pq):
    matrix = np.array([[0.2, 1.0, 0.3j], [1.0, -0.4, 0.5], [0.3j, 0.5, 0.4]])
    parts = [pq.Vacuum(), pq.Graph(matrix, 0.7)]
    state = pq.GaussianSimulator(d=3).execute(pq.Program(parts)).state
    found = prepared_state(from_piquasso(pq.Program(parts)))
    np.testing.assert_allclose(found.cov, state.xxpp_covariance_matrix / 2, atol=1e-10)


def test_every_instruction_of_the_package_is_read_or_refused_by_name(pq):
    kinds = {
        name
        for name in pq.__all__
        if isinstance(getattr(pq, name), type)
        and issubclass(getattr(pq, name), pq.Instruction)
        and getattr(pq, name) not in {pq.Instruction, pq.Preparation, pq.Gate, pq.Measurement}
    }
    assert kinds == {*GATES, *MATRICES, "Graph", *PREPARATIONS, *MEASUREMENTS, *REFUSED}


def test_programs_written_with_its_notation_are_read(pq):
    with pq.Program() as written:
        pq.Q() | pq.Vacuum()
        pq.Q(0) | pq.Squeezing(r=0.5) | pq.Displacement(r=0.1)
        pq.Q(0, 1) | pq.Beamsplitter(theta=np.pi / 4)
        pq.Q(all) | pq.ParticleNumberMeasurement()
    kinds = [type(op).__name__ for op in from_piquasso(written).operations]
    assert kinds == ["PrepareVacuum", "PrepareVacuum", "Squeeze", "Displacement", "BeamSplitter", *["PhotonCount"] * 2]


def test_kets_and_nonlinear_gates_are_those_of_its_fock_simulator(pq):
    parts = [pq.NumberState([0, 1]) * 0.6, pq.NumberState([2, 1]) * 0.8j]
    state = pq.PureFockSimulator(d=2, config=pq.Config(cutoff=5)).execute(pq.Program(parts)).state
    ket, fock = from_piquasso(pq.Program(parts)).operations[0], state.fock_amplitudes_map
    held = np.array(ket.amplitudes).reshape((ket.cutoff,) * 2)
    assert {key: pytest.approx(held[key]) for key in np.ndindex(held.shape) if held[key]} == dict(fock)
    for gate, phase in (
        (pq.Kerr(0.3).on_modes(0), lambda n: n[0] ** 2),
        (pq.CrossKerr(0.3).on_modes(0, 1), lambda n: n[0] * n[1]),
    ):
        (op,) = from_piquasso(pq.Program([gate])).operations
        after = pq.PureFockSimulator(d=2, config=pq.Config(cutoff=5)).execute(pq.Program([*parts, gate])).state
        for key, value in after.fock_amplitudes_map.items():
            assert value == pytest.approx(fock[key] * np.exp(1j * op.kappa * phase(key)))
