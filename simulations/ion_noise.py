"""Compiled ion programs: their noise by the clock, and readouts as bits of the spin."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compiler.circuit import Circuit
from compiler.files import read_text
from compiler.ions.motion import MotionNoise
from compiler.machines.ion_file import IonFile
from compiler.machines.ions import ion_noise
from compiler.machines.layout_file import ION_FILE, read_layout
from compiler.operations import Homodyne, Operation, phase_degree
from hardware_profiles.schema import Profile


def read_ions(folder: Path) -> IonFile:
    """The pulses of a folder that ``khrnn compile`` wrote for ions."""
    return read_layout(IonFile, read_text(folder / ION_FILE), str(folder / ION_FILE))


def with_ion_noise(
    native: Circuit, profile: Profile, file: IonFile, scale: float, *, dephasing: bool = True
) -> tuple[Circuit, tuple[str, ...]]:
    """The circuit with heating and dephasing for the time that its sequences take, and warnings of what is left out.

    The noise stands before the readouts, at the end for modes that are not read. Dephasing has no exact simulation
    beside phases of degree 3 or more, and none in closed form: it is left out then, or if not wanted, with a warning.
    """
    found = ion_noise(native, file, profile)
    if found is None:
        return native, ("the profile does not time its pulses, so nothing heats or dephases here",)
    noise = MotionNoise(scale * found.added_variance, scale * found.dephasing_variance, found.spin_flip)
    curved = not dephasing or any((phase_degree(op) or 0) > 2 for op in native.operations)
    warnings: tuple[str, ...] = ()
    if curved and noise.dephasing_variance:
        turned = sqrt(noise.dephasing_variance)
        warnings = (f"dephasing, a random rotation by {turned:.2g} rad, is left out: it has no exact simulation here",)

    def of(mode: int) -> tuple[Operation, ...]:
        kept = MotionNoise(noise.added_variance, 0.0 if curved else noise.dephasing_variance, 0.0)
        return kept.operations(mode)

    read = {m for op in native.operations if isinstance(op, Homodyne) for m in op.modes}
    out: list[Operation] = []
    for op in native.operations:
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
