"""Ask trapped ions for the witness: contexts are compiled and proved, and S is predicted and sampled with noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from compiler.machines.ion_noise import readout_noise
from compiler.pipeline import CompiledProgram, compile_circuit
from hardware_profiles import Profile
from qumode_khrnn.witness.answer import (
    NOT_VIOLATED,
    VIOLATED,
    DeviceAnswer,
    predicted_line,
    pulses_line,
    shots_lines,
)
from qumode_khrnn.witness.circuits import context_circuit
from qumode_khrnn.witness.law import BOUND, combined
from qumode_khrnn.witness.sampling import estimate
from qumode_khrnn.witness.thresholds import shots_needed
from qumode_khrnn.witness.trap import (
    TrapLimits,
    TrapNoise,
    TrappedIons,
    coherence_needed,
    duration_allowed,
    trap_limits,
    trap_means,
)
from qumode_khrnn.witness.triangle import CONTEXTS, Triangle


@dataclass(frozen=True, slots=True)
class TrapOptions:
    """Numbers of the trap that the user sets; None keeps the number of the profile or the compiled pulses."""

    duration_s: float | None = None
    heating_quanta_per_s: float | None = None
    coherence_s: float | None = None
    spin_error: float | None = None

    @property
    def given(self) -> bool:
        """Whether the user sets any."""
        return self != TrapOptions()


def compiled_contexts(triangle: Triangle, profile: Profile) -> dict[str, CompiledProgram]:
    """Compile and prove the four contexts, by name.

    The loss of the triangle is left out: it is noise, and the trap has its own.

    Raises
    ------
    NotMappableError
        If the device cannot run them.
    """
    lossless = replace(triangle, loss=0.0)
    return {
        context.name: compile_circuit(context_circuit(lossless, context), profile) for context in lossless.contexts()
    }


def noise_of(programs: dict[str, CompiledProgram], options: TrapOptions) -> tuple[TrapNoise, tuple[str, ...]]:
    """Return the noise of the slowest context, and the kinds of noise that are unknown and taken as absent."""
    found = [
        readout_noise(program.circuit, program.profile, program.layout.text)
        for program in programs.values()
        if program.layout is not None
    ]
    durations = [each.duration_s for each in found if each.duration_s is not None]
    known = {
        "duration_s": max(durations, default=None),
        "heating_quanta_per_s": found[0].heating_quanta_per_s,
        "coherence_s": found[0].coherence_s,
        "spin_error": found[0].flip_probability,
    }
    usual = {"duration_s": 0.0, "heating_quanta_per_s": 0.0, "coherence_s": inf, "spin_error": 0.0}
    values: dict[str, float] = {}
    missing: list[str] = []
    for name, without in usual.items():
        value = getattr(options, name)
        value = known[name] if value is None else value
        if value is None:
            missing.append(name)
        values[name] = without if value is None else value
    return TrapNoise(**values), tuple(missing)


def untimed_operations(programs: dict[str, CompiledProgram]) -> tuple[str, ...]:
    """Return operations in use whose duration the profile does not state: the time is then a lower bound."""
    untimed = {name for program in programs.values() for name in program.schedule.untimed}
    return tuple(sorted(untimed - TIMED_BY_PULSES))


def trap_answer(
    triangle: Triangle, profile: Profile, options: TrapOptions, shots: int | None, rng: np.random.Generator
) -> DeviceAnswer:
    """Compile, predict and, if shots are given, sample the witness on a profile of trapped ions.

    Raises
    ------
    NotMappableError
        If the device cannot run the contexts.
    InputError
        If a number of the trap, or the number of shots, is out of range.
    """
    TrapNoise(**{name: value for name in TrapNoise.__slots__ if (value := getattr(options, name)) is not None})
    programs = compiled_contexts(triangle, profile)
    noise, missing = noise_of(programs, options)
    means, limits = trap_means(triangle, noise), trap_limits(triangle)
    value = combined(triangle.contexts(), means, as_operators=True)
    coherence, longest = coherence_needed(triangle, noise), duration_allowed(triangle, noise)
    needed = shots_needed(means, value)
    residual = max(program.verification.residual for program in programs.values())
    untimed = () if options.duration_s is not None else untimed_operations(programs)
    lines = [
        _coherence_line(triangle, noise, coherence, longest),
        *_limits_lines(limits),
        pulses_line(programs),
        *_sequences_lines(programs),
    ]
    if missing:
        lines.append(f"{profile.name} does not state, taken as absent: {', '.join(_WORDS[name] for name in missing)}")
    lines += [
        f"noise until the bit is read: {_noise_text(noise)}{_untimed_text(untimed)}",
        predicted_line(means, value),
        *shots_lines(needed),
    ]
    data: dict[str, Any] = {
        "noise": noise.to_json(),
        "not_stated": list(missing),
        "untimed_operations": list(untimed),
        "bits": dict(zip(CONTEXTS, means, strict=True)),
        "S": value,
        "violated": value > BOUND,
        "coherence_needed_s": coherence,
        "duration_allowed_s": None if longest == inf else longest,
        "limits_alone": {
            "heating_quanta": limits.quanta,
            "spin_error": limits.spin_error,
            "time_over_coherence": limits.time_over_coherence,
        },
        "shots_per_context": needed,
        "proved": all(program.verification.equivalent for program in programs.values()),
        "residual": residual,
        "layouts": {
            name: None if program.layout is None else program.layout.summary for name, program in programs.items()
        },
    }
    if shots is not None:
        sampled = estimate(triangle, TrappedIons(noise), shots, rng)
        lines.append(
            f"sampled, {shots} shots per context: S = {sampled.value:.4f} +- {sampled.standard_error:.4f} (angles and "
            "flips drawn shot by shot)"
        )
        data["sampled"] = sampled.to_json()
    verdict = VIOLATED if value > BOUND else NOT_VIOLATED
    return DeviceAnswer(profile.name, verdict, tuple(lines), data, programs)


TIMED_BY_PULSES = {"displacement_readout", "polynomial_phase"}
"""Operations whose pulses the profile times, and not the operations themselves."""

_WORDS = {
    "duration_s": "the time of the pulses (--duration-ms)",
    "heating_quanta_per_s": "the heating rate (--heating)",
    "coherence_s": "the coherence time (--coherence-ms)",
    "spin_error": "the spin error (--spin-error)",
}


def _seconds(value: float) -> str:
    return f"{value:.4g} s" if value >= 1.0 else f"{1e3 * value:.4g} ms"


def _coherence_line(triangle: Triangle, noise: TrapNoise, coherence: float | None, longest: float | None) -> str:
    if longest is None:
        return (
            "no coherence is enough: loss, spin errors and finite squeezing alone keep S below the bound at w = "
            f"{triangle.weight:g}, r = {triangle.squeezing:g}, loss {100 * triangle.loss:g} %"
        )
    held = "without dephasing" if noise.coherence_s == inf else f"with T = {_seconds(noise.coherence_s)}"
    allowed = "may be read at any time" if longest == inf else f"must be read within {_seconds(longest)}"
    if coherence is None:
        need = f"no coherence is enough for {_seconds(noise.duration_s)}, because of heating"
    else:
        need = f"a violation in {_seconds(noise.duration_s)} needs a motional coherence time T of at least "
        need += _seconds(coherence)
    return f"{need}; {held} the bit {allowed}"


def _limits_lines(limits: TrapLimits) -> list[str]:
    if limits.quanta is None or limits.spin_error is None or limits.time_over_coherence is None:
        return []
    return [
        f"each alone may be at most: t/T {limits.time_over_coherence:.3g}, heating {limits.quanta:.3g} quanta, spin "
        f"flips {limits.spin_error:.3g}"
    ]


def _sequences_lines(programs: dict[str, CompiledProgram]) -> list[str]:
    """Return a line about the error of edges made by sequences of spin pulses, which approximate them."""
    layouts = [program.layout.summary for program in programs.values() if program.layout is not None]
    distance = max((float(each["state_distance"]) for each in layouts if each["sequences"]), default=None)
    if distance is None:
        return []
    return [
        f"the edges are sequences of spin pulses that approximate them: the state may be off by {distance:.2g} (norm "
        f"of the difference) and every mean bit by {2 * distance:.2g}, which the prediction leaves out"
    ]


def _untimed_text(untimed: tuple[str, ...]) -> str:
    return f"; the time leaves out {', '.join(untimed)}, which the profile does not time" if untimed else ""


def _noise_text(noise: TrapNoise) -> str:
    turn = "no dephasing"
    if noise.coherence_s != inf:
        turn = f"T = {_seconds(noise.coherence_s)} (t/T = {noise.duration_s / noise.coherence_s:.3g})"
    return (
        f"t = {_seconds(noise.duration_s)}, {noise.heating_quanta_per_s:g} quanta/s (h = {noise.quanta:.3g}), {turn}, "
        f"spin flips {noise.spin_error:g}"
    )
