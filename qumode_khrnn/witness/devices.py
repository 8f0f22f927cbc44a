"""Ask every device for the witness: compiled where displacements are read, lattice ancillas for light, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from compiler.errors import InputError, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Homodyne
from compiler.machines import machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.semantics.gaussian_state import prepared_state
from compiler.typing import Array
from hardware_profiles import Profile
from qumode_khrnn.witness.answer import (
    NOT_VIOLATED,
    REFUSED,
    VIOLATED,
    DeviceAnswer,
    predicted_line,
    pulses_line,
    shots_lines,
)
from qumode_khrnn.witness.circuits import state_operations
from qumode_khrnn.witness.law import BOUND, combined, decibels, readout_means, value_at
from qumode_khrnn.witness.photonics import SCHEMES, ancilla_db
from qumode_khrnn.witness.sampling import estimate_from
from qumode_khrnn.witness.thresholds import greatest_loss, least_squeezing, shots_needed
from qumode_khrnn.witness.trap_device import TrapOptions, compiled_contexts, trap_answer
from qumode_khrnn.witness.triangle import CONTEXTS, MODES, Triangle

SAME_INSTRUMENT = (
    "the same instrument must stand in all contexts: with plain homodyne in B0, B1, B2 and ancillas in A, S can pass "
    "2 sqrt 2 with any ancilla, and that shows nothing"
)


def device_answer(
    profile: Profile, triangle: Triangle, options: TrapOptions, shots: int | None, rng: np.random.Generator
) -> DeviceAnswer:
    """Answer the witness for a device.

    Parameters
    ----------
    profile : Profile
    triangle : Triangle
    options : TrapOptions
        Numbers of an ion trap that the user sets.
    shots : int or None
        Shots per context to sample, where the device runs the contexts.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If numbers of a trap are given for another device, or a number is out of range.
    """
    if profile.spins is not None:
        try:
            return trap_answer(triangle, profile, options, shots, rng)
        except NotMappableError as error:
            return _refusal(profile, triangle, f"{error}; {_needs(triangle)}")
    if options.given:
        raise InputError(
            f"--duration-ms, --heating, --coherence-ms and --spin-error are for trapped ions, and {profile.name} has "
            "no spins"
        )
    if profile.is_native("DisplacementReadout"):
        return _compiled(profile, triangle, shots, rng)
    if profile.is_native("Homodyne"):
        return _light(profile, triangle)
    if "photon-counting" in profile.measurement:
        return _refusal(profile, triangle, f"it counts photons, and a count reads no displacement; {_counter(profile)}")
    return _refusal(profile, triangle, f"it has neither a spin nor a homodyne detector; {_needs(triangle)}")


def _compiled(profile: Profile, triangle: Triangle, shots: int | None, rng: np.random.Generator) -> DeviceAnswer:
    """Answer for a machine that reads displacements and is not an ion trap, by S of its noisy state."""
    try:
        programs = compiled_contexts(triangle, profile)
    except NotMappableError as error:
        return _refusal(profile, triangle, f"{error}; {_needs(triangle)}")
    means = readout_means(triangle, _covariance(programs["A"], triangle))
    value = combined(triangle.contexts(), means, as_operators=True)
    needed = shots_needed(means, value)
    lines = [pulses_line(programs), predicted_line(means, value), *shots_lines(needed)]
    data: dict[str, Any] = {
        "bits": dict(zip(CONTEXTS, means, strict=True)),
        "S": value,
        "violated": value > BOUND,
        "shots_per_context": needed,
    }
    if shots is not None:

        def mean_bit(index: int) -> float:
            return 2.0 * float(rng.binomial(shots, 0.5 * (1.0 + means[index]))) / shots - 1.0

        sampled = estimate_from(triangle, "network on the device", True, mean_bit, shots)
        lines.append(f"sampled, {shots} shots per context: S = {sampled.value:.4f} +- {sampled.standard_error:.4f}")
        data["sampled"] = sampled.to_json()
    return DeviceAnswer(profile.name, VIOLATED if value > BOUND else NOT_VIOLATED, tuple(lines), data, programs)


def _refusal(profile: Profile, triangle: Triangle, reason: str, more: Sequence[str] = (), **data: Any) -> DeviceAnswer:
    found = {
        "reason": reason,
        "least_squeezing_r": least_squeezing(triangle.weight, triangle.loss),
        "greatest_loss": greatest_loss(triangle.weight, triangle.squeezing),
        **data,
    }
    return DeviceAnswer(profile.name, REFUSED, (f"refused: {reason}", *more), found)


def _needs(triangle: Triangle) -> str:
    """Return what a violation takes at the triangle's weight and loss."""
    least = least_squeezing(triangle.weight, triangle.loss)
    where = f"at w = {triangle.weight:g}" + (f" and a loss of {100 * triangle.loss:g} %" if triangle.loss else "")
    if least is None:
        return f"{where} no squeezing is enough for a violation"
    vacuum = value_at(triangle.weight, 0.0, triangle.loss)
    if least == 0.0:
        return f"{where} no squeezing is needed: unsqueezed modes reach S = {vacuum:.4g}, and the bound is {BOUND:.4g}"
    return (
        f"a violation {where} needs r = {least:.4g} ({decibels(least):.3g} dB) on all three modes, and unsqueezed "
        f"modes reach S = {vacuum:.4g} of {BOUND:.4g}"
    )


def _counter(profile: Profile) -> str:
    """Return the squeezing and loss of a photon counter beside what a violation at w = 1 allows."""
    limits = [profile.limit("PrepareSqueezed", "r")]
    pair = profile.primitives.get("TwoModeSqueezing")
    limits += [] if pair is None or "r" not in pair.ranges else [pair.ranges["r"].limit]
    known = [limit for limit in limits if limit is not None]
    squeezing = max(known, default=1.0)
    most = greatest_loss(1.0, squeezing)
    efficiency = profile.measurement["photon-counting"].efficiency
    held = "with its squeezing, " if known else "its squeezing has no stated limit; with "
    held += f"r = {squeezing:.4g} ({decibels(squeezing):.3g} dB), "
    held += "no loss is allowed" if most is None else f"a violation at w = 1 allows a loss of {100 * most:.1f} %"
    if efficiency is None:
        return f"{held}, and its detectors' efficiency is not stated"
    return f"{held}, and its detectors alone lose {100 * (1 - efficiency.value):.1f} %"


def _light(profile: Profile, triangle: Triangle) -> DeviceAnswer:
    """Answer for a machine with homodyne detection: S of its state, and the ancilla that would show it."""
    limit = profile.limit("PrepareSqueezed", "r")
    asked = min(triangle.squeezing, inf if limit is None else limit)
    reason = f"homodyne detection of a Gaussian state shows nothing contextual, and the machine has {_ancilla(profile)}"
    rows, lines = [], []
    for squeezing in dict.fromkeys((asked, asked if limit is None else limit)):
        held = replace(triangle, squeezing=squeezing)
        try:
            means = readout_means(held, held_covariance(profile, held))
        except NotMappableError as error:
            return _refusal(profile, triangle, f"{reason}; its state is out of reach too: {error}; {_needs(triangle)}")
        value = combined(held.contexts(), means, as_operators=True)
        needed = [ancilla_db(held.weight, means, scheme) for scheme in SCHEMES]
        rows.append(
            {
                "squeezing_r": squeezing,
                "bits": dict(zip(CONTEXTS, means, strict=True)),
                "S_without_ancilla_noise": value,
                "ancilla_db": {scheme.name: db for scheme, db in zip(SCHEMES, needed, strict=True)},
            }
        )
        lines.append(_light_line(squeezing, value, needed, squeezing == limit))
    return _refusal(profile, triangle, reason, (*lines, SAME_INSTRUMENT), states=rows)


def _ancilla(profile: Profile) -> str:
    """Return what a machine with homodyne detection lacks to read displacements, with its stated lattice states."""
    lattice = profile.facts.get("lattice_squeezing_db")
    if lattice is None:
        return "neither a displacement readout nor a lattice (GKP) ancilla"
    least = min(db for scheme in SCHEMES if (db := ancilla_db(1.0, (1.0,) * len(CONTEXTS), scheme)) is not None)
    return (
        f"no displacement readout; its lattice (GKP) states have an effective squeezing of {lattice.value:g} dB "
        f"({lattice.label}), and {least:.2f} dB or more are needed at w = 1 even with a perfect state"
    )


def _light_line(squeezing: float, value: float, needed: Sequence[float | None], at_limit: bool) -> str:
    where = f"r = {squeezing:.4g} ({decibels(squeezing):.3g} dB{', its limit' if at_limit else ''})"
    if value <= BOUND:
        return (
            f"at {where} its losses and noise leave S = {value:.4f}, below {BOUND:.4f}, to a perfect readout: no "
            "ancilla is good enough"
        )
    parts = [f"{db:.2f} dB ({scheme.name})" for scheme, db in zip(SCHEMES, needed, strict=True) if db is not None]
    return (
        f"at {where} its losses and noise leave S = {value:.4f} to a perfect readout; the peaks of the ancilla must be "
        f"squeezed by {', '.join(parts)}"
    )


def held_covariance(profile: Profile, triangle: Triangle) -> Array:
    """Return the covariance of the triangle's state on a machine, noise and detector loss included, shape (6, 6).

    The state is compiled with a homodyne readout of every position. A readout of displacements would find the state of
    the noisy circuit before these readouts.

    Raises
    ------
    NotMappableError
        If the machine cannot prepare the state.
    """
    read = tuple(Homodyne((m,), 0.0, f"x{m}") for m in MODES)
    source = Circuit(len(MODES), (*state_operations(replace(triangle, loss=0.0)), *read))
    return _covariance(compile_circuit(source, profile), triangle)


def _covariance(program: CompiledProgram, triangle: Triangle) -> Array:
    """Return the covariance before the readouts of a compiled program, with the machine's noise and the loss."""
    layout = None if program.layout is None else program.layout.text
    noisy = machine_of(program.profile).noisy(program.circuit, program.profile, layout).circuit
    before = Circuit(noisy.modes, tuple(op for op in noisy.operations if not isinstance(op, MEASUREMENTS)))
    rows = [*MODES, *(noisy.modes + m for m in MODES)]
    covariance = prepared_state(before).cov[np.ix_(rows, rows)]
    return (1.0 - triangle.loss) * covariance + triangle.loss * np.eye(6)
