"""Resources of teleported cubic gates: measures the shipped schemes of least noise, or finds them again with --search.

Writes HERALDING.md. Run with ``python benchmarks/heralding.py`` (half a minute); ``--search`` takes about ten minutes
more and prints the schemes that it finds. Only the times depend on the machine.
"""

from __future__ import annotations

import platform
from argparse import ArgumentParser
from datetime import date
from importlib.metadata import version
from math import exp, log
from pathlib import Path
from time import perf_counter

import numpy as np

from compiler.files import write_text
from simulations.heralding.noise import (
    GAUSSIAN_NOISE,
    LEAST_NOISE,
    LOSSLESS,
    HeraldLoss,
    assess,
    attempts_for,
    least_noise_scheme,
    least_ratio,
    multiplexed,
)
from simulations.heralding.resource_states import weak_cubic_target
from simulations.heralding.schemes import SCHEMES
from simulations.heralding.teleported_cubic import TeleportedCubic, measured_noise

RESULTS = Path(__file__).parent / "HERALDING.md"
FIVE_PERCENT_TWICE = HeraldLoss(0.95, 0.95, 0.95)
SHOTS = 100_000
GATES = {
    "plain": {},
    "gain 0.7": {"gain": 0.7},
    "ancilla 0.95": {"ancilla_eta": 0.95},
    "detector 0.972": {"detector_eta": 0.972},
    "ancilla 0.95, detector 0.972, gain 1.2": {"ancilla_eta": 0.95, "detector_eta": 0.972, "gain": 1.2},
}


def bounds() -> list[str]:
    """Least noise ratio by number of photons."""
    lines = ["| photons | least noise ratio |", "|---:|---:|"]
    return [*lines, *(f"| {n} | {least_ratio(n):.4f} |" for n in range(4))]


def schemes() -> list[str]:
    """Quality of every scheme, without and with loss."""
    lines = [
        "| scheme | counts | loss | probability | attempts for 99 % | fidelity with its target | noise ratio | gamma "
        "| noise of g = 0.1 | ideal r_a that adds as much |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, scheme in {**SCHEMES, **LEAST_NOISE}.items():
        target = weak_cubic_target(float(name.split("-")[-1]), 4) if name in SCHEMES else None
        for label, loss in (("none", LOSSLESS), ("5 % twice", FIVE_PERCENT_TWICE)):
            found = assess(scheme, loss, target)
            fidelity = "" if found.fidelity is None else f"{found.fidelity:.4f}"
            lines.append(
                f"| {name} | {', '.join(map(str, scheme.counts))} | {label} | {100 * found.probability:.2f} % | "
                f"{attempts_for(0.99, found.probability)} | {fidelity} | {found.noise.ratio:.4f} | "
                f"{found.noise.gamma:.4f} | {found.noise.added_variance(0.1):.4f} | "
                f"{found.noise.equivalent_r(0.1):.3f} |"
            )
    return lines


def switches() -> list[str]:
    """What a tree of switches does to the noise."""
    lines = [
        "| scheme | loss of a switch, dB | attempts | depth | success | noise ratio |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, scheme in {**SCHEMES, **LEAST_NOISE}.items():
        for loss_db in (0.0, 0.1, 0.5, 1.0):
            found = multiplexed(scheme, 0.99, loss_db)
            lines.append(
                f"| {name} | {loss_db:g} | {found.attempts} | {found.switches} | {found.success:.4f} | "
                f"{found.resource.noise.ratio:.4f} |"
            )
    return lines


def gates() -> list[str]:
    """Simulated against predicted noise of the gadget."""
    lines = [
        "| parts | r_a | e^(-2 r_a) | predicted factor | simulated / predicted | standard error |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    seeds = iter(range(1, 100))
    for label, parts in GATES.items():
        for r in (0.5, 1.0, 1.5, 2.0):
            gate = TeleportedCubic(0.1, r, **parts)
            found = measured_noise(gate, SHOTS, np.random.default_rng(next(seeds)))
            lines.append(
                f"| {label} | {r:g} | {exp(-2.0 * r):.4f} | {gate.factor:.4f} | {found.ratio:.4f} | "
                f"{found.stderr / gate.added_variance:.4f} |"
            )
    return lines


def main() -> None:
    """Search if asked, measure, write."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--search", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--restarts", type=int, default=12)
    options = parser.parse_args()
    start = perf_counter()
    if options.search:
        for counts in ((1,), (2,), (1, 2)):
            for loss in (LOSSLESS, FIVE_PERCENT_TWICE):
                found = least_noise_scheme(counts, options.seed, options.restarts, loss)
                print(counts, loss, assess(found, loss), found, f"{perf_counter() - start:.0f} s", sep="\n", flush=True)
    text = [
        "# Resources of teleported cubic gates",
        "",
        f"Written by `python benchmarks/heralding.py` on {date.today()}. Machine: "
        f"{platform.processor() or platform.machine()}; Python {platform.python_version()}, thewalrus "
        f"{version('thewalrus')}, numpy {version('numpy')}, scipy {version('scipy')}.",
        "",
        "Noise ratio: variance that a state adds as resource of a teleported cubic gate, over that of the best "
        "squeezed vacuum, for a gate of any strength (`simulations/heralding/noise.py`). Only below 1 is it worth "
        "heralding. "
        f"The best squeezed vacuum adds {GAUSSIAN_NOISE * 0.1 ** (2 / 3):.4f} to a gate of g = 0.1, as an ideal cubic "
        f"state of r_a = {-0.5 * log(GAUSSIAN_NOISE * 0.1 ** (2 / 3)):.3f} does.",
        "",
        "## Least noise ratio, by photons counted in pure Gaussian light",
        "",
        *bounds(),
        "",
        "## Schemes",
        "",
        'Squeezing at most 10 dB. Loss "5 % twice": of all squeezed light before the mesh, and of all modes after it.',
        "",
        *schemes(),
        "",
        "## A tree of switches, for 99 % success",
        "",
        *switches(),
        "",
        f"## The gadget: added noise, {SHOTS} shots, gamma = 0.1",
        "",
        *gates(),
        "",
    ]
    write_text(RESULTS, "\n".join(text))


if __name__ == "__main__":
    main()
