"""Sample a compiled program on a back end, with the losses of its profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from compiler.artifact import read_program
from compiler.errors import InputError
from compiler.files import read_json
from compiler.noise import with_noise
from compiler.serialize import circuit_from_json
from simulations.exact import simulate
from simulations.nullifiers import nullifiers, sample_moments

MAX_VALUES = 200_000_000
"""Outcomes kept in memory at once: 1.6 GB."""

BACKENDS = ("exact", "strawberryfields")


def sample_program(
    folder: Path,
    shots: int,
    backend: str,
    loss_scale: float,
    cutoff: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Sample the program of a folder; returns backend, shots, seconds, and moments of readouts and nullifiers.

    Parameters
    ----------
    folder : Path
        Written by ``khrnn compile``.
    shots : int
    backend : str
        ``exact`` or ``strawberryfields``.
    loss_scale : float
        Factor on the profile's losses in dB.
    cutoff : int
        Fock cutoff of Strawberry Fields.
    seed : int
    progress : callable
        Called with the number of shots done.

    Raises
    ------
    InputError
        If a file, the back end or a number is wrong, or the back end cannot run the program.
    """
    if backend not in BACKENDS:
        raise InputError(f"--backend must be one of {', '.join(BACKENDS)}, found {backend!r}")
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    if not 0 <= seed < 2**32:
        raise InputError(f"the seed must lie in 0..2^32-1, found {seed}")
    circuit, profile = read_program(folder)
    source = circuit_from_json(read_json(folder / "source.json"), str(folder / "source.json"))
    if shots * len(circuit.results) > MAX_VALUES:
        raise InputError(
            f"shots x readouts must be at most {MAX_VALUES:,}, found {shots} x {len(circuit.results)}; use fewer shots"
        )
    noisy = with_noise(circuit, profile, loss_scale)
    start = perf_counter()
    if backend == "exact":
        results = dict(simulate(noisy, shots, np.random.default_rng(seed), progress=progress).results)
    else:
        from simulations.strawberryfields_backend import sample

        results = sample(noisy, shots, seed, cutoff, progress)
    results = {name: results[name] for name in source.results}  # those of gadgets are the compiler's own
    seconds = perf_counter() - start
    with np.errstate(all="ignore"):
        readouts = [asdict(sample_moments(name, values)) for name, values in results.items()]
        told = nullifiers(source, results) if set(source.results) == set(results) else ()
    found: dict[str, Any] = {
        "backend": backend,
        "shots": shots,
        "seconds": seconds,
        "readouts": readouts,
        "nullifiers": [asdict(moments) for moments in told],
    }
    if not all(isfinite(row[key]) for row in [*readouts, *found["nullifiers"]] for key in ("mean", "variance")):
        raise InputError("the outcomes overflow float64; scale the weights or shifts of the program down")
    return found
