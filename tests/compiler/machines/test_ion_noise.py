"""Programs on ions last as long as their pulses, one after another on the spin, and mode by mode."""

from __future__ import annotations

import pytest
from machines_support import number, varied

from compiler.costs.schedule import asap
from compiler.machines.ion_file import IonFile
from compiler.machines.ion_noise import ion_duration_s, ion_noise, ion_schedule
from compiler.machines.layout import ION_FILE, read_layout
from compiler.pipeline import CompiledProgram
from hardware_profiles import Profile, load_profile

PULSE = 1e-4
"""Seconds of a displacement on trapped-ion-motional, whatever its area."""


def changed(
    spins: int = 1, displacement: float | None = PULSE, rotation: float | None = None, **more: object
) -> Profile:
    """The trap with other durations of pulses; without a rotation if its duration is None."""
    primitives = load_profile("trapped-ion-motional").model_dump(mode="json")["primitives"]
    primitives["SpinDependentDisplacement"]["duration_s"] = None if displacement is None else number(displacement)
    primitives["SpinRotation"]["duration_s"] = None if rotation is None else number(rotation)
    if rotation is None:
        del primitives["SpinRotation"]
    return varied("trapped-ion-motional", primitives=primitives, spins={"count": number(spins)}, **more)


def counted(file: IonFile) -> tuple[int, int]:
    """Displacements and rotations of all sequences, from the numbers in the file."""
    kicks = sum((s.kick != 0.0) + sum(area != 0.0 for area in s.areas) for s in file.sequences)
    return kicks, sum(angle != 0.0 for s in file.sequences for angle in s.polar)


def test_sequences_last_as_long_as_their_pulses(on_ions: CompiledProgram) -> None:
    assert on_ions.layout is not None
    file = read_layout(IonFile, on_ions.layout.text, ION_FILE)
    kicks, turns = counted(file)
    assert kicks > len(file.sequences) > 1 and turns > len(file.sequences)
    shipped = load_profile("trapped-ion-motional")
    assert ion_duration_s(on_ions.circuit, file, shipped) == pytest.approx(kicks * PULSE)  # rotations: not stated
    for rotation in (None, 0.0, 3e-5):  # None: the trap has no rotation of the spin, and the others are all there is
        for spins in (1, 3):  # all sequences act on modes 1 and 2: further spins bring nothing
            found = ion_schedule(file, changed(spins, rotation=rotation))
            assert found is not None
            assert found.duration_s == pytest.approx(kicks * PULSE + turns * (rotation or 0.0))
            assert found.serial_s == pytest.approx(found.duration_s)


def test_everything_else_follows_the_sequences(on_ions: CompiledProgram) -> None:
    assert on_ions.layout is not None
    file = read_layout(IonFile, on_ions.layout.text, ION_FILE)
    operations = load_profile("trapped-ion-motional").model_dump(mode="json")["operations"]
    operations["Homodyne"]["duration_s"] = number(2.0)
    slow = changed(operations=operations, noise={"heating_quanta_per_s": number(0.5)})
    kicks, _ = counted(file)
    assert asap(on_ions.circuit, slow).duration_s == 2.0
    assert ion_duration_s(on_ions.circuit, file, slow) == pytest.approx(kicks * PULSE + 2.0)
    noise = ion_noise(on_ions.circuit, file, slow)
    assert noise is not None and noise.added_variance == pytest.approx(2 * 0.5 * (kicks * PULSE + 2.0))
    assert noise.dephasing_variance == 0.0


def test_what_is_not_timed_has_no_duration(on_ions: CompiledProgram) -> None:
    assert on_ions.layout is not None
    file = read_layout(IonFile, on_ions.layout.text, ION_FILE)
    for profile in (
        changed(displacement=None, rotation=1e-5),
        varied("trapped-ion-motional", primitives={}, spins=None),
    ):
        assert ion_schedule(file, profile) is None
        assert ion_duration_s(on_ions.circuit, file, profile) is None
        assert ion_noise(on_ions.circuit, file, profile) is None
