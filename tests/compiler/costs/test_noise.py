"""Noise of a profile placed in a circuit, on a small profile made by hand: every number below follows from it."""

import pytest
from random_programs import device, noisy_device

from compiler.costs.noise import PARTS, with_noise, without_effect
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile, profile_from_data

FED = Polynomial.monomial(("y",))
READ = Circuit(
    2,
    (
        ops.PrepareSqueezed((1,), 0.3),
        ops.Squeeze((0,), 0.2),
        ops.ControlledX((0, 1), 1.0),
        ops.Homodyne((1,), 0.0, "y"),
        ops.Displacement((0,), FED, 0.0),
        ops.Homodyne((0,), 0.0, "z"),
    ),
    (1,),
)
"""Schedule: preparation 0-4, squeezer 0-2, controlled gate 4-5, readout 5-10, displacement 10-13, readout 13-18."""

ETA = {db: 10 ** (-db / 10) for db in (0.25, 0.5, 1.0, 2.0)}
EVERYTHING_BUT_WAITING = [
    ops.PrepareSqueezed((1,), 0.3),
    ops.Loss((1,), ETA[0.5]),
    ops.Squeeze((0,), 0.2),
    ops.Loss((0,), ETA[1.0]),
    ops.DisplacementNoise((0,), 0.05, 0.05),
    ops.ControlledX((0, 1), 1.0),
    ops.Loss((0,), ETA[0.25]),
    ops.Loss((1,), ETA[0.25]),
    ops.Loss((1,), ETA[2.0]),
    ops.Homodyne((1,), 0.0, "y"),
    ops.Displacement((0,), FED, 0.0),
    ops.Loss((0,), ETA[2.0]),
    ops.Homodyne((0,), 0.0, "z"),
]


def test_losses_and_added_noise_follow_gates_and_precede_readouts():
    assert list(with_noise(READ, noisy_device()).operations) == EVERYTHING_BUT_WAITING


@pytest.mark.parametrize(
    ("part", "gone"),
    [("preparation", {1}), ("gates", {3, 4, 6, 7}), ("detector", {8, 11}), ("waiting", set())],
)
def test_parts_can_be_left_out(part, gone):
    expected = [op for i, op in enumerate(EVERYTHING_BUT_WAITING) if i not in gone]
    assert list(with_noise(READ, noisy_device(), without=[part]).operations) == expected


def waited(circuit, latency=0.0, **rates):
    """What each mode suffers by waiting, as (mode, operation) without the rest."""
    noisy = with_noise(circuit, noisy_device(feed_forward_latency_s=latency, **rates), without=set(PARTS) - {"waiting"})
    return [op for op in noisy.operations if isinstance(op, ops.NOISE)]


def seconds(circuit, latency=0.0):
    """Seconds of waiting, by mode, in the order of the circuit, from the dephasing at 1 rad^2 per second."""
    return [(op.modes[0], op.variance) for op in waited(circuit, latency, dephasing_rad2_per_s=1.0)]


@pytest.mark.parametrize("latency", [0.0, 7.0])
def test_modes_wait_since_their_last_operation_and_for_feed_forward(latency):
    # mode 0: squeezer 2 s, waits until 4, gate 1 s, waits for the readout of mode 1 and the latency, 3 s, readout 5 s;
    # mode 1 starts when it is needed, then 1 and 5 s
    expected = [(0, 2.0), (0, 2.0), (0, 1.0), (1, 1.0), (1, 5.0), (0, 5.0 + latency), (0, 3.0), (0, 5.0)]
    found = seconds(READ, latency)
    assert [mode for mode, _ in found] == [mode for mode, _ in expected]
    assert [time for _, time in found] == pytest.approx([time for _, time in expected])


def test_heating_adds_two_quanta_of_variance():
    (found,) = waited(Circuit(1, (ops.Squeeze((0,), 0.2),)), heating_quanta_per_s=0.3)
    assert isinstance(found, ops.DisplacementNoise)
    assert (found.x_variance, found.p_variance) == pytest.approx((1.2, 1.2))  # 2 x 0.3 quanta/s x 2 s


@pytest.mark.parametrize("quanta", [None, 0.0, 0.7])
def test_loss_per_second_and_its_environment(quanta):
    rates = {} if quanta is None else {"environment_quanta": quanta}
    (found,) = waited(Circuit(1, (ops.Squeeze((0,), 0.2),)), loss_db_per_s=0.5, **rates)
    assert found.eta == pytest.approx(ETA[1.0])
    assert type(found) is (ops.ThermalLoss if quanta else ops.Loss)
    assert getattr(found, "nbar", None) == (quanta or None)


RATES = {"loss_db_per_s": 0.5, "heating_quanta_per_s": 0.1, "dephasing_rad2_per_s": 0.2, "environment_quanta": 0.3}


def test_scale_multiplies_decibels_and_variances():
    assert with_noise(READ, noisy_device(**RATES), 0.0) == READ
    one, two = (with_noise(READ, noisy_device(**RATES), s).operations for s in (1.0, 2.0))
    assert len(one) == len(two) > 20
    for a, b in zip(one, two, strict=True):
        if isinstance(a, ops.ThermalLoss):
            assert (b.eta, b.nbar) == pytest.approx((a.eta**2, a.nbar))
        elif isinstance(a, ops.DisplacementNoise):
            assert (b.x_variance, b.p_variance) == pytest.approx((2 * a.x_variance, 2 * a.p_variance))
        elif isinstance(a, ops.Dephasing):
            assert b.variance == pytest.approx(2 * a.variance)
        else:
            assert a == b


def test_everything_left_out_is_the_circuit():
    assert with_noise(READ, noisy_device(**RATES), without=PARTS) == READ


@pytest.mark.parametrize(("arguments", "message"), [((1.0, ["gate"]), "parts of the noise"), ((-1.0,), "loss scale")])
def test_unknown_parts_and_negative_scales_are_refused(arguments, message):
    with pytest.raises(CircuitError, match=message):
        with_noise(READ, noisy_device(), *arguments)


def test_noise_per_time_without_durations_is_told():
    circuit = Circuit(1, (ops.Squeeze((0,), 0.2), ops.Homodyne((0,), 0.0, "x")))
    still = {"Squeeze": {}, "Homodyne": {}}
    for rate in ("loss_db_per_s", "heating_quanta_per_s", "dephasing_rad2_per_s"):
        text = without_effect(circuit, device(still, **{rate: 0.5}))
        assert text is not None and "no duration_s for homodyne, squeezer and no feed-forward latency" in text
        assert without_effect(circuit, device(still, **{rate: 0.0})) is None
        assert without_effect(circuit, device({"Squeeze": {"duration_s": 2.0}}, **{rate: 0.5})) is None
    assert without_effect(circuit, device(still, environment_quanta=1.0)) is None  # no rate, no noise


def test_macronodes_bring_the_noise_of_a_cluster():
    cluster = load_profile("mqc3-quadrail")
    with pytest.raises(CircuitError, match=r"adds noise at every macronode; use machine_of\(profile\).noisy"):
        with_noise(READ, cluster)
    assert with_noise(READ, cluster, placed_on_cluster=True).results == READ.results
    placed = with_noise(READ, noisy_device(), placed_on_cluster=True)
    added = ops.DisplacementNoise((0,), 0.05, 0.05)  # the macronodes add it, and operations only lose
    assert list(placed.operations) == [op for op in EVERYTHING_BUT_WAITING if op != added]


@pytest.mark.parametrize("end", [ops.PhotonCount((0,), "n"), ops.PostSelect((0,), 0.0, 0.1)], ids=str)
def test_the_loss_of_every_detector_comes_before_it(end):
    """A counter of 2 dB: its inefficiency precedes it, is part of the detector, and not of the gates."""
    name = type(end).__name__
    data = noisy_device().model_dump(mode="json")
    data["operations"][name] = data["operations"]["Homodyne"]
    profile = profile_from_data(data, "counter")
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), 0.3), end))
    found = with_noise(circuit, profile, without=("preparation", "waiting")).operations
    assert found == (ops.PrepareSqueezed((0,), 0.3), ops.Loss((0,), ETA[2.0]), end)
    assert with_noise(circuit, profile, without=("preparation", "waiting", "detector")) == circuit


def test_both_modes_of_a_prepared_pair_start_fresh():
    """A mode that a ket prepares again did not wait before; this holds for every mode of the ket."""
    pair = ops.PrepareKet((1, 0), 2, (0.0, 0.6, 0.8, 0.0))
    profile = noisy_device(loss_db_per_s=0.1)
    late = (ops.Squeeze((0,), 0.2), pair, ops.Displacement((0,), 0.1, 0.0), ops.Displacement((1,), 0.1, 0.0))
    found = with_noise(Circuit(2, late), profile, without=("gates",)).operations
    assert found[found.index(pair) + 1] == late[2]
