"""MrMustard's objects mean here what they do to Gaussian states, and to kets, in MrMustard itself."""

import warnings

import numpy as np
import pytest
from gaussian_readouts import chosen, random_state

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.mrmustard import GATES, REFUSED, STATES, from_mrmustard, read_mrmustard
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.gaussian_state import prepared_state

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mrmustard
    from mrmustard import lab

MODES = 3

SYMPLECTIC = np.array([[1.3, 0.2], [0.5, (1 + 0.2 * 0.5) / 1.3]])
UNITARY = np.array([[0.6, 0.8j], [0.8j, 0.6]])
ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]])

OPERATIONS = {
    "Dgate": lambda: lab.Dgate(0.3, -0.4, modes=[1]),
    "Dgate of lists": lambda: lab.Dgate([0.3, 0.1], [-0.4, 0.2], modes=[2, 0]),
    "Dgate of a list and a number": lambda: lab.Dgate([0.3, 0.1], 0.2, modes=[2, 0]),
    "Dgate on three modes": lambda: lab.Dgate(0.3, 0.2, modes=[0, 1, 2]),
    "Sgate": lambda: lab.Sgate(0.4, 0.7, modes=[2]),
    "Sgate of lists": lambda: lab.Sgate([0.4, 0.2], [0.7, -1.1], modes=[1, 0]),
    "Sgate of a list and a number": lambda: lab.Sgate([0.4, 0.2], 0.5, modes=[1, 0]),
    "Rgate": lambda: lab.Rgate(0.9, modes=[1]),
    "Rgate of a list": lambda: lab.Rgate([0.9, -0.3], modes=[2, 1]),
    "Pgate": lambda: lab.Pgate(0.6, modes=[0]),
    "Pgate on two modes": lambda: lab.Pgate(0.6, modes=[0, 2]),
    "CXgate": lambda: lab.CXgate(0.5, modes=[1, 0]),
    "CZgate": lambda: lab.CZgate(0.5, modes=[2, 0]),
    "BSgate": lambda: lab.BSgate(0.5, 0.8, modes=[2, 0]),
    "S2gate": lambda: lab.S2gate(0.3, 0.8, modes=[1, 2]),
    "MZgate": lambda: lab.MZgate(0.5, 0.8, modes=[1, 0]),
    "MZgate, internal": lambda: lab.MZgate(0.5, 0.8, internal=True, modes=[0, 2]),
    "Interferometer": lambda: lab.Interferometer(2, UNITARY, modes=[2, 1]),
    "RealInterferometer": lambda: lab.RealInterferometer(2, ROTATION, modes=[0, 2]),
    "Ggate": lambda: lab.Ggate(1, SYMPLECTIC, modes=[1]),
    "Ggate of three modes": lambda: lab.Ggate(3),
    "Attenuator": lambda: lab.Attenuator(0.7, modes=[1]),
    "Attenuator, thermal": lambda: lab.Attenuator(0.7, 0.4, modes=[0, 1]),
    "Attenuator of a list": lambda: lab.Attenuator([0.7, 0.2], modes=[2, 1]),
    "Amplifier": lambda: lab.Amplifier(1.7, 0.3, modes=[1]),
    "Amplifier of a list": lambda: lab.Amplifier([1.7, 1.2], modes=[1, 0]),
    "AdditiveNoise": lambda: lab.AdditiveNoise(0.4, modes=[2]),
    "AdditiveNoise of a list": lambda: lab.AdditiveNoise([0.4, 0.1], modes=[2, 0]),
    "trainable Sgate": lambda: lab.Sgate(0.4, 0.7, r_trainable=True, modes=[2]),
    "circuit in a circuit": lambda: lab.Circuit([lab.Rgate(0.2, modes=[0]), lab.BSgate(0.4, modes=[0, 1])]),
    "sequence": lambda: lab.Sgate(0.3, modes=[0]) >> lab.BSgate(0.4, 0.1, modes=[0, 2]) >> lab.Dgate(0.2, modes=[2]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_do_to_a_random_state_what_mrmustard_does(name):
    """Maps of means and covariances that agree on a random state agree, with probability one."""
    for seed, trial in enumerate(("alone", "after another")):
        before = [] if trial == "alone" else [lab.BSgate(0.3, 0.2, modes=[0, 1]), lab.Sgate(0.2, 0.1, modes=[1])]
        theirs = lab.Circuit([*before, OPERATIONS[name]()])
        mean, cov = random_state(MODES, seed)
        state = lab.State(cov=cov, means=mean) >> theirs
        found = chosen(from_mrmustard(theirs, modes=MODES), mean, cov)
        np.testing.assert_allclose(found[0], np.asarray(state.means), atol=1e-12)
        np.testing.assert_allclose(found[1], np.asarray(state.cov), atol=1e-11)


@pytest.mark.parametrize(
    ("make", "angle", "outcome"),
    [
        (lambda: lab.Homodyne(0.0, 0.7, modes=[1]), 0.0, 0.7),
        (lambda: lab.Homodyne(0.6, -0.4, modes=[2]), 0.6, -0.4),
        (lambda: lab.Homodyne([0.6, 0.1], [-0.4, 0.3], modes=[0, 2]), None, None),
        (lambda: lab.Heterodyne(0.5, -0.3, modes=[1]), None, None),
        (lambda: lab.Heterodyne([0.5, 0.2], [-0.3, 0.4], modes=[0, 2]), None, None),
    ],
)
def test_chosen_outcomes_leave_the_state_that_mrmustard_leaves(make, angle, outcome):
    theirs = lab.Circuit([lab.BSgate(0.3, 0.2, modes=[0, 1]), lab.S2gate(0.3, 0.2, modes=[1, 2]), make()])
    mean, cov = random_state(MODES, 5)
    state = lab.State(cov=cov, means=mean) >> theirs
    circuit = from_mrmustard(theirs)
    assert not circuit.results
    if angle is not None:
        (kept,) = (op for op in circuit.operations if isinstance(op, ops.PostSelect))
        assert kept.angle == pytest.approx(angle) and kept.value == pytest.approx(outcome)
    found = chosen(circuit, mean, cov)
    # MrMustard projects on states squeezed by r = 10, whose variance is e^-20 = 2e-9
    np.testing.assert_allclose(found[0], np.asarray(state.means), atol=1e-7)
    np.testing.assert_allclose(found[1], np.asarray(state.cov), atol=1e-7)


def photon_counters(**settings):
    """Detectors as they are made on the TensorFlow back end; the one of NumPy cannot compute their channel."""
    made = lab.PNRDetector(**settings, stochastic_channel=np.eye(3))
    made._stochastic_channel = None
    return made


def test_readouts_are_named_by_mode():
    circuit = lab.Circuit(
        [
            lab.Homodyne(0.3, modes=[2]),
            lab.Heterodyne(None, None, modes=[0]),
            photon_counters(efficiency=[0.9, 1.0], modes=[1, 3]),
        ]
    )
    found = read_mrmustard(circuit)
    assert found.circuit.results == ("m2", "m0_x", "m0_p", "m1", "m3")
    assert found.circuit.modes == 5 and found.circuit.ancillas == (4,)
    losses = [op for op in found.circuit.operations if isinstance(op, ops.Loss)]
    assert losses == [ops.Loss((1,), 0.9)]
    assert any("read as ideal ones" in note for note in found.notes)
    assert any("heterodyne" in note for note in found.notes)


def test_phase_noise_turns_by_a_random_angle():
    (op,) = from_mrmustard(lab.PhaseNoise(0.3, modes=[1])).operations
    assert op.modes == (1,)
    # MrMustard damps |m><n| by exp(-stdev^2 (m - n)^2 / 2): the Fourier transform of a normal law of that variance
    state = lab.State(ket=np.array([0.6, 0.0, 0.8], dtype=complex)) >> lab.PhaseNoise(0.3)
    assert np.asarray(state.dm())[0, 2].real == pytest.approx(0.48 * np.exp(-0.5 * op.variance * 4))


# --- states ----------------------------------------------------------------------------------------------------------

GAUSSIAN_STATES = {
    "Vacuum": lambda: lab.Vacuum(2),
    "Coherent": lambda: lab.Coherent([0.3, 0.1], [-0.2, 0.5]),
    "Coherent of one mode": lambda: lab.Coherent(0.3, -0.2),
    "SqueezedVacuum": lambda: lab.SqueezedVacuum([0.3, 0.1], [-0.2, 2.5]),
    "DisplacedSqueezed": lambda: lab.DisplacedSqueezed([0.3, 0.1], 0.4, 0.5, [-0.2, 2.5]),
    "Thermal": lambda: lab.Thermal([0.3, 0.0]),
    "TMSV": lambda: lab.TMSV(0.4, 0.7),
    "Gaussian": lambda: lab.Gaussian(2, eigenvalues=[1.3, 2.0]),
    "pure Gaussian": lambda: lab.Gaussian(2),
    "of a circuit": lambda: lab.Vacuum(2) >> lab.S2gate(0.3, 0.2) >> lab.Dgate(0.2, 0.1, modes=[1]),
    "mixed, of a circuit": lambda: lab.Vacuum(2) >> lab.S2gate(0.3, 0.2) >> lab.Attenuator(0.6, modes=[1]),
}


@pytest.mark.parametrize("name", GAUSSIAN_STATES)
def test_states_are_prepared_with_their_means_and_covariances(name):
    state = GAUSSIAN_STATES[name]()
    found = prepared_state(from_mrmustard(state))
    np.testing.assert_allclose(found.mean, np.asarray(state.means), atol=1e-12)
    np.testing.assert_allclose(found.cov, np.asarray(state.cov), atol=1e-11)


def test_states_keep_their_modes_and_start_circuits():
    squeezed = lab.SqueezedVacuum(0.3)[2]
    assert from_mrmustard(squeezed).operations == (ops.PrepareSqueezed((2,), 0.3),)
    circuit = from_mrmustard(lab.Circuit([lab.Rgate(0.2, modes=[1])]), start=lab.Vacuum(2))
    assert circuit.operations == (ops.PrepareVacuum((0,)), ops.PrepareVacuum((1,)), ops.Rotation((1,), 0.2))


def test_states_of_the_fock_basis_are_kets_and_density_matrices():
    assert from_mrmustard(lab.Fock([2, 0])).operations == (ops.PrepareFock((0,), 2), ops.PrepareFock((1,), 0))
    rng = np.random.default_rng(1)
    ket = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    ket /= np.linalg.norm(ket)
    (op,) = from_mrmustard(lab.State(ket=ket)).operations
    held = np.array(op.amplitudes).reshape(3, 3)
    np.testing.assert_array_equal(held[:2], ket)
    assert not held[2].any()
    (mixed,) = from_mrmustard(lab.State(ket=ket) >> lab.Attenuator(0.5, modes=[1])).operations
    dm = np.asarray((lab.State(ket=ket) >> lab.Attenuator(0.5, modes=[1])).dm())
    rho = np.array(mixed.elements).reshape((mixed.cutoff,) * 4)[
        : dm.shape[0], : dm.shape[1], : dm.shape[0], : dm.shape[1]
    ]
    np.testing.assert_allclose(rho, dm, atol=1e-14)


# --- comparison, totality, refusals ----------------------------------------------------------------------------------


def test_circuits_are_compared_with_ours():
    theirs = lab.Circuit([lab.BSgate(0.3, 0.2, modes=[0, 1]), lab.Dgate(0.1, 0.2, modes=[1])])
    ours = (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.Displacement((1,), 0.2, 0.4))
    assert compare(theirs, Circuit(2, ours)).equivalent
    assert compare(Circuit(4, ours), theirs).equivalent  # modes that nothing touches have no trace in MrMustard
    assert compare(theirs, theirs).equivalent
    assert not compare(theirs, Circuit(2, (ours[0], ops.Displacement((1,), 0.2, 0.41)))).equivalent
    assert not compare(theirs, lab.Circuit([lab.BSgate(0.3, 0.2, modes=[0, 1])])).equivalent


def test_every_object_of_mrmustard_is_read_or_refused_by_name():
    gates, states, detectors = (
        __import__(f"mrmustard.lab.{m}", fromlist=["x"]) for m in ("gates", "states", "detectors")
    )
    assert {*gates.__all__} == {*GATES, "Amplifier"}
    assert {*states.__all__} == {*STATES, "Gaussian"}
    assert {*detectors.__all__} == {"PNRDetector", "Homodyne", "Heterodyne", *REFUSED}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: lab.ThresholdDetector(modes=[0]), "ThresholdDetector: is not read: a click detector"),
        (lambda: lab.Generaldyne(lab.Coherent(0.1), modes=[0]), "Generaldyne: is not read"),
        (lambda: photon_counters(dark_counts=0.1, modes=[0]), "dark counts"),
        (lambda: lab.PNRDetector(stochastic_channel=np.eye(3), modes=[0]), "stochastic channels"),
        (lambda: lab.Homodyne([0.1, 0.2], modes=[2, 0]), "modes must be in ascending order"),
        (lambda: lab.Homodyne(0.1, 0.2, modes=[0], r=2.0), "squeezing r = 2 is not a homodyne readout"),
        (lambda: lab.PhaseNoise(0.1, modes=[0, 1]), "the first mode only"),
        (
            lambda: lab.Circuit([lab.Rgate(0.1, modes=[0]), lab.Vacuum(1)]),
            "operation 1 Vacuum: a state within a circuit",
        ),
        (lambda: lab.Circuit([lab.Homodyne(0.1, modes=[0]), lab.Rgate(0.1, modes=[0])]), "mode 0 was read before"),
        (lambda: lab.Interferometer(2, np.array([[1.0, 0.5], [0.0, 1.0]])), "must be unitary"),
        (lambda: lab.Ggate(1, np.diag([2.0, 2.0])), "symplectic"),
        (lambda: lab.Rgate(np.nan, modes=[0]), "finite"),
        (lambda: lab.Rgate([0.1, 0.2, 0.3], modes=[0, 1]), "angle must be one number or 2, found 3"),
        (lambda: lab.Rgate(0.1, modes=[100_000]), r"integers in 0\.\.9999"),
        (lambda: lab.State(ket=np.array([1.0, 1.0])), "the norm of the amplitudes must be 1"),
        (lambda: lab, "objects of the package mrmustard are read"),
        (lambda: 3, "objects of the package mrmustard are read, found int"),
    ],
)
def test_what_is_not_read_is_refused_with_the_reason(make, reason):
    with pytest.raises(CircuitError, match=reason) as refused:
        from_mrmustard(make())
    assert "\n" not in str(refused.value)


def test_another_hbar_is_refused(monkeypatch):
    class Settings:
        HBAR = 1.0

    monkeypatch.setattr(mrmustard, "settings", Settings())
    with pytest.raises(CircuitError, match=r"settings\.HBAR must be 2, found 1"):
        from_mrmustard(lab.Rgate(0.1))
