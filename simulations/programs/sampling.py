"""Sample a compiled program on a back end, with the noise of its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from compiler.artifact import StoredProgram, read_program
from compiler.costs.noise import without_effect
from compiler.costs.unverified import unverified_numbers
from compiler.errors import InputError, did_you_mean
from compiler.ir.circuit import Circuit
from compiler.machines import NoisyCircuit, machine_of
from compiler.machines.machine import Results, flipped
from compiler.typing import Advance, Array, Say
from simulations.backends.registry import BACKENDS, Settings, run
from simulations.exact import LeavesFamilyError
from simulations.exact.moments import NoClosedFormError, PrecisionError, moments
from simulations.programs.bits import MAX_STRINGS, described_bits, exact_law, exact_moments, names_of_bits
from simulations.programs.nullifiers import nullifier_polynomials, nullifiers, sample_moments

AUTO = "auto"
"""Name of the choice of the exact back end, or of joint momenta (`simulations.momenta`) outside its family."""

MAX_VALUES = 200_000_000
"""Outcomes kept in memory at once: 1.6 GB."""

MAX_OPERATIONS = 20_000
"""Longest program whose moments are computed beside a sample: two seconds; ``--shots 0`` takes any."""


def sample_program(
    folder: Path,
    shots: int,
    backend: str,
    loss_scale: float,
    settings: Settings,
    seed: int,
    progress: Advance | None = None,
    *,
    logical: bool = False,
    say: Say | None = None,
) -> dict[str, Any]:
    """Sample the program of a folder: backend, shots, seconds, accuracy, warnings, moments of readouts and nullifiers.

    Where they have a closed form, the exact mean and variance of a readout stand beside those of the sample.

    Parameters
    ----------
    folder : Path
        Written by ``khrnn compile``.
    shots : int
        0 for the closed-form moments alone.
    backend : str
        A name of `simulations.backends.registry.BACKENDS`, or `AUTO`: exact, or momenta where only that runs.
    loss_scale : float
        Factor on the profile's losses in dB and noise variances.
    settings : Settings
        Fock cutoff and threads.
    seed : int
    progress : callable
        Called with the number of shots done.
    logical : bool
        Whether to run the source circuit, without noise, instead of the compiled one.
    say : callable
        Function that receives the cost of the run before it starts, from back ends that count it.

    Raises
    ------
    InputError
        If a file, the back end or a number is wrong, or the back end cannot run the program.
    """
    require_request(shots, backend, seed)
    stored = read_program(folder)
    require_memory(shots, stored.circuit)
    placed = placed_noise(stored, loss_scale, logical=logical)
    if shots == 0:
        return _without_sampling(stored.source, placed.circuit, placed.flips)
    start = perf_counter()
    rng = np.random.default_rng(seed)
    backend, sampled = _run(placed.circuit, shots, backend, settings, rng, progress, say)
    results = read_results(stored, placed, sampled, rng, logical=logical)
    seconds = perf_counter() - start
    bits = machine_of(stored.profile).reads_bits and not logical
    idle = None if bits or logical else without_effect(stored.circuit, stored.profile)
    unverified = [] if logical else list(unverified_numbers(stored.circuit, stored.profile))
    flips = placed.flips
    found = _described(stored.source, placed.circuit, results, shots, backend, settings, bits=bits, flips=flips)
    warnings = [*placed.left_out, *found["warnings"], *([] if idle is None else [idle])]
    return {**found, "seconds": seconds, "unverified": unverified, "warnings": warnings}


def sample_circuit(
    circuit: Circuit,
    shots: int,
    backend: str,
    settings: Settings,
    seed: int,
    progress: Advance | None = None,
    say: Say | None = None,
) -> dict[str, Any]:
    """Sample a circuit that is not compiled for a device, with its own noise channels and no others.

    Modes that it uses without preparing them start in the vacuum.

    Parameters
    ----------
    circuit : Circuit
        Without symbols.
    shots, backend, settings, seed, progress, say
        As `sample_program` takes them.

    Raises
    ------
    InputError
        If the back end or a number is wrong, or the back end cannot run the circuit.

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne, PrepareSqueezed
    >>> squeezed = Circuit(1, (PrepareSqueezed((0,), 1.0), Homodyne((0,), 0.0, "x")))
    >>> round(sample_circuit(squeezed, 0, "exact", Settings(), 0)["readouts"][0]["variance"], 6)  # e^{-2}
    0.135335
    """
    require_request(shots, backend, seed)
    require_memory(shots, circuit)
    if shots == 0:
        return _without_sampling(circuit, circuit, {})
    start = perf_counter()
    backend, results = _run(circuit, shots, backend, settings, np.random.default_rng(seed), progress, say)
    seconds = perf_counter() - start
    kept = {name: results[name] for name in circuit.results}
    found = _described(circuit, circuit, kept, shots, backend, settings, bits=False, flips={})
    return {**found, "seconds": seconds}


def require_request(shots: int, backend: str, seed: int) -> None:
    """Raise InputError if the back end is unknown, or a number is out of range."""
    if backend != AUTO and backend not in BACKENDS:
        known = [AUTO, *BACKENDS]
        raise InputError(
            f"--backend must be one of {', '.join(known)}, found {backend!r}{did_you_mean(backend, known)}"
        )
    if shots < 0:
        raise InputError(f"the number of shots must be at least 1, or 0 for exact moments alone, found {shots}")
    if not 0 <= seed < 2**32:
        raise InputError(f"the seed must lie in 0..2^32-1, found {seed}")


def require_memory(shots: int, circuit: Circuit) -> None:
    """Raise InputError if the outcomes of so many shots are too many to be kept."""
    if shots * len(circuit.results) > MAX_VALUES:
        raise InputError(
            f"shots x readouts must be at most {MAX_VALUES:,}, found {shots} x {len(circuit.results)}; use fewer shots"
        )


def placed_noise(stored: StoredProgram, loss_scale: float, *, logical: bool) -> NoisyCircuit:
    """Return what is run: the source without noise, or the native circuit with the noise of its profile."""
    if logical:
        return NoisyCircuit(stored.source)
    return machine_of(stored.profile).noisy(stored.circuit, stored.profile, stored.layout, loss_scale)


def read_results(
    stored: StoredProgram, placed: NoisyCircuit, sampled: Results, rng: np.random.Generator, *, logical: bool
) -> Results:
    """Return the outcomes of the source's readouts as the machine gives them; those of gadgets are left out."""
    if not logical:
        sampled = flipped(machine_of(stored.profile).read_bits(sampled, stored.layout, rng), placed.flips, rng)
    return {name: sampled[name] for name in stored.source.results}


def _doubt_told(settings: Settings) -> Settings:
    """Return settings that allow doubtful answers: `_described` checks the accuracy once, and warns of doubts."""
    return replace(settings, allow_doubtful=True)


def _run(
    circuit: Circuit,
    shots: int,
    backend: str,
    settings: Settings,
    rng: np.random.Generator,
    progress: Advance | None,
    say: Say | None,
) -> tuple[str, Results]:
    """Return the back end that ran a circuit, and the outcomes."""
    if backend != AUTO:
        _tell_cost(circuit, shots, backend, say)
        return backend, run(circuit, shots, None, rng, backend, _doubt_told(settings), progress).results
    try:
        return "exact", run(circuit, shots, None, rng, "exact", _doubt_told(settings), progress).results
    except LeavesFamilyError as left:
        try:
            cost = BACKENDS["momenta"].cost(circuit, shots)
        except LeavesFamilyError:
            cost = None
        except InputError as error:
            raise InputError(f"{left}; the momenta back end does not run it either: {error}") from None
        if cost is None:
            raise
        if say is not None:
            say(f"momenta: {cost}")
        return "momenta", run(circuit, shots, None, rng, "momenta", _doubt_told(settings), progress).results


def _tell_cost(circuit: Circuit, shots: int, backend: str, say: Say | None) -> None:
    """Say what a run costs, if the back end runs the circuit and counts it."""
    if say is not None and BACKENDS[backend].refusal(circuit) is None:
        text = BACKENDS[backend].cost(circuit, shots)
        if text is not None:
            say(f"{backend}: {text}")


def _described(
    source: Circuit,
    noisy: Circuit,
    results: Results,
    shots: int,
    backend: str,
    settings: Settings,
    *,
    bits: bool,
    flips: Mapping[str, float],
) -> dict[str, Any]:
    """Return the outcomes as plain data: moments, nullifiers, probabilities of bits, accuracy and warnings."""
    accuracy = BACKENDS[backend].accuracy(noisy, settings)
    exact, lost = _exact(source, noisy) if not bits and len(noisy.operations) <= MAX_OPERATIONS else ({}, [])
    with np.errstate(all="ignore"):
        readouts = [asdict(sample_moments(name, values)) | exact.get(name, {}) for name, values in results.items()]
        told = nullifiers(source, results) if not bits and set(source.results) == set(results) else ()
    names = tuple(results) if bits else names_of_bits(source)
    probabilities, strings = described_bits(results, names, noisy, flips)
    known = {row["name"]: exact_moments(row["exact_p_plus"]) for row in probabilities if "exact_p_plus" in row}
    readouts = [row | known.get(row["name"], {}) for row in readouts]
    found: dict[str, Any] = {
        "backend": backend,
        "shots": shots,
        "bits": bits,
        "seconds": 0.0,
        "unverified": [],
        "accuracy": None if accuracy is None else accuracy.text,
        "warnings": [*([accuracy.text] if accuracy is not None and accuracy.doubtful else []), *lost],
        "readouts": readouts,
        **({"probabilities": probabilities, "strings": strings, **_about_bits(source, flips)} if probabilities else {}),
        "nullifiers": [asdict(found) | exact.get(f"nullifier {found.name}", {}) for found in told],
    }
    if not all(isfinite(row[key]) for row in [*readouts, *found["nullifiers"]] for key in ("mean", "variance")):
        raise InputError("the outcomes overflow float64; scale the weights or shifts of the program down")
    return found


def _about_bits(source: Circuit, flips: Mapping[str, float]) -> dict[str, Any]:
    """Return which results are bits of displacements, and how often a bit is read wrong."""
    return {"displacements": list(names_of_bits(source)), "flips": dict(flips)}


def _exact(source: Circuit, noisy: Circuit) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return closed-form moments of every readout and ``nullifier <name>``, and why existing ones are missing.

    None where there is no closed form; nullifiers are left out where float64 does not determine them.
    """
    told = {f"nullifier {name}": polynomial for name, polynomial in nullifier_polynomials(source).items()}
    lost: list[str] = []
    for answers in (told, {}):
        try:
            closed = moments(noisy, answers)
        except PrecisionError as error:
            lost = [str(error)]
            continue
        except NoClosedFormError:
            break
        names = (*source.results, *answers)
        return {name: dict(zip(("exact_mean", "exact_variance"), closed.of(name), strict=True)) for name in names}, lost
    return {}, lost


def _without_sampling(source: Circuit, noisy: Circuit, flips: Mapping[str, float]) -> dict[str, Any]:
    start = perf_counter()
    names = names_of_bits(source)
    if names and names == source.results and (law := exact_law(noisy, names, flips)) is not None:
        return _exact_bits(names, law, start) | _about_bits(source, flips)
    exact, lost = _exact(source, noisy)
    if not exact:
        moments(noisy)  # raises the reason why there is no closed form
    rows: dict[str, list[dict[str, Any]]] = {"readouts": [], "nullifiers": []}
    for name, found in exact.items():
        row = {"mean": found["exact_mean"], "variance": found["exact_variance"], "stderr": 0.0, **found}
        kind = "readouts" if name in source.results else "nullifiers"
        rows[kind].append({"name": name.removeprefix("nullifier "), **row})
    seconds = perf_counter() - start
    return {"backend": "closed form", "shots": 0, "seconds": seconds, "accuracy": None, "warnings": lost, **rows}


def _exact_bits(names: tuple[str, ...], law: Array, start: float) -> dict[str, Any]:
    """Return the exact moments and probabilities of bits, without a sample."""
    rows, probabilities = [], []
    for axis, name in enumerate(names):
        plus = float(np.moveaxis(law, axis, 0)[0].sum())
        exact = exact_moments(plus)
        mean, variance = exact.values()
        rows.append({"name": name, "mean": mean, "variance": variance, "stderr": 0.0, **exact})
        probabilities.append({"name": name, "exact_p_plus": plus})
    strings = [
        {"bits": "".join("+-"[bit] for bit in string), "exact": float(law[string])}
        for string in np.ndindex(law.shape)
        if len(names) > 1 and law.size <= MAX_STRINGS
    ]
    return {
        "backend": "branches",
        "shots": 0,
        "seconds": perf_counter() - start,
        "accuracy": None,
        "warnings": [],
        "readouts": rows,
        "probabilities": probabilities,
        "strings": strings,
        "nullifiers": [],
    }
