"""Gaussian operations of Strawberry Fields mean here what its own engine does with them: means and covariances."""

import numpy as np
import pytest
from strawberryfields_programs import (
    assert_same_state,
    bosonic_moments,
    engine_moments,
    haar,
    run,
    sf_program,
    symplectic_matrix,
)

from compiler.imports.strawberryfields import from_strawberryfields, read_strawberryfields, strawberryfields
from compiler.semantics.gaussian_state import prepared_state

GRAPH = np.array([[0.3, 1.0], [1.0, 0.2]])
MIXED = symplectic_matrix(2, 3) @ np.diag([1.0, 2.5, 1.0, 2.5]) @ symplectic_matrix(2, 3).T
PURE = symplectic_matrix(2, 4) @ symplectic_matrix(2, 4).T
LOSSY = haar(2, 5) @ np.diag([0.9, 0.4]) @ haar(2, 6)


def turned(r: float, phi: float) -> np.ndarray:
    """Covariance of the squeezed vacuum."""
    c, s = np.cos(phi / 2), np.sin(phi / 2)
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([np.exp(-2 * r), np.exp(2 * r)]) @ turn.T


ON_ANY_STATE = {
    "Dgate": lambda o, q: o.Dgate(0.3, 0.7) | q[0],
    "Dgate default": lambda o, q: o.Dgate(0.3) | q[0],
    "Dgate.H": lambda o, q: o.Dgate(0.3, 0.7).H | q[0],
    "Xgate": lambda o, q: o.Xgate(0.3) | q[1],
    "Xgate.H": lambda o, q: o.Xgate(0.3).H | q[1],
    "Zgate": lambda o, q: o.Zgate(0.3) | q[1],
    "Zgate.H": lambda o, q: o.Zgate(0.3).H | q[1],
    "Sgate": lambda o, q: o.Sgate(0.3, 0.6) | q[0],
    "Sgate default": lambda o, q: o.Sgate(-0.3) | q[0],
    "Sgate of phase pi": lambda o, q: o.Sgate(0.3, np.pi) | q[0],
    "Sgate of phase 2 pi": lambda o, q: o.Sgate(0.3, 2 * np.pi) | q[0],
    "Sgate.H": lambda o, q: o.Sgate(0.3, 0.6).H | q[0],
    "Rgate": lambda o, q: o.Rgate(0.3) | q[0],
    "Rgate.H": lambda o, q: o.Rgate(0.3).H | q[0],
    "Pgate": lambda o, q: o.Pgate(0.3) | q[0],
    "Pgate.H": lambda o, q: o.Pgate(0.3).H | q[0],
    "Fouriergate": lambda o, q: o.Fouriergate() | q[0],
    "Fourier.H": lambda o, q: o.Fourier.H | q[0],
    "BSgate": lambda o, q: o.BSgate(0.3, 0.4) | (q[0], q[1]),
    "BSgate backwards": lambda o, q: o.BSgate(0.3, 0.4) | (q[1], q[0]),
    "BSgate default": lambda o, q: o.BSgate() | (q[0], q[2]),
    "BSgate.H": lambda o, q: o.BSgate(0.3, 0.4).H | (q[0], q[1]),
    "S2gate": lambda o, q: o.S2gate(0.3, 0.4) | (q[0], q[1]),
    "S2gate.H": lambda o, q: o.S2gate(0.3, 0.4).H | (q[2], q[1]),
    "MZgate": lambda o, q: o.MZgate(0.3, 0.4) | (q[0], q[1]),
    "MZgate of phi_in 0": lambda o, q: o.MZgate(0, 0.4) | (q[0], q[1]),
    "sMZgate": lambda o, q: o.sMZgate(0.3, 0.4) | (q[0], q[1]),
    "sMZgate.H": lambda o, q: o.sMZgate(0.3, 0.4).H | (q[0], q[1]),
    "CXgate": lambda o, q: o.CXgate(0.3) | (q[0], q[1]),
    "CXgate default": lambda o, q: o.CXgate() | (q[0], q[1]),
    "CXgate.H": lambda o, q: o.CXgate(0.3).H | (q[1], q[0]),
    "CZgate": lambda o, q: o.CZgate(0.3) | (q[0], q[1]),
    "CZgate default": lambda o, q: o.CZgate() | (q[0], q[1]),
    "CZgate.H": lambda o, q: o.CZgate(0.3).H | (q[0], q[1]),
    "Interferometer": lambda o, q: o.Interferometer(haar(3, 1)) | (q[2], q[0], q[1]),
    "Interferometer, another mesh": lambda o, q: (
        o.Interferometer(haar(3, 1), mesh="rectangular_symmetric") | (q[2], q[0], q[1])
    ),
    "Interferometer of one mode": lambda o, q: o.Interferometer(haar(1, 1)) | q[1],
    "GraphEmbed": lambda o, q: o.GraphEmbed(GRAPH) | (q[0], q[2]),
    "GraphEmbed with settings": lambda o, q: (
        o.GraphEmbed(GRAPH, mean_photon_per_mode=0.3, make_traceless=True) | (q[2], q[0])
    ),
    "BipartiteGraphEmbed": lambda o, q: o.BipartiteGraphEmbed(GRAPH, 0.5, edges=True) | (q[0], q[1], q[2], q[3]),
    "BipartiteGraphEmbed of edges 1": lambda o, q: (
        o.BipartiteGraphEmbed(np.eye(2), edges=True) | [q[i] for i in range(4)]
    ),
    "GaussianTransform": lambda o, q: o.GaussianTransform(symplectic_matrix(2, 1)) | (q[2], q[0]),
    "GaussianTransform of one mode": lambda o, q: o.GaussianTransform(symplectic_matrix(1, 1)) | q[2],
    "GaussianTransform that squeezes equally": lambda o, q: (
        o.GaussianTransform(np.diag([2.0, 2.0, 0.5, 0.5])) | (q[2], q[0])
    ),
    "GaussianTransform that is passive": lambda o, q: o.GaussianTransform(np.array([[0.6, -0.8], [0.8, 0.6]])) | q[1],
    "GaussianTransform for the vacuum": lambda o, q: (
        o.GaussianTransform(symplectic_matrix(2, 1), vacuum=True) | (q[2], q[0])
    ),
    "GaussianTransform for the vacuum that is passive": lambda o, q: (
        o.GaussianTransform(np.array([[0.6, -0.8], [0.8, 0.6]]), vacuum=True) | q[1]
    ),
    "LossChannel": lambda o, q: o.LossChannel(0.7) | q[0],
    "PassiveChannel": lambda o, q: o.PassiveChannel(LOSSY) | (q[2], q[0]),
    "PassiveChannel of one mode": lambda o, q: o.PassiveChannel(0.5) | q[0],
    "PassiveChannel without loss": lambda o, q: o.PassiveChannel(haar(2, 1)) | (q[2], q[0]),
    "Vacuum": lambda o, q: o.Vac | q[0],
    "Coherent": lambda o, q: o.Coherent(0.4, 0.6) | q[0],
    "Squeezed": lambda o, q: o.Squeezed(0.4, 0.6) | q[0],
    "Squeezed of phase pi": lambda o, q: o.Squeezed(0.4, np.pi) | q[0],
    "DisplacedSqueezed": lambda o, q: o.DisplacedSqueezed(0.3, 0.4, 0.5, 0.6) | q[0],
    "Thermal": lambda o, q: o.Thermal(0.7) | q[0],
    "Thermal of no photons": lambda o, q: o.Thermal() | q[0],
    "Gaussian": lambda o, q: o.Gaussian(MIXED, np.array([1.0, 2.0, 3.0, 4.0])) | (q[2], q[0]),
    "Gaussian, pure": lambda o, q: o.Gaussian(PURE) | (q[2], q[0]),
    "Gaussian, squeezed in x": lambda o, q: o.Gaussian(np.diag([0.5, 2.0])) | q[0],
    "Gaussian, squeezed in p": lambda o, q: o.Gaussian(np.diag([2.0, 0.5]), decomp=False) | q[0],
    "Gaussian, squeezed at an angle": lambda o, q: o.Gaussian(turned(0.5, 0.7)) | q[0],
    "Gaussian, thermal": lambda o, q: o.Gaussian(np.diag([3.0, 4.0, 3.0, 4.0])) | (q[0], q[1]),
    "All": lambda o, q: o.All(o.Rgate(0.2)) | (q[0], q[1]),
}


@pytest.mark.parametrize("name", ON_ANY_STATE)
def test_operation_leaves_the_state_that_the_gaussian_engine_leaves(name):
    program = sf_program(4, ON_ANY_STATE[name], scrambled=True)
    assert_same_state(prepared_state(from_strawberryfields(program)), engine_moments(program))


ON_THE_BOSONIC_ENGINE = {
    # the Gaussian engine of Strawberry Fields 0.23 adds the photons of the environment to every mode and correlation
    "ThermalLossChannel": lambda o, q: o.ThermalLossChannel(0.7, 0.4) | q[0],
    "MSgate": lambda o, q: o.MSgate(0.4, 0.3, 1.2, 0.9) | q[0],
    "MSgate that squeezes p": lambda o, q: o.MSgate(-0.4, 0.3, 1.2, 0.9) | q[0],
    "MSgate default": lambda o, q: o.MSgate(0.4) | q[0],
}


@pytest.mark.parametrize("name", ON_THE_BOSONIC_ENGINE)
def test_operation_leaves_the_state_that_the_bosonic_engine_leaves(name):
    def body(o, q):
        o.DisplacedSqueezed(0.3, 0.4, 0.5, 0.6) | q[0]
        o.Squeezed(0.3, 1.0) | q[1]
        o.BSgate(0.4, 0.2) | (q[0], q[1])
        ON_THE_BOSONIC_ENGINE[name](o, q)

    program = sf_program(2, body)
    wanted = bosonic_moments(run(program, "bosonic")[1].state)
    assert_same_state(prepared_state(from_strawberryfields(program)), wanted)


@pytest.mark.parametrize("cov", [np.diag([2.0, 0.5]), turned(0.5, 2.5), np.diag([0.5, 2.0, 2.0, 0.5])])
def test_gaussian_is_read_as_defined_where_strawberry_fields_decomposes_it_wrongly(cov):
    def body(decomp):
        return lambda o, q: o.Gaussian(cov, decomp=decomp) | [q[i] for i in range(len(cov) // 2)]

    program = sf_program(2, body(True))
    found = read_strawberryfields(program)
    assert_same_state(prepared_state(found.circuit), engine_moments(sf_program(2, body(False))))
    assert "another one unless decomp=False" in found.notes[0]
    assert np.abs(engine_moments(program).cov - prepared_state(found.circuit).cov).max() > 0.1  # the note is true


def test_gaussian_that_strawberry_fields_decomposes_rightly_has_no_note():
    for cov in (np.diag([0.5, 2.0]), turned(0.5, 0.7), MIXED, PURE, np.diag([3.0, 2.0])):
        modes = len(cov) // 2
        program = sf_program(modes, lambda o, q, v=cov, n=modes: o.Gaussian(v) | [q[i] for i in range(n)])
        assert read_strawberryfields(program).notes == ()


def test_the_triangular_mesh_is_read_as_its_matrix_and_noted():
    program = sf_program(3, lambda o, q: o.Interferometer(haar(3, 1), mesh="triangular") | q, scrambled=True)
    plain = sf_program(3, lambda o, q: o.Interferometer(haar(3, 1)) | q, scrambled=True)
    found = read_strawberryfields(program)
    assert_same_state(prepared_state(found.circuit), engine_moments(plain))
    assert "triangular" in found.notes[0]
    assert np.abs(engine_moments(program).cov - engine_moments(plain).cov).max() > 0.1  # the note is true


def test_a_matrix_in_single_precision_is_the_nearest_unitary_with_a_note():
    u = haar(3, 1).astype(np.complex64)
    program = sf_program(3, lambda o, q: o.Interferometer(u) | q, scrambled=True)
    found = read_strawberryfields(program)
    assert_same_state(prepared_state(found.circuit), engine_moments(program), 1e-6)
    assert "nearest unitary, at a distance of" in found.notes[0]


def test_modes_that_nothing_prepares_stay_inputs():
    sf = strawberryfields()
    program = sf.Program(2)
    with program.context as q:
        sf.ops.Fourier | q[0]
    assert [str(op) for op in from_strawberryfields(program).operations] == ["Rotation(mode 0)"]
