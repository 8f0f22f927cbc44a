"""Noise of ion programs by the clock, and their readouts as bits of the spin."""

from __future__ import annotations

from collections.abc import Collection
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.costs.noise import DEPHASING, waiting_noise, with_noise
from compiler.costs.schedule import asap
from compiler.ions.motion import MotionNoise, MotionRates, motion_noise
from compiler.ions.schedule import IonSchedule, PulseTimes, schedule
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Dephasing, Homodyne, Operation, phase_degree
from compiler.machines.ion_file import IonFile, gate_of
from compiler.machines.machine import NoisyCircuit, Results
from hardware_profiles.schema import Profile


def ion_schedule(file: IonFile, profile: Profile) -> IonSchedule | None:
    """Schedule the sequences of a file; None where the profile does not time displacements."""
    pulse = profile.primitives.get("SpinDependentDisplacement")
    if pulse is None or pulse.duration_s is None or profile.spins is None:
        return None
    rotation = profile.primitives.get("SpinRotation")
    turn = 0.0 if rotation is None or rotation.duration_s is None else rotation.duration_s.value
    times = PulseTimes(turn, 0.0, pulse.duration_s.value)
    return schedule([gate_of(sequence) for sequence in file.sequences], int(profile.spins.count.value), times)


def ion_duration_s(native: Circuit, file: IonFile, profile: Profile) -> float | None:
    """Time of a program: its sequences, and one after them all other operations; None where sequences are not timed."""
    timed = ion_schedule(file, profile)
    return None if timed is None else timed.duration_s + asap(native, profile).duration_s


def ion_noise(native: Circuit, file: IonFile, profile: Profile) -> MotionNoise | None:
    """Heating and dephasing of every mode while a program runs; None where the profile does not time it."""
    duration_s = ion_duration_s(native, file, profile)
    if duration_s is None:
        return None
    rates = profile.noise
    heating = 0.0 if rates.heating_quanta_per_s is None else rates.heating_quanta_per_s.value
    turning = 0.0 if rates.dephasing_rad2_per_s is None else rates.dephasing_rad2_per_s.value
    return motion_noise(duration_s, MotionRates(heating, 2.0 / turning if turning else None))


def with_ion_noise(
    native: Circuit, profile: Profile, file: IonFile, scale: float, without: Collection[str] = ()
) -> NoisyCircuit:
    """Place the noise of a profile in an ion program.

    Operations have their own losses and noises (`compiler.costs.noise`). Noise per second acts for the time that the
    sequences and all other operations take, before the readouts, or at the end for modes that are not read. Dephasing
    has no exact simulation beside phases of degree 3 or more and is left out there, with a line that says so.
    """
    own = with_noise(native, profile, scale, {*without, "waiting"})
    if "waiting" in without:
        return NoisyCircuit(own)
    duration_s = ion_duration_s(native, file, profile)
    if duration_s is None:
        return NoisyCircuit(own, ("the profile does not time its pulses, so nothing heats or dephases here",))
    kept = DEPHASING not in without and not any((phase_degree(op) or 0) > 2 for op in native.operations)
    rate = profile.noise.dephasing_rad2_per_s
    left_out: tuple[str, ...] = ()
    if not kept and rate is not None and rate.value * duration_s * scale > 0.0:
        turned = sqrt(rate.value * duration_s * scale)
        left_out = (f"dephasing, a random rotation by {turned:.2g} rad, is left out: it has no exact simulation here",)

    def of(mode: int) -> list[Operation]:
        noise = waiting_noise(mode, scale * duration_s, profile)
        return [op for op in noise if kept or not isinstance(op, Dephasing)]

    read = {m for op in native.operations if isinstance(op, Homodyne) for m in op.modes}
    out: list[Operation] = []
    for op in own.operations:
        if isinstance(op, Homodyne):
            out += of(op.modes[0])
        out.append(op)
    out += [new for m in range(native.modes) if m not in read for new in of(m)]
    return NoisyCircuit(native.with_operations(tuple(out)), left_out)


def as_bits(results: Results, file: IonFile, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw what the spin shows of quadratures, +1 or -1 with ``P(+) = (1 + cos(kappa q)) / 2``, shot by shot."""
    kappa = {reading.result: reading.kappa for reading in file.readouts}
    return {
        name: np.where(rng.random(len(q)) < 0.5 * (1.0 + np.cos(kappa[name] * q)), 1.0, -1.0) if name in kappa else q
        for name, q in results.items()
    }
