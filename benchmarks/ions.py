"""The tables of docs/ions.md: error against pulses, edges of two, three and four modes, the grid, shots of readout.

Run with ``python benchmarks/ions.py``; the search for the 4-edge takes most of the time. The curve is also drawn, to
``benchmarks/ion_pulses.png``.
"""

from __future__ import annotations

from math import exp
from pathlib import Path
from time import process_time

from compiler.ions import (
    GaussianExtent,
    LinePhase,
    MotionRates,
    PulseTimes,
    Synthesised,
    SynthesisSettings,
    compile_edge,
    error_curve,
    motion_noise,
    schedule,
    shots_for_weight,
)
from compiler.ions.sequences import synthesis
from compiler.ir.conventions import HBAR
from hardware_profiles.display.figures import BLUE, ORANGE, STYLE
from simulations.grid.spin import simulate_ion_program

WEIGHT, EXTENT, ERROR = 0.3, 4.0, 1e-2
EQUAL = SynthesisSettings(equal_areas=True)
COUNTS = (2, 3, 4, 5, 6, 7, 8, 10, 12)
TIMES = PulseTimes(rotation_s=5e-6, displacement_s_per_area=5e-5, displacement_minimum_s=1e-5)
"""Assumed: recalled durations of spin-dependent displacements are 10 to 100 us."""


def curves() -> dict[str, tuple[Synthesised, ...]]:
    """Error against pulses for one of the four cubic terms of a 3-edge."""
    phase = LinePhase.power(3, WEIGHT * 3.0**2.5 / 24.0 / (3.0 * HBAR))
    return {
        "equal areas": error_curve(phase, EXTENT, COUNTS, EQUAL),
        "free areas": error_curve(phase, EXTENT, COUNTS),
    }


def curve_table(found: dict[str, tuple[Synthesised, ...]]) -> list[str]:
    """The curves as a table."""
    lines = [
        "| pulses | error, equal areas | total area | error, free areas | total area |",
        "|---:|---:|---:|---:|---:|",
    ]
    for one, other in zip(*found.values(), strict=True):
        cells = " | ".join(f"{v.error.sup_norm:.2e} | {v.sequence.total_area:.2f}" for v in (one, other))
        lines.append(f"| {one.sequence.pulses} | {cells} |")
    return lines


def curve_figure(found: dict[str, tuple[Synthesised, ...]], path: Path) -> None:
    """The curves as a figure."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.0, 3.2))
        axes = figure.add_subplot()
        for (name, row), colour in zip(found.items(), (BLUE, ORANGE), strict=True):
            axes.semilogy(
                [v.sequence.pulses for v in row],
                [v.error.sup_norm for v in row],
                "o-",
                ms=4,
                lw=1.2,
                color=colour,
                label=name,
            )
        axes.set(xlabel="spin-dependent displacements", ylabel="sup-norm error on |s| <= 4")
        axes.legend(frameon=False)
        figure.savefig(path, dpi=150, bbox_inches="tight")


def forget_searches() -> None:
    """Empty the caches of the search."""
    for found in vars(synthesis).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()


def edges() -> list[str]:
    """Edges of two, three and four modes."""
    lines = [
        "| k | areas | sequences | pulses each | displacements | depth | bound | time, ms | added variance | seconds |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for k, settings in ((2, EQUAL), (2, None), (3, EQUAL), (3, None), (4, EQUAL), (4, None)):
        forget_searches()  # each row's seconds are its own
        start = process_time()
        program = compile_edge(tuple(range(k)), WEIGHT, EXTENT, ERROR, settings)
        seconds = process_time() - start
        plan = schedule(program.gates, 1, TIMES)
        noise = motion_noise(plan.duration_s, MotionRates(heating_quanta_per_s=10.0))
        pulses = max(gate.synthesised.sequence.pulses for gate in program.gates)
        areas = "free" if settings is None else "equal"
        lines.append(
            f"| {k} | {areas} | {len(program.gates)} | {pulses} | {program.displacements} | {program.depth} "
            f"| {program.error_bound:.1e} | {1e3 * plan.duration_s:.2f} | {noise.added_variance:.3f} "
            f"| {seconds:.1f} |"
        )
    return lines


def grid() -> list[str]:
    """A 3-edge on three modes and a spin."""
    lines = [
        "| var x | stated error | found in the region | distance | stated distance | leak |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for variance in (0.64, 1.0):
        extent = GaussianExtent((variance,) * 3, EXTENT / variance**0.5)
        program = compile_edge((0, 1, 2), WEIGHT, extent, ERROR)
        found = simulate_ion_program(program, (variance,) * 3)
        lines.append(
            f"| {variance} | {program.error_bound:.1e} | {found.inside_error:.1e} | {found.distance:.1e} "
            f"| {program.state_error_bound:.1e} | {found.leak:.1e} |"
        )
    return lines


def readout() -> list[str]:
    """Shots that tell a matched probe from a decoy, error 1 %."""
    lines = ["| k | r | weight off by | kappa | bits | homodyne shots |", "|---:|---:|---:|---:|---:|---:|"]
    for k in (2, 3, 4):
        for r in (0.5, 1.0):
            for difference in (0.3, 0.6):
                cost = shots_for_weight(k, difference, exp(2 * r), exp(-2 * r), 0.01)
                lines.append(
                    f"| {k} | {r} | {difference} | {cost.kappa:.2f} | {cost.shots:,} | {cost.homodyne_shots:,} |"
                )
    return lines


if __name__ == "__main__":
    both = curves()
    curve_figure(both, Path(__file__).parent / "ion_pulses.png")
    for table in (lambda: curve_table(both), readout, grid, edges):
        print("\n".join(table()), end="\n\n", flush=True)
