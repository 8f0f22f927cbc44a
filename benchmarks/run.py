"""Benchmarks: simulator throughput, compile time, and the 3-mode cell against Strawberry Fields. Writes RESULTS.md.

Run with ``make bench``. Ratios are taken within one run; absolute times belong to the machine named in the file.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import branches
import directions
import numpy as np
import peers
import simulation
import synthesis
from threadpoolctl import threadpool_info

from compiler.comparison import compare
from compiler.files import write_text
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import exact_reference, reference
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.formats.read import read_hypergraph
from qumode_khrnn.network.hypergraph import Hyperedge, random_hypergraph

HERE = Path(__file__).parent
REPEATS = 3


def timed(work: Callable[[], object]) -> float:
    """Median wall time of a few runs after one warm-up."""
    work()
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def throughput() -> list[str]:
    """Tokens per second of one exact sentence with laws, k = 3."""
    lines = ["| modes | edges | tokens | answers | seconds | tokens/s |", "|---:|---:|---:|---:|---:|---:|"]
    for modes, edges in ((10, 60), (30, 120), (60, 200)):
        spec = HsmtSpec(modes, 3, 1, length=2000, edges=edges, seed=1)
        (sentence,) = generate(spec, reference)
        seconds = timed(lambda s=sentence, n=spec.network: exact_reference(s.tokens, n, np.random.default_rng(0), None))
        answers = len(sentence.answers)
        lines.append(f"| {modes} | {edges} | 2000 | {answers} | {seconds:.3f} | {2000 / seconds:,.0f} |")
    return lines


def compile_times() -> list[str]:
    """Compile and verify time."""
    ideal = load_profile("ideal-cubic")
    cell = UnitCell((Hyperedge((0, 1, 2), 0.3),), (), Readout("p", 0))
    karate = read_hypergraph(HERE.parent / "examples" / "karate_triangles.json")
    cases = {
        "unit cell, n = 4": Network(4, 1.0, 1.0).circuit([cell], prepare=False),
        "unit cell, n = 60": Network(60, 1.0, 1.0).circuit([cell], prepare=False),
        "karate-club triangles, 34 modes, 45 edges": state_circuit(karate, 1.0),
        "dense k = 3, n = 20, 1140 edges": state_circuit(random_hypergraph(20, 3, np.random.default_rng(1)), 1.0),
    }
    lines = [
        "| circuit | cubic gates | beamsplitters | depth | compile + verify, s | of which verify, s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, circuit in cases.items():
        program = compile_circuit(circuit, ideal)
        whole = timed(lambda c=circuit: compile_circuit(c, ideal))
        check = timed(lambda c=circuit, p=program: compare(c, p.circuit))
        counts = program.resources.counts
        lines.append(
            f"| {name} | {counts['cubic_phase']} | {counts['beam_splitter']} | {program.resources.depth} | "
            f"{whole:.4f} | {check:.4f} |"
        )
    return lines


def machine() -> str:
    """Processor, cores and versions."""
    import os

    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        name = models[0] if models else name
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "scipy", "strawberryfields"))
    blas = ", ".join(
        f"{library['internal_api']} {library['version']}, kernel {library.get('architecture', 'unknown')}"
        for library in threadpool_info()
        if library["user_api"] == "blas" and "numpy" in library["filepath"]
    )
    return (
        f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; Python "
        f"{platform.python_version()}, {packages}; BLAS of numpy: {blas or 'unknown'}"
    )


def main() -> None:
    """Run everything and write the file."""
    parts = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {date.today().isoformat()}. Machine: {machine()}.",
        f"Times are medians of {REPEATS} runs after a warm-up (Strawberry Fields: one, after one at cutoff 3).",
        "",
        "## Exact laws of every answer of one HSMT sentence of 2,000 tokens",
        "",
        *throughput(),
        "",
        "## Compiler, objective cubics: dense 3-uniform hypergraphs on ideal-cubic",
        "",
        "Polarization is what one would do by hand, and what the tools of the next table leave to their users; the "
        "generic rank is the Waring rank of almost every cubic form in n variables, and so the limit without "
        "structure. Times include passes and proof, at the default effort.",
        "",
        *synthesis.fewest_cubics(),
        "",
        "The same forms in other tools:",
        "",
        *peers.one_edge_in_peers(),
        "",
        "With more effort:",
        "",
        *synthesis.more_effort(),
        "",
        "Cubic gates against strength, at the default effort:",
        "",
        *synthesis.gates_for_strength(),
        "",
        "Length of the starting vectors, 1 being that at which they would make a tensor of the right size (40 modes):",
        "",
        *synthesis.starting_lengths(),
        "",
        "## Compiler, objective cubics: sparse and structured hypergraphs on ideal-cubic",
        "",
        f"Random 3-edges of the benchmark's generator (`random_sparse`), medians over the seeds "
        f"{', '.join(map(str, synthesis.SEEDS))}.",
        "",
        *synthesis.random_hypergraphs(),
        "",
        "Communities and symmetric families, modes permuted at random:",
        "",
        *synthesis.structured(),
        "",
        "4-, 5- and 6-edges are reduced to cubic phases first; polarization then counts the gates of those.",
        "",
        *synthesis.sparse(),
        "",
        "## Compiler, objective depth: dense 3-uniform hypergraphs on ideal-cubic",
        "",
        *synthesis.fewest_layers(),
        "",
        "## Trapped ions: directions of polynomials of degree 2 to 6, one spin sequence each",
        "",
        *directions.quartic_directions(),
        "",
        "## Compiler: unit cells and states",
        "",
        *compile_times(),
        "",
        "## Certificates and templates",
        "",
        *synthesis.times(),
        "",
        "## The 3-mode lossy cell to 0.5 %, against Strawberry Fields and MrMustard",
        "",
        *simulation.against_others(timed),
        "",
        "## Loss-aware cells: matched probes of four dense hypergraphs on 4 modes, |w| in 0.1..0.5, closed form",
        "",
        *simulation.loss_aware(),
        "",
        "Compiled sentences on photonic-cubic (12 sentences, 4 modes, one matched probe each), closed form:",
        "",
        *simulation.loss_aware_on_profile(),
        "",
        "## Exact simulator with noise",
        "",
        *simulation.noisy_cell(timed),
        "",
        "One trajectory of a sentence of 2,000 tokens, k = 3, every mode losing 0.05 % of its light after every token "
        "(80 % hyperedges, 20 % position readouts, one momentum readout at the end).",
        "",
        *simulation.long_sentences(HERE / "cost_per_token.png"),
        "",
        "![Cost of a token](cost_per_token.png)",
        "",
        "## Displacement readouts: the branch simulator against position grids",
        "",
        *branches.against_grid(timed),
        "",
    ]
    write_text(HERE / "RESULTS.md", "\n".join(parts))
    print("\n".join(parts))


if __name__ == "__main__":
    main()
