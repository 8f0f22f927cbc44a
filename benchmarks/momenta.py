"""Joint momenta of chains of 3-edges: time, and distance from closed forms and from the grid. Writes MOMENTA.md.

Run with ``python benchmarks/momenta.py``; `table` is what ``make bench`` quotes.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from scipy.stats import ks_2samp

from compiler.files import write_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.pipeline import compile_circuit
from compiler.typing import Array
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from simulations import grid
from simulations.backends.registry import Noise
from simulations.exact import moments
from simulations.momenta.run import planned, sample

HERE = Path(__file__).parent
SHOTS = 100

STATISTICS: tuple[Callable[[Mapping[str, Array]], Array], ...] = (
    lambda p: p["p0"],
    lambda p: p["p0"] + p["p1"] - p["p2"],
    lambda p: p["p0"] * p["p1"] * p["p2"],
)
"""What is compared with the grid."""


def chain(n: int, seed: int) -> Hypergraph:
    """Edges (i, i + 1, i + 2) with weights of either sign, 0.2 to 0.5."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.2, 0.5, n - 2) * rng.choice([-1.0, 1.0], n - 2)
    return Hypergraph(n, tuple(Hyperedge((i, i + 1, i + 2), float(w)) for i, w in enumerate(weights)))


def compiled(n: int, profile_name: str, squeezing: float = 1.0) -> Circuit:
    """A chain with all momenta read, compiled, with the noise of its profile in place."""
    profile = load_profile(profile_name)
    source = state_circuit(chain(n, n), squeezing, every_momentum=True)
    return Noise(profile).placed(compile_circuit(source, profile).circuit)


def table(sizes: tuple[int, ...] = (4, 10, 30)) -> list[str]:
    """Time of `SHOTS` shots, and how far sample moments are from closed forms."""
    lines = [
        "| modes | profile | live | points | left out | said, s | processor, s | wall, s | z, means | variances |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for profile in ("ideal-cubic", "photonic-cubic"):
        for n in sizes:
            circuit = compiled(n, profile)
            plan = planned(circuit)
            assert plan is not None
            cost = plan.cost(SHOTS)
            start, used = perf_counter(), process_time()
            out = sample(circuit, SHOTS, np.random.default_rng(1)).results
            wall, used = perf_counter() - start, process_time() - used
            mean, variance = distances(circuit, out)
            lines.append(
                f"| {n} | {profile} | {cost.live} | {cost.points} | {cost.left_out:.0e} | {cost.seconds:.0f} "
                f"| {used:.1f} | {wall:.1f} | {mean:.2f} | {variance:.2f} |"
            )
    return lines


def distances(circuit: Circuit, out: Mapping[str, Array]) -> tuple[float, float]:
    """Largest distance of means from closed forms, in standard errors, and of variances, as a share."""
    closed, worst = moments(circuit), [0.0, 0.0]
    for name, values in out.items():
        mean, variance = closed.of(name)
        worst[0] = max(worst[0], abs(values.mean() - mean) / (variance / len(values)) ** 0.5)
        worst[1] = max(worst[1], abs(np.mean((values - mean) ** 2) / variance - 1.0))
    return worst[0], worst[1]


def against_the_grid() -> list[str]:
    """P-values of two-sample Kolmogorov-Smirnov tests against the grid back end."""
    lines = ["| modes | loss | shots | p_0 | p_0 + p_1 - p_2 | p_0 p_1 p_2 |", "|---:|---|---:|---:|---:|---:|"]
    for n, squeezing, shots, eta in (
        (3, 0.3, 2_000, 1.0),
        (3, 0.3, 2_000, 0.8),
        (4, 0.2, 400, 1.0),
        (4, 0.2, 400, 0.8),
    ):
        body = [op for op in state_circuit(chain(n, n), squeezing).operations if not isinstance(op, ops.Homodyne)]
        loss = [ops.Loss((m,), eta) for m in range(n) if eta < 1.0]
        read = [ops.Homodyne((m,), np.pi / 2, f"p{m}") for m in range(n)]
        circuit = Circuit(n, (*body, *loss, *read))
        ours = sample(circuit, shots, np.random.default_rng(2)).results
        theirs = grid.sample(circuit, shots, np.random.default_rng(3)).results
        tests = [ks_2samp(of(ours), of(theirs)).pvalue for of in STATISTICS]
        lines.append(f"| {n} | {1 - eta:.0%} | {shots} | " + " | ".join(f"{p:.2f}" for p in tests) + " |")
    return lines


def main() -> None:
    """Write MOMENTA.md."""
    text = [
        "# Joint momenta",
        "",
        f"Written by `python benchmarks/momenta.py` on {date.today()}. Machine: {platform.machine()}; Python "
        f"{platform.python_version()}, numpy {np.__version__}.",
        "",
        f"Chains of 3-edges, weights of 0.2 to 0.5 in size, r = 1, {SHOTS} shots of all momenta. Live: modes on grids "
        "at once. Left out: estimate of what weak couplings change, in total variation. Said: what the back end tells. "
        "z: the largest distance of a mean from its closed form, in standard errors; variances: the largest distance "
        "from their closed forms, as a share. The standard error of a variance is about 0.28, that of a product of two "
        "normals.",
        "",
        *table(),
        "",
        "Against the grid back end (r = 0.3 and 0.2, losses before the readouts): p-values of two-sample tests.",
        "",
        *against_the_grid(),
        "",
    ]
    write_text(HERE / "MOMENTA.md", "\n".join(text))


if __name__ == "__main__":
    main()
