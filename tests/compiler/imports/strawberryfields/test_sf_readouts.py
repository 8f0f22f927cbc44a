"""Readouts of Strawberry Fields: names by mode, post-selection, feed-forward, modes that are used again, come and go.

The oracle is the state that an engine is left in, given the outcomes that it drew.
"""

import numpy as np
import pytest
from strawberryfields_programs import (
    HOMODYNE_KICK,
    assert_same_state,
    bosonic_moments,
    conditional_state,
    engine_moments,
    first_modes,
    run,
    sf_program,
)

from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, read_strawberryfields, strawberryfields
from compiler.ir import operations as ops
from compiler.ir.polynomial import Polynomial
from compiler.semantics.gaussian_state import GaussianState


def moments_and_outcomes(program):
    """What the Gaussian engine leaves, and the outcomes that it drew, by the names that they have here."""
    engine, result = run(program)
    circuit = engine.backend.circuit
    outcomes = {}
    for mode, drawn in result.samples_dict.items():
        for repetition, value in enumerate(np.ravel(drawn)):
            name = f"m{mode}" + (f"_{repetition}" if repetition else "")
            outcomes[name] = float(np.real(value))
            # a heterodyne measurement: alpha = (x + i p) / sqrt 2 of the quadratures behind the beamsplitter
            outcomes[f"{name}_x"], outcomes[f"{name}_p"] = (
                np.sqrt(2.0) * float(part) for part in (value.real, value.imag)
            )
    return GaussianState(np.array(circuit.smeanxp(), float), np.array(circuit.scovmatxp(), float)), outcomes


def check(program, results):
    circuit = from_strawberryfields(program)
    assert circuit.results == results
    state, outcomes = moments_and_outcomes(program)
    found = conditional_state(circuit, {name: outcomes[name] for name in results})
    assert_same_state(first_modes(found, state.modes), state, HOMODYNE_KICK)


def test_feed_forward_into_every_gate_that_takes_a_polynomial():
    def body(o, q):
        o.MeasureHomodyne(0.3) | q[0]
        m = q[0].par
        o.Xgate(0.5 * m + 0.1) | q[1]
        o.Zgate(0.5 * m**2).H | q[2]
        o.Dgate(m, 0.3) | q[1]
        o.Dgate(0.3, m) | q[1]
        o.Rgate(0.2 * m**2 - m) | q[2]
        o.Sgate(0.3 * m, 0.4) | q[1]
        o.Sgate(0.3, m) | q[2]
        o.Pgate(0.2 * m).H | q[2]
        o.BSgate(m, 0.3) | (q[1], q[2])
        o.BSgate(0.4, m) | (q[1], q[2])
        o.S2gate(0.3 * m, m) | (q[1], q[2])
        o.MZgate(m, 0.2) | (q[1], q[2])
        o.sMZgate(0.1, m) | (q[1], q[2])
        o.CXgate(0.2 * m) | (q[1], q[2])
        o.CZgate(0.2 * m).H | (q[1], q[2])

    check(sf_program(3, body, scrambled=True), ("m0",))


def test_feed_forward_into_preparations():
    def body(o, q):
        o.MeasureX | q[0]
        m = q[0].par
        o.DisplacedSqueezed(0.2 * m, 0.3, 0.4 * m, m) | q[2]
        o.Coherent(m, m) | q[1]
        o.Squeezed(0.3 * m, 0.2) | q[0]

    check(sf_program(3, body, scrambled=True), ("m0",))


def test_a_mode_is_used_again_after_a_readout_and_read_again():
    def body(o, q):
        o.MeasureX | q[0]
        o.Xgate(q[0].par) | q[1]
        o.Sgate(0.3) | q[0]  # on the vacuum
        o.BSgate(0.3) | (q[0], q[1])
        o.MeasureHomodyne(0.4) | q[0]
        o.Xgate(2 * q[0].par) | q[1]  # the latest result
        o.MeasureP | q[2]
        o.MeasureP | q[2]
        o.Zgate(q[2].par + q[0].par) | q[1]

    check(sf_program(3, body, scrambled=True), ("m0", "m0_1", "m2", "m2_1"))


def test_a_heterodyne_measurement_gives_two_results_and_takes_an_ancilla():
    def body(o, q):
        math = strawberryfields().math
        o.MeasureHD | q[1]
        o.Xgate(math.re(q[1].par)) | q[0]
        o.Zgate(2 * math.im(q[1].par) + 0.1) | q[2]
        o.Sgate(0.2) | q[1]
        o.BSgate() | (q[0], q[1])
        o.MeasureHD | q[1]
        o.MeasureHD | q[0]
        o.Xgate(math.re(q[1].par) ** 2) | q[2]
        o.MeasureX | q[1]
        o.Xgate(q[1].par) | q[2]  # a real result now

    program = sf_program(3, body, scrambled=True)
    circuit = from_strawberryfields(program)
    assert (circuit.modes, circuit.ancillas) == (5, (3, 4))  # mode 3 for mode 0, mode 4 for mode 1
    assert ops.BeamSplitter((1, 4), np.pi / 4, 0.0) in circuit.operations
    check(program, ("m1_x", "m1_p", "m1_1_x", "m1_1_p", "m0_x", "m0_p", "m1_2"))


def test_heterodyne_outcomes_have_the_distribution_of_the_q_function():
    """The joint covariance of both results is that of the engine's samples: Re alpha has (var x + 1) / 4."""
    from compiler.semantics.gaussian_state import prepared_state

    program = sf_program(1, lambda o, q: (o.DisplacedSqueezed(0.5, 0.3, 0.4, 0.7) | q[0], o.MeasureHD | q[0]))
    circuit = from_strawberryfields(program)
    gates = tuple(op for op in circuit.operations if not isinstance(op, ops.Homodyne))
    before = prepared_state(circuit.with_operations(gates))
    alpha = np.array([before.mean[0], before.mean[3]]) / np.sqrt(2)  # x of the mode, p of the ancilla
    one, four = np.sqrt(np.diag(before.cov)[[0, 3]] / 2)
    shots = np.array([np.ravel(run(program, seed=seed)[1].samples)[0] for seed in range(400)])
    # 5 standard errors: false-failure rate below 1e-5
    assert abs(shots.real.mean() - alpha[0]) < 5 * one / 20
    assert abs(shots.imag.mean() - alpha[1]) < 5 * four / 20
    assert shots.real.std() == pytest.approx(one, rel=5 / np.sqrt(800))
    assert shots.imag.std() == pytest.approx(four, rel=5 / np.sqrt(800))


def test_post_selection_fixes_the_result():
    def body(o, q):
        o.MeasureHomodyne(0.3, select=0.4) | q[0]
        o.Xgate(q[0].par ** 2 + 0.1) | q[1]
        o.MeasureHomodyne(0.0, select=-0.2) | q[0]  # of the vacuum

    program = sf_program(3, body, scrambled=True)
    circuit = from_strawberryfields(program)
    assert ops.PostSelect((0,), 0.3, 0.4) in circuit.operations and circuit.results == ()
    assert ops.Displacement((1,), 0.4**2 + 0.1, 0.0) in circuit.operations
    assert_same_state(conditional_state(circuit, {}), engine_moments(program), 1e-6)  # a width of 2e-4, squared


def test_an_angle_that_is_a_polynomial_turns_the_mode():
    def body(o, q):
        o.MeasureX | q[0]
        o.MeasureHomodyne(q[0].par + 0.2) | q[1]

    check(sf_program(3, body, scrambled=True), ("m0", "m1"))


def test_modes_are_deleted_and_added():
    def body(o, q):
        o.BSgate() | (q[0], q[1])
        o.Del | q[0]
        (new,) = o.New(1)
        o.Sgate(0.4) | new
        o.BSgate(0.3, 0.4) | (new, q[1])
        o.MeasureX | q[2]
        o.Del | q[2]

    program = sf_program(3, body, scrambled=True)
    found = read_strawberryfields(program)
    state, outcomes = moments_and_outcomes(program)
    assert found.circuit.modes == state.modes == 4
    wanted = conditional_state(found.circuit, {"m2": outcomes["m2"]})
    assert_same_state(wanted, state, HOMODYNE_KICK)
    assert [note.split(":")[0] for note in found.notes] == ["mode 0 is deleted", "mode 2 is deleted"]


def test_single_shots_of_the_measured_squeezer():
    """State and ancilla outcomes of the bosonic engine; mode 1 is squeezed twice."""

    def body(o, q):
        o.DisplacedSqueezed(0.3, 0.4, 0.5, 0.6) | q[0]
        o.Coherent(0.3, 0.2) | q[1]
        o.BSgate(0.4, 0.2) | (q[0], q[1])
        o.MSgate(-0.4, 0.3, 1.2, 0.9, False) | q[0]
        o.MSgate(0.4, 0.3, 1.2, 1.0, False) | q[1]
        o.MSgate(0.3, 0.1, 1.2, 0.8, False) | q[1]

    program = sf_program(2, body)
    circuit = from_strawberryfields(program)
    assert circuit.results == ("m0_anc", "m1_anc", "m1_1_anc") and circuit.ancillas == (2, 3)
    _, result = run(program, "bosonic")
    drawn = result.ancillae_samples
    outcomes = dict(zip(circuit.results, (drawn[0][0], drawn[1][0], drawn[1][1]), strict=True))
    found = first_modes(conditional_state(circuit, outcomes), 2)
    assert_same_state(found, bosonic_moments(result.state), HOMODYNE_KICK)


def test_photon_counts_are_named_by_mode_and_enter_parameters():
    def body(o, q):
        o.S2gate(0.6) | (q[1], q[0])
        o.MeasureFock() | (q[1], q[0])
        o.Xgate(q[1].par ** 2) | q[2]
        o.Rgate(0.1) | q[0]

    circuit = from_strawberryfields(sf_program(3, body))
    assert circuit.operations[-5:] == (
        ops.PhotonCount((1,), "m1"),
        ops.PhotonCount((0,), "m0"),
        ops.Displacement((2,), Polynomial.monomial(("m1", "m1")), 0.0),
        ops.PrepareVacuum((0,)),
        ops.Rotation((0,), 0.1),
    )


def test_counts_of_the_fock_engine_drive_the_displacement_that_is_read():
    def body(o, q):
        o.Coherent(0.9) | q[0]
        o.MeasureFock() | q[0]
        o.Xgate(0.5 * q[0].par ** 2) | q[1]

    program = sf_program(2, body)
    move = from_strawberryfields(program).operations[-1]
    counts = set()
    for seed in range(4):
        _, result = run(program, "fock", seed=seed, cutoff_dim=12)
        count = float(result.samples[0][0])
        counts.add(count)
        assert isinstance(move, ops.Displacement) and isinstance(move.x, Polynomial)
        # at most 2 photons here, and so a coherent state of 1 photon on average below a cutoff of 12
        assert result.state.quad_expectation(1)[0] == pytest.approx(move.x.evaluate({"m0": count}), abs=1e-4)
    assert len(counts) > 1 and max(counts) <= 2


@pytest.mark.parametrize(
    ("measure", "reason"),
    [
        (lambda o, q: o.MeasureHeterodyne(select=0.3 + 0.1j) | q[0], "select is not read"),
        (lambda o, q: o.MeasureFock(select=1) | q[0], "select is not read: a count of photons"),
        (lambda o, q: o.MeasureFock(dark_counts=0.1) | q[0], "dark_counts is not read"),
        (lambda o, q: o.MeasureThreshold() | q[0], "a click detector tells only whether"),
        (lambda o, q: (o.MeasureHD | q[0], o.Xgate(q[0].par) | q[1]), "is complex; use the re or im"),
        (lambda o, q: o.Xgate(q[0].par) | q[1], "the result of mode 0 is used before it is read"),
        (lambda o, q: (o.MeasureX | q[0], o.Kgate(q[0].par) | q[1]), "kappa must be a number here"),
        (lambda o, q: (o.MeasureX | q[0], o.LossChannel(q[0].par) | q[1]), "T must be a number here"),
    ],
)
def test_what_is_not_read_says_why(measure, reason):
    with pytest.raises(CircuitError, match=reason) as found:
        from_strawberryfields(sf_program(2, measure))
    assert "\n" not in str(found.value) and "command" in str(found.value)
