"""Compiled ion programs: their noise by the clock, and readouts as bits of the spin."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compiler.circuit import Circuit
from compiler.files import read_text
from compiler.machines.ion_file import IonFile
from compiler.machines.ions import ion_duration_s
from compiler.machines.layout_file import ION_FILE, read_layout
from compiler.noise import waiting_noise, with_noise
from compiler.operations import Dephasing, Homodyne, Operation, phase_degree
from hardware_profiles.schema import Profile


def read_ions(folder: Path) -> IonFile:
    """The pulses of a folder that ``khrnn compile`` wrote for ions."""
    return read_layout(IonFile, read_text(folder / ION_FILE), str(folder / ION_FILE))


def with_ion_noise(
    native: Circuit,
    profile: Profile,
    file: IonFile,
    scale: float,
    without: Collection[str] = (),
    *,
    dephasing: bool = True,
) -> tuple[Circuit, tuple[str, ...]]:
    """The circuit with the profile's noise, and warnings of what is left out.

    Operations have their own losses and noises (`compiler.noise`). Noise per second is that of the time that the
    sequences and all other operations take, before the readouts, or at the end for modes that are not read. Dephasing
    has no exact simulation beside phases of degree 3 or more, and none in closed form: it is left out then, or if not
    wanted, with a warning. ``without`` is as in `compiler.noise.with_noise`.
    """
    own = with_noise(native, profile, scale, {*without, "waiting"})
    duration_s = ion_duration_s(native, file, profile)
    if duration_s is None:
        return own, ("the profile does not time its pulses, so nothing heats or dephases here",)
    kept = dephasing and not any((phase_degree(op) or 0) > 2 for op in native.operations)
    rate = profile.noise.dephasing_rad2_per_s
    warnings: tuple[str, ...] = ()
    if not kept and rate is not None and rate.value * duration_s * scale > 0.0:
        turned = sqrt(rate.value * duration_s * scale)
        warnings = (f"dephasing, a random rotation by {turned:.2g} rad, is left out: it has no exact simulation here",)

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
    return native.with_operations(tuple(out)), warnings


def as_bits(
    results: Mapping[str, NDArray[np.float64]], file: IonFile, rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """What the spin shows of quadratures, +1 or -1 with ``P(+) = (1 + cos(kappa q)) / 2``, shot by shot."""
    kappa = {reading.result: reading.kappa for reading in file.readouts}
    return {
        name: np.where(rng.random(len(q)) < 0.5 * (1.0 + np.cos(kappa[name] * q)), 1.0, -1.0) if name in kappa else q
        for name, q in results.items()
    }
