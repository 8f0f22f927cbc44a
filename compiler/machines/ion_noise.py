"""Noise that ion programs collect over time, and their readouts as bits of the spin."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.costs.noise import DEPHASING, waiting_noise, with_noise
from compiler.costs.schedule import asap
from compiler.ions.motion import MotionNoise, MotionRates, motion_noise
from compiler.ions.schedule import IonSchedule, PulseTimes, schedule
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS, Dephasing, DisplacementReadout, Homodyne, Operation, phase_degree
from compiler.machines.ion_file import IonFile, gate_of
from compiler.machines.layout import ION_FILE, read_layout
from compiler.machines.machine import NoisyCircuit, Results
from hardware_profiles.schema import Profile


def ion_schedule(file: IonFile, profile: Profile) -> IonSchedule | None:
    """Schedule the sequences of a file; None where the profile does not time displacements."""
    pulse = profile.primitives.get("SpinDependentDisplacement")
    if pulse is None or pulse.duration_s is None or profile.spins is None:
        return None
    times = PulseTimes(_duration_s("SpinRotation", profile), 0.0, pulse.duration_s.value)
    return schedule([gate_of(sequence) for sequence in file.sequences], int(profile.spins.count.value), times)


def ion_duration_s(native: Circuit, file: IonFile, profile: Profile) -> float | None:
    """Return the time of a program: its sequences, then all other operations; None where sequences are not timed.

    Displacement readouts follow one another, each with one pulse on all its modes at once, two rotations of the spin,
    and its detection.
    """
    timed = ion_schedule(file, profile)
    if timed is None:
        return None
    gates = [op for op in native.operations if not isinstance(op, DisplacementReadout)]
    readouts = len(native.operations) - len(gates)
    read_s = _pulses_s(profile) + _duration_s("SpinReadout", profile)
    return timed.duration_s + asap(native.with_operations(tuple(gates)), profile).duration_s + readouts * read_s


def readout_clock_s(native: Circuit, file: IonFile, profile: Profile) -> tuple[float, ...] | None:
    """Return when the pulse of each displacement readout ends, in order, counted from the start; None if not timed.

    What stands before a readout in the program takes the time that it would take alone.
    """
    out: list[float] = []
    for index, op in enumerate(native.operations):
        if not isinstance(op, DisplacementReadout):
            continue
        earlier = tuple(sequence for sequence in file.sequences if sequence.operation < index)
        before = native.with_operations(native.operations[:index])
        start_s = ion_duration_s(before, file.model_copy(update={"sequences": earlier}), profile)
        if start_s is None:
            return None
        out.append(max([start_s + _pulses_s(profile), *out[-1:]]))
    return tuple(out)


def _pulses_s(profile: Profile) -> float:
    """Return the duration of the pulses of a displacement readout: one displacement between two spin rotations."""
    return _duration_s("SpinDependentDisplacement", profile) + 2.0 * _duration_s("SpinRotation", profile)


def _duration_s(primitive: str, profile: Profile) -> float:
    spec = profile.primitives.get(primitive)
    return 0.0 if spec is None or spec.duration_s is None else spec.duration_s.value


def ion_noise(native: Circuit, file: IonFile, profile: Profile) -> MotionNoise | None:
    """Return heating and dephasing of every mode while a program runs; None where the profile does not time it."""
    duration_s = ion_duration_s(native, file, profile)
    return None if duration_s is None else motion_noise(duration_s, _rates(profile))


def _rates(profile: Profile) -> MotionRates:
    rates = profile.noise
    heating = 0.0 if rates.heating_quanta_per_s is None else rates.heating_quanta_per_s.value
    turning = 0.0 if rates.dephasing_rad2_per_s is None else rates.dephasing_rad2_per_s.value
    return MotionRates(heating, 2.0 / turning if turning else None)


@dataclass(frozen=True, slots=True)
class ReadoutNoise:
    """Noise of a trap on the displacement readouts of a program; None where the profile does not state it.

    Attributes
    ----------
    duration_s : float or None
        Time until the pulse of the last displacement readout has ended. A lower bound where the profile does
        not time every operation.
    heating_quanta_per_s : float or None
        ndot of every mode.
    coherence_s : float or None
        T of every mode: ``|0><1|`` decays as ``e^{-t/T}``.
    flip_probability : float or None
        q: with it the spin is read wrong, so that means of bits shrink by ``1 - 2 q``.
    """

    duration_s: float | None
    heating_quanta_per_s: float | None
    coherence_s: float | None
    flip_probability: float | None

    @property
    def motion(self) -> MotionNoise:
        """Variances that heating and dephasing add, ``2 ndot t`` and ``2 t / T``; 0 where a rate is not stated.

        >>> round(ReadoutNoise(2e-3, 10.0, 1.0, 0.01).motion.dephasing_variance, 9)
        0.004
        """
        return motion_noise(self.duration_s or 0.0, MotionRates(self.heating_quanta_per_s or 0.0, self.coherence_s))


def readout_noise(native: Circuit, profile: Profile, layout: str) -> ReadoutNoise:
    """Collect the noise of a trap on a compiled program up to its last displacement readout.

    Parameters
    ----------
    native : Circuit
        Compiled for the profile; with at least one `DisplacementReadout` for a duration.
    profile : Profile
    layout : str
        Text of the layout file.

    Raises
    ------
    InputError
        If the layout file is wrong.
    """
    clock = readout_clock_s(native, read_layout(IonFile, layout, ION_FILE), profile)
    heating = profile.noise.heating_quanta_per_s
    return ReadoutNoise(
        clock[-1] if clock else None,
        None if heating is None else heating.value,
        _rates(profile).motional_coherence_s,
        flip_probability(profile),
    )


def flip_probability(profile: Profile) -> float | None:
    """Return the probability that the bit of a spin is read wrong; None where the profile does not state it."""
    spin = profile.measurement.get("spin-one-bit")
    return None if spin is None or spin.flip_probability is None else spin.flip_probability.value


def with_ion_noise(
    native: Circuit, profile: Profile, file: IonFile, scale: float, without: Collection[str] = ()
) -> NoisyCircuit:
    """Place the noise of a profile in an ion program.

    Operations have their own losses and noises (`compiler.costs.noise`). Noise per second acts before readouts: before
    a displacement readout, on its modes and on all that later operations use, for the time until its pulse has ended,
    since the last such readout; before other readouts, and at the end for modes that are not read, for the rest of the
    time that the sequences and all other operations take. A mode that is prepared after a readout waits from that
    readout on. Dephasing has no exact simulation beside phases of degree 3 or more and is left out there, with a line
    that says so. Bits of the spin flip with the probability that the profile states.
    """
    own = with_noise(native, profile, scale, {*without, "waiting"})
    q = 0.0 if "detector" in without else min(0.5, scale * (flip_probability(profile) or 0.0))
    bits = {*(one.result for one in file.readouts), *(one.result for one in file.displacement_readouts)}
    flips = {name: q for name in native.results if q and name in bits}
    if "waiting" in without:
        return NoisyCircuit(own, flips=flips)
    duration_s, clock = ion_duration_s(native, file, profile), readout_clock_s(native, file, profile)
    if duration_s is None or clock is None:
        left = "the profile gives no durations of pulses, so heating and dephasing are left out"
        return NoisyCircuit(own, (left,), flips)
    kept = DEPHASING not in without and not any((phase_degree(op) or 0) > 2 for op in native.operations)
    rate = profile.noise.dephasing_rad2_per_s
    left_out: tuple[str, ...] = ()
    if not kept and rate is not None and rate.value * duration_s * scale > 0.0:
        turned = sqrt(rate.value * duration_s * scale)
        left_out = (f"dephasing, a random rotation by {turned:.2g} rad, is left out: it has no exact simulation here",)

    since: dict[int, float] = {}  # mode -> until when its noise is placed
    now_s = 0.0  # end of the last pulse of a displacement readout

    def until(mode: int, end_s: float) -> list[Operation]:
        noise = waiting_noise(mode, scale * (end_s - since.get(mode, 0.0)), profile)
        since[mode] = end_s
        return [op for op in noise if kept or not isinstance(op, Dephasing)]

    ends = iter(clock)
    later = _used_later(own)
    read = {m for op in native.operations if isinstance(op, Homodyne | DisplacementReadout) for m in op.modes}
    out: list[Operation] = []
    for op, used_later in zip(own.operations, later, strict=True):
        if isinstance(op, PREPARATIONS):
            since[op.modes[0]] = now_s
        elif isinstance(op, DisplacementReadout):
            now_s = next(ends)
            out += [new for m in (*op.modes, *sorted(used_later - set(op.modes))) for new in until(m, now_s)]
        elif isinstance(op, Homodyne):
            out += until(op.modes[0], duration_s)
        out.append(op)
    out += [new for m in range(native.modes) if m not in read for new in until(m, duration_s)]
    return NoisyCircuit(native.with_operations(tuple(out)), left_out, flips)


def _used_later(circuit: Circuit) -> list[frozenset[int]]:
    """Return, for every operation, the modes that later operations use before they are prepared anew."""
    out: list[frozenset[int]] = []
    used: frozenset[int] = frozenset()
    for op in reversed(circuit.operations):
        out.append(used)
        used = used - set(op.modes) if isinstance(op, PREPARATIONS) else used | set(op.modes)
    return out[::-1]


def as_bits(results: Results, file: IonFile, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw the spin's bits of quadratures, +1 or -1 with ``P(+) = (1 + cos(kappa q)) / 2``, shot by shot.

    Results of displacement readouts are bits already.
    """
    kappa = {reading.result: reading.kappa for reading in file.readouts}
    return {
        name: np.where(rng.random(len(q)) < 0.5 * (1.0 + np.cos(kappa[name] * q)), 1.0, -1.0) if name in kappa else q
        for name, q in results.items()
    }
