"""Benchmarks of phases on trapped ions: directions, which are spin sequences, by polarization and by search.

Run with ``python benchmarks/directions.py``; compiling the pulses takes most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, combinations_with_replacement
from math import inf
from time import process_time

import numpy as np

from compiler import Circuit, Polynomial, SynthesisOptions, compile_circuit, phase
from compiler.ions.sequences import synthesis
from compiler.ions.sequences.powers import directions
from compiler.machines import IonSettings, Request, machine_of
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.pipeline import CompiledProgram
from compiler.synthesis.waring.directions import fewer_directions, generic_directions, residual, strength
from hardware_profiles import load_profile

IONS = load_profile("trapped-ion-motional")
SETTINGS = IonSettings(error=0.05, input_r=0.3)


def edges(n: int, *degrees: int, scale: float = 1.0) -> Polynomial:
    """All edges of these degrees on n modes, |weights| uniform in 0.1..0.5 times the scale, random signs."""
    return _random((key for d in degrees for key in combinations(range(n), d)), n, scale)


def dense(n: int, *degrees: int) -> Polynomial:
    """All monomials of these degrees in n modes, coefficients as those of `edges`."""
    return _random((key for d in degrees for key in combinations_with_replacement(range(n), d)), n, 1.0)


def _random(keys: Iterable[tuple[int, ...]], seed: int, scale: float) -> Polynomial:
    rng = np.random.default_rng(seed)
    total = Polynomial({})
    for key in keys:
        total = total + Polynomial.monomial(key, scale * float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])))
    return total


def _pair(one: tuple[int, ...], other: tuple[int, ...]) -> Polynomial:
    return Polynomial.monomial(one, 0.3) + Polynomial.monomial(other, 0.2)


def quartic_directions() -> list[str]:
    """Directions of polynomials of degree 3 to 5: polarization, the search, and what generic ones need at least."""
    cases = {
        "one 4-edge": edges(4, 4),
        "two 4-edges that share 3 modes": _pair((0, 1, 2, 3), (0, 1, 2, 4)),
        "all 4-edges, n = 5": edges(5, 4),
        "all 4-edges, n = 6": edges(6, 4),
        "all 4-edges, n = 7": edges(7, 4),
        "all 4-edges, n = 8": edges(8, 4),
        "all edges of 2 to 4 modes, n = 4": edges(4, 2, 3, 4),
        "all edges of 2 to 4 modes, n = 5": edges(5, 2, 3, 4),
        "all edges of 2 to 4 modes, n = 6": edges(6, 2, 3, 4),
        "all monomials of degree 2 to 4, n = 4": dense(4, 2, 3, 4),
        "all monomials of degree 2 to 4, n = 5": dense(5, 2, 3, 4),
        "all 3-edges, n = 6": edges(6, 3),
        "all 5-edges, n = 6": edges(6, 5),
    }
    lines = [
        "| phase | polarization | search | generic, at least | strength / polarization's | residual | "
        "processor seconds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, polynomial in cases.items():
        usual = directions(polynomial)
        start = process_time()
        found = fewer_directions(polynomial, SynthesisOptions())
        seconds = process_time() - start
        degrees = tuple(sorted({sum(power for _, power in key) for key in polynomial.terms}))
        least = generic_directions(len(polynomial.variables), degrees)
        reached = f"{len(usual)}, kept | {least} | 1.00 | {residual(polynomial, usual):.0e}"
        if found is not None:
            ratio = strength(found) / strength(usual)
            reached = f"{len(found)} | {least} | {ratio:.2f} | {residual(polynomial, found):.0e}"
        lines.append(f"| {name} | {len(usual)} | {reached} | {seconds:.2f} |")
    return lines


def direction_pulses() -> list[str]:
    """Whole programs for trapped ions, by polarization and by search; equal settings otherwise."""
    cases = {
        "two 3-edges that share 2 modes": _pair((0, 1, 2), (1, 2, 3)),
        "all 3-edges, n = 4": edges(4, 3),
        "all edges of 2 to 4 modes, n = 4": edges(4, 2, 3, 4, scale=0.2),
        "all 4-edges, n = 5": edges(5, 4, scale=0.2),
        "all 4-edges, n = 6": edges(6, 4, scale=0.2),
    }
    lines = [
        "| phase | directions | sequences | displacements | time, ms | added variance | stated distance | "
        "processor seconds |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, polynomial in cases.items():
        for label, searched in (("polarization", False), ("search", True)):
            program, seconds = _compiled(polynomial, searched)
            assert program.layout is not None
            summary = program.layout.summary
            time_s, heating, distance = (
                float(str(summary.get(key, inf))) for key in ("duration_s", "heating_variance", "state_distance")
            )
            lines.append(
                f"| {name} | {label} | {summary['sequences']} | {summary['displacements']} | {1e3 * time_s:.1f} | "
                f"{heating:.3f} | {distance:.2f} | {seconds:.1f} |"
            )
    return lines


def _compiled(polynomial: Polynomial, searched: bool) -> tuple[CompiledProgram, float]:
    """A program, and the processor seconds that compiling took with empty caches."""
    for found in vars(synthesis).values():
        if hasattr(found, "cache_clear"):
            found.cache_clear()
    passes = list(machine_of(IONS).passes(Request(settings=SETTINGS)))
    if not searched:
        kinds = [step.name for step in passes]
        passes[kinds.index("split_directions")] = SplitDirections(SynthesisOptions(effort=0.0))
    circuit = Circuit(max(int(v) for v in polynomial.variables) + 1, (phase(polynomial),))
    start = process_time()
    program = compile_circuit(circuit, IONS, tuple(passes), settings=SETTINGS)
    return program, process_time() - start


if __name__ == "__main__":
    for table in (quartic_directions, direction_pulses):
        print("\n".join(table()), end="\n\n", flush=True)
