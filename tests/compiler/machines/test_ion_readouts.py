"""Displacement readouts on ions: their pulses act as the Kraus operators, last as long as pulses do, and are proved."""

from __future__ import annotations

import json
from datetime import date
from math import exp, sqrt

import numpy as np
import pytest
from displacement_readouts import (
    CONTEXTS,
    by_spin,
    covariance,
    displacement,
    kraus,
    mean_after_noise,
    on_mode,
    on_spin,
    triangle,
    with_spin,
)

from compiler.artifact import check_artifact, write_artifact
from compiler.errors import InputError, NotMappableError
from compiler.exports.format import ExportInput
from compiler.exports.jaqal import read_jaqal
from compiler.exports.qscout import FORMAT
from compiler.files import json_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import check_native, machine_of
from compiler.machines.ion_file import IonFile
from compiler.machines.ion_noise import readout_noise
from compiler.machines.layout import ION_FILE, read_layout
from compiler.machines.machine import flipped
from compiler.pipeline import CompiledProgram, compile_circuit
from hardware_profiles import Profile, apply_overrides, load_profile
from simulations.programs.exponents import exponent_variances

TRAP = load_profile("trapped-ion-motional")
TODAY = date(2026, 11, 30)
PULSE, SPLITTER, DETECTION = 1e-4, 1e-4, 4.6e-5
"""Seconds of a displacement by the spin, of a beamsplitter, and of reading the spin, as the trap's profile states."""

READ = ops.DisplacementReadout((1, 0), (0.4, -0.1), (0.3, 0.5), "a")
TWICE = Circuit(2, (ops.Displacement((0,), 0.3, 0.1), READ, ops.DisplacementReadout((1,), (0.0,), (0.7,), "b")))


def file_of(program: CompiledProgram) -> IonFile:
    assert program.layout is not None
    return read_layout(IonFile, program.layout.text, ION_FILE)


def coherent_and_squeezed(cutoff: int) -> np.ndarray:
    """A ket of two modes in neither of which anything is symmetric: random low levels, mixed."""
    rng = np.random.default_rng(7)
    low = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    ket = np.zeros((cutoff, cutoff), dtype=complex)
    ket[:4, :4] = low / np.linalg.norm(low)
    return on_mode(on_mode(ket, 0.3 - 0.2j, 0), 0.1 + 0.4j, 1)


def test_pulses_of_the_file_act_as_the_kraus_operators() -> None:
    """The spin is simulated beside 30 Fock levels of each mode."""
    (reading,) = file_of(compile_circuit(Circuit(2, (READ,)), TRAP)).displacement_readouts
    assert (reading.operation, reading.result, reading.modes) == (0, "a", (1, 0))
    g = [size * np.exp(1j * angle) for size, angle in zip(reading.amplitude, reading.angle, strict=True)]
    ket = coherent_and_squeezed(30)  # axis 0 is mode 1
    read = on_spin(by_spin(on_spin(with_spin(ket), *reading.prepare), g), *reading.analyse)
    for level, sign in ((0, 1), (1, -1)):
        kicked = on_mode(on_mode(read[level], g[0], 0), g[1], 1)
        ideal = kraus(ket, READ.alpha, READ.beta, sign)
        probability = float(np.sum(np.abs(ideal) ** 2))
        assert 0.2 < probability < 0.8
        overlap = np.vdot(ideal, kicked) / probability
        assert abs(overlap) == pytest.approx(1.0, abs=1e-10)  # up to a phase
        assert float(np.sum(np.abs(kicked) ** 2)) == pytest.approx(probability, abs=1e-10)


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_bit_of_the_triangle_has_its_closed_form(context: int | None) -> None:
    """``P(+1) = (1 + Re <D>) / 2``, <D> from covariances and the amplitudes in the file."""
    w, r = 1.0, 0.8
    (reading,) = file_of(compile_circuit(triangle(w, r, context), TRAP)).displacement_readouts
    g = np.array(reading.amplitude) * np.exp(1j * np.array(reading.angle))
    v = np.concatenate([2.0 * g.imag, -2.0 * g.real])  # g = (-alpha + i beta) / 2
    mean = exp(-0.5 * v @ covariance(w, r) @ v)
    assert mean == pytest.approx(0.621445 if context is None else 0.853364, abs=5e-7)


def test_jaqal_acts_as_the_kraus_operators() -> None:
    """The instructions for QSCOUT, two readouts by two ions: both strings of bits that begin with +1."""
    program = compile_circuit(TWICE, load_profile("trapped-ion-qscout"))
    assert program.layout is not None
    text = FORMAT.write(ExportInput(program.source, program.circuit, program.profile, program.layout.text))
    lines = read_jaqal(text)
    assert [line.arguments[0] for line in lines] == [0, *[5] * 6, *[4] * 4]  # ions, one after another
    ket = coherent_and_squeezed(30)
    moved = on_mode(ket, 0.5 * (0.3 + 0.1j), 0)
    for second in (1, -1):
        ideal = kraus(kraus(moved, (-0.1, 0.4), (0.5, 0.3), 1), (0.0, 0.0), (0.0, 0.7), second)
        found = ket
        for ion, level in ((0, 0), (5, 0), (4, 0 if second > 0 else 1)):
            beside = with_spin(found)
            for line in (line for line in lines if line.arguments[0] == ion):
                if line.name == "R":
                    beside = on_spin(beside, line.arguments[2], line.arguments[1])
                else:  # zCD, on m0i1 or m1i1
                    amplitudes = [0j, 0j]
                    amplitudes[int(line.arguments[1])] = complex(line.arguments[3], line.arguments[4])
                    beside = by_spin(beside, amplitudes)
            found = beside[level]
        probability = float(np.sum(np.abs(ideal) ** 2))
        assert 0.1 < probability < 0.9
        assert abs(np.vdot(ideal, found)) == pytest.approx(probability, abs=1e-10)  # equal up to a phase
        assert float(np.sum(np.abs(found) ** 2)) == pytest.approx(probability, abs=1e-10)


def test_the_triangle_takes_two_beamsplitters_and_one_pulse() -> None:
    program = compile_circuit(triangle(1.0, 1.0), TRAP)
    assert program.layout is not None and program.verification.equivalent
    assert program.resources.counts["beam_splitter"] == 2 and program.resources.counts["squeezer"] == 3
    assert program.layout.summary["sequences"] == 0 and program.layout.summary["displacement_readouts"] == 1
    noise = readout_noise(program.circuit, TRAP, program.layout.text)
    assert noise.duration_s == pytest.approx(2 * SPLITTER + PULSE)
    assert (noise.heating_quanta_per_s, noise.coherence_s, noise.flip_probability) == (0.56, 1.0, 0.0009)
    assert noise.motion.added_variance == pytest.approx(2 * 0.56 * noise.duration_s)
    assert noise.motion.dephasing_variance == pytest.approx(2.0 * noise.duration_s)


def slowed(t: float, coherence_s: float | None) -> Profile:
    """The trap of the design's table: 10 quanta per second, q = 0.01, and t seconds until the pulse of a readout ends.

    Half of the time is that of two beamsplitters.
    """
    numbers = {
        "operations.BeamSplitter.duration_s": t / 4.0,
        "primitives.SpinDependentDisplacement.duration_s": t / 2.0,
        "noise.heating_quanta_per_s": 10.0,
        "noise.dephasing_rad2_per_s": 0.0 if coherence_s is None else 2.0 / coherence_s,
        "measurement.spin-one-bit.flip_probability": 0.01,
    }
    return apply_overrides(TRAP, numbers, TODAY)


@pytest.mark.parametrize(
    ("t", "coherence_s", "wanted"),
    [
        (2e-3, None, (2.663399, 2.850486)),
        (2e-3, 0.05, (0.977612, 0.793026)),
        (2e-3, 1.0, (2.394235, 2.446000)),
        (2e-4, 1.0, (3.023735, 3.228808)),
    ],
)
def test_placed_noise_gives_the_predicted_sum(t: float, coherence_s: float | None, wanted: tuple[float, float]) -> None:
    """S of the four compiled contexts, their noise read from the noisy circuits and averaged over by quadrature."""
    profile = slowed(t, coherence_s)
    for r, value in zip((0.8, 1.0), wanted, strict=True):
        total = 0.0
        for context in CONTEXTS:
            program = compile_circuit(triangle(1.0, r, context), profile)
            assert program.layout is not None
            noisy = machine_of(profile).noisy(program.circuit, profile, program.layout.text)
            *before, last = noisy.circuit.operations
            assert isinstance(last, ops.DisplacementReadout) and noisy.left_out == ()
            heat = [(op.modes, op.x_variance, op.p_variance) for op in before if isinstance(op, ops.DisplacementNoise)]
            turn = [(op.modes, op.variance) for op in before if isinstance(op, ops.Dephasing)]
            assert [modes for modes, *_ in heat] == [(0,), (1,), (2,)]
            assert {*(x for _, x, _ in heat), *(p for *_, p in heat)} == {heat[0][1]}
            assert len({variance for _, variance in turn}) == (0 if coherence_s is None else 1)
            turned = turn[0][1] if turn else 0.0
            mean = mean_after_noise(covariance(1.0, r), *displacement(context, 1.0), heat[0][1], turned)
            total += (1.0 - 2.0 * noisy.flips["m"]) * mean  # <A> is minus the mean of the bit
        assert total == pytest.approx(value, abs=6e-7)


def test_a_second_readout_waits_for_the_detection_of_the_first() -> None:
    program = compile_circuit(TWICE, TRAP)
    assert program.layout is not None
    noisy = machine_of(TRAP).noisy(program.circuit, TRAP, program.layout.text, without=("dephasing",))
    placed = [
        (op.modes[0], op.x_variance / (2 * 0.56))
        for op in noisy.circuit.operations
        if type(op).__name__ == "DisplacementNoise"
    ]
    assert placed == [(1, pytest.approx(PULSE)), (0, pytest.approx(PULSE)), (1, pytest.approx(DETECTION + PULSE))]
    assert readout_noise(program.circuit, TRAP, program.layout.text).duration_s == pytest.approx(2 * PULSE + DETECTION)
    assert program.layout.summary["duration_s"] == pytest.approx(2 * (PULSE + DETECTION))
    slow = apply_overrides(TRAP, {"primitives.SpinRotation.duration_s": 1e-5}, TODAY)
    again = compile_circuit(TWICE, slow)
    assert again.layout is not None
    assert readout_noise(again.circuit, slow, again.layout.text).duration_s == pytest.approx(
        2 * PULSE + DETECTION + 4e-5
    )


def heating(program: CompiledProgram) -> list[tuple[int, ...] | tuple[int, float]]:
    """Where heating is placed, as (mode, seconds), between the modes of gates, preparations and readouts."""
    assert program.layout is not None
    placed = machine_of(TRAP).noisy(program.circuit, TRAP, program.layout.text, without=("dephasing",))
    return [
        (op.modes[0], round(op.x_variance / (2 * 0.56), 9)) if isinstance(op, ops.DisplacementNoise) else op.modes
        for op in placed.circuit.operations
        if not isinstance(op, ops.Rotation | ops.Squeeze)
    ]


def test_modes_that_meet_after_a_readout_are_heated_once() -> None:
    """The beamsplitter mixes what both modes got before: the second exponent holds the heating of one mode, to the end.

    Heating of both modes at one rate passes a beamsplitter unchanged, so its share of the variance of ``beta x`` is
    ``2 ndot t beta^2``.
    """
    read = [ops.DisplacementReadout((m,), (0.0,), (0.7,), name) for m, name in ((0, "a"), (1, "b"))]
    squeezed = (ops.PrepareSqueezed((0,), -0.5), ops.PrepareSqueezed((1,), 0.3))
    program = compile_circuit(Circuit(2, (*squeezed, read[0], ops.BeamSplitter((0, 1), 0.6), read[1])), TRAP)
    assert program.layout is not None
    machine = machine_of(TRAP)
    variance = [
        exponent_variances(
            machine.noisy(program.circuit, TRAP, program.layout.text, scale, ("dephasing",)).circuit,
            lambda op: (exp(-2.0 * op.r), exp(2.0 * op.r)) if isinstance(op, ops.PrepareSqueezed) else (1.0, 1.0),
        )["b"]
        for scale in (1.0, 0.0)
    ]
    end = 2 * PULSE + DETECTION + SPLITTER
    assert variance[0] - variance[1] == pytest.approx(2 * 0.56 * end * 0.7**2)


def test_a_mode_prepared_after_a_readout_waits_from_there_on() -> None:
    read = [ops.DisplacementReadout((0,), (0.0,), (0.7,), name) for name in "ab"]
    made = ops.PrepareSqueezed((0,), 0.2)
    program = compile_circuit(Circuit(2, (made, read[0], made, read[1], ops.PrepareVacuum((1,)))), TRAP)
    once, again = round(PULSE, 9), round(DETECTION + PULSE, 9)
    rest = round(DETECTION, 9)  # mode 1 is never read: it waits from its preparation until all is over
    assert heating(program) == [(0,), (0, once), (0,), (0,), (0, again), (0,), (1,), (1, rest)]


def test_sequences_come_before_the_readout_in_time() -> None:
    """A cubic phase: dephasing is left out, with a line; heating acts for the time of its pulses and the readout's."""
    bent = ops.phase(Polynomial.monomial((0, 0, 0), 0.01))
    read = ops.DisplacementReadout((0,), (0.3,), (0.0,), "m")
    program = compile_circuit(Circuit(1, (ops.PrepareSqueezed((0,), -0.2), bent, read)), TRAP)
    assert program.layout is not None
    file = file_of(program)
    kicks = sum((s.kick != 0.0) + sum(area != 0.0 for area in s.areas) for s in file.sequences)
    assert kicks > 1
    noisy = machine_of(TRAP).noisy(program.circuit, TRAP, program.layout.text)
    (heat,) = (op for op in noisy.circuit.operations if isinstance(op, ops.DisplacementNoise))
    assert heat.x_variance == pytest.approx(2 * 0.56 * (kicks + 1) * PULSE)
    assert not any(isinstance(op, ops.Dephasing) for op in noisy.circuit.operations)
    assert len(noisy.left_out) == 1 and "is left out" in noisy.left_out[0]


def test_bits_flip_with_the_probability_of_the_profile() -> None:
    """1e5 bits at q = 0.1: five standard deviations, a false alarm once in two million runs."""
    q = 0.1
    profile = apply_overrides(TRAP, {"measurement.spin-one-bit.flip_probability": q}, TODAY)
    program = compile_circuit(TWICE, profile)
    assert program.layout is not None
    machine, layout = machine_of(profile), program.layout.text
    noisy = machine.noisy(program.circuit, profile, layout)
    assert noisy.flips == {"a": q, "b": q}
    assert machine.noisy(program.circuit, profile, layout, 0.5).flips == {"a": 0.05, "b": 0.05}
    assert machine.noisy(program.circuit, profile, layout, 0.0).flips == {}
    assert machine.noisy(program.circuit, profile, layout, without=("detector",)).flips == {}
    shots = 100_000
    bits = {"a": np.ones(shots), "q": np.full(shots, 0.25)}
    rng = np.random.default_rng(3)
    read = machine.read_bits(bits, layout, rng)
    assert all(np.array_equal(read[name], bits[name]) for name in bits)  # bits and other results are left alone
    shown = flipped(read, noisy.flips, rng)
    assert np.array_equal(shown["q"], bits["q"]) and set(shown["a"]) == {-1.0, 1.0}
    assert abs(np.mean(shown["a"] < 0) - q) < 5 * sqrt(q * (1 - q) / shots)


def test_a_profile_that_states_no_noise_places_none() -> None:
    """QSCOUT times no pulses and states no flips: a line says so."""
    profile = load_profile("trapped-ion-qscout")
    program = compile_circuit(TWICE, profile)
    assert program.layout is not None
    noise = readout_noise(program.circuit, profile, program.layout.text)
    assert (noise.duration_s, noise.heating_quanta_per_s, noise.coherence_s, noise.flip_probability) == (None,) * 4
    assert noise.motion.added_variance == noise.motion.dephasing_variance == 0.0
    noisy = machine_of(profile).noisy(program.circuit, profile, program.layout.text)
    assert noisy.flips == {} and "gives no durations of pulses" in noisy.left_out[0]
    unread = compile_circuit(Circuit(1, (ops.PrepareVacuum((0,)),)), TRAP)
    assert unread.layout is not None
    assert readout_noise(unread.circuit, TRAP, unread.layout.text).duration_s is None


def test_pulses_of_another_displacement_are_found(tmp_path) -> None:
    program = compile_circuit(TWICE, TRAP)
    write_artifact(tmp_path, program)
    assert check_artifact(tmp_path).problems == ()
    assert program.layout is not None
    data = json.loads(program.layout.text)
    first, second = data["displacement_readouts"]

    def reasons(*readings: dict[str, object]) -> str:
        text = json_text({**data, "displacement_readouts": list(readings)})
        return "; ".join(str(reason) for reason in check_native(program.circuit, TRAP, text))

    assert reasons(first, second) == ""
    for key, value in (
        ("amplitude", [first["amplitude"][0] + 1e-6, first["amplitude"][1]]),
        ("angle", [first["angle"][0], first["angle"][1] + 1e-6]),
        ("amplitude", first["amplitude"][:1]),
        ("modes", [0, 1]),
        ("prepare", [first["prepare"][0], 0.0]),
        ("analyse", [-first["analyse"][0], first["analyse"][1]]),
    ):
        assert "holds the pulses of another displacement" in reasons({**first, key: value}, second), key
    assert "once, found 0 times" in reasons(second) and "once, found 2 times" in reasons(first, first, second)
    assert "it is no such readout" in reasons({**first, "operation": 0}, first, second)
    assert "reads nothing, but no operation of the circuit does" in reasons(
        first, second, {**second, "result": "nothing"}
    )
    turned = [angle - 2.0 * np.pi for angle in first["angle"]]
    assert reasons({**first, "angle": turned}, second) == ""  # the same amplitude
    for key, value in (("amplitude", [-0.1, 0.2]), ("operation", -1), ("prepare", [0.1])):
        with pytest.raises(InputError, match=r"^ions\.json: displacement_readouts\.0"):
            reasons({**first, key: value}, second)


def test_files_without_such_readouts_are_as_before() -> None:
    program = compile_circuit(Circuit(1, (ops.PrepareVacuum((0,)),)), TRAP)
    assert program.layout is not None and "displacement" not in program.layout.text
    assert file_of(program).displacement_readouts == ()


def test_bits_steer_nothing_and_phases_come_first() -> None:
    fed = ops.Displacement((0,), Polynomial.monomial(("a",)), 0.0)
    with pytest.raises(NotMappableError, match="feed-forward of a displacement readout is not available on ions here"):
        compile_circuit(Circuit(2, (READ, fed)), TRAP)
    bent = ops.phase(Polynomial.monomial((0, 0, 1), 0.01))
    with pytest.raises(NotMappableError, match="positions have no normal law after it"):
        compile_circuit(Circuit(2, (READ, bent)), TRAP)
