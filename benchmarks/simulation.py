"""Benchmarks of the simulators: the lossy 3-mode cell against other packages, noisy cells, and long sentences."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, nan
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from compiler.costs.noise import with_noise
from compiler.files import write_bytes
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Loss, Operation, PrepareSqueezed
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from hardware_profiles.display.figures import BLUE, GREY, STYLE
from qumode_khrnn.answers.noisy_network import compile_sentence
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, Token, cell_of
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge, random_hypergraph
from qumode_khrnn.reports.style import png
from qumode_khrnn.studies.cross_check import KET_CUTOFF, logical_edge, lossy_edge, lossy_edge_variance
from qumode_khrnn.studies.loss_study import matched_error
from simulations import grid
from simulations.backends.fock import quadrature_moments
from simulations.backends.handover import single_modes
from simulations.backends.strawberryfields import moments as fields_moments
from simulations.exact import moments, simulate

Timed = Callable[[Callable[[], object]], float]

CUTOFFS = (8, 10, 12, 14)
"""Fock cutoffs of Strawberry Fields with loss; 16 does not fit its density matrices in 8 GB."""


def against_others(timed: Timed) -> list[str]:
    """Error and time on the lossy 3-mode cell."""
    r, w, eta = 0.5, 0.3, 0.9
    circuit, logical = lossy_edge(load_profile("ideal-cubic"), r, w, eta), logical_edge(r, w, eta)
    exact = lossy_edge_variance(r, w, eta)
    values = simulate(circuit, 400_000, np.random.default_rng(1)).results["p0"]
    relative = float(np.sqrt(((values - values.mean()) ** 4).mean() / values.var() ** 2 - 1.0))
    shots = ceil((relative / 0.005) ** 2)
    sampled = simulate(circuit, shots, np.random.default_rng(2)).results["p0"].var()
    ours = timed(lambda: simulate(circuit, shots, np.random.default_rng(2)))
    rows = [
        ("exact, closed form", "compiled cell", moments(circuit).of("p0")[1], timed(lambda: moments(circuit))),
        ("exact, trajectories", f"{shots:,} shots: standard error 0.5 %", sampled, ours),
        ("grid", "logical cell", grid.moments(logical)[0].variance, timed(lambda: grid.moments(logical))),
    ]

    def mustard() -> float:
        (_, rho) = single_modes(logical, KET_CUTOFF)["p0"]
        return quadrature_moments(rho, np.pi / 2)[1]

    rows.append(("MrMustard", f"loss on the grid's ket, cutoff {KET_CUTOFF}", mustard(), timed(mustard)))
    fields_moments(circuit, 3)
    for cutoff in CUTOFFS:
        start = perf_counter()
        (found,) = fields_moments(circuit, cutoff)
        rows.append(("Strawberry Fields", f"mixed Fock, cutoff {cutoff}", found.variance, perf_counter() - start))
    lines = [
        f"Variance of p of mode 0 after a 3-edge (r = {r}, w = {w}) and loss eta = {eta}; exact: {exact:.6f}.",
        "",
        "| back end | setting | variance | relative error | seconds | time / trajectories |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, setting, variance, seconds in rows:
        error = variance / exact - 1.0
        lines.append(f"| {name} | {setting} | {variance:.6f} | {error:+.1e} | {seconds:.4f} | {seconds / ours:,.2f} |")
    return lines


def loss_aware() -> list[str]:
    """How far loss-aware cells lower the error of matched probes, and by how much of it through weights alone."""
    graphs = [random_hypergraph(4, 3, np.random.default_rng([1, i]), None, (0.1, 0.5)) for i in range(4)]
    lines = [
        "| loss per cell | r | error, plain | plain / loss-aware | plain / weights alone, none above nominal |",
        "|---:|---:|---:|---:|---:|",
    ]
    for loss in (0.01, 0.05, 0.1):
        for r in (0.5, 1.0, 1.5):
            network, eta = Network(4, r, r), 1.0 - loss
            plain, aware, weights = (
                float(np.mean([matched_error(g, 0, network, eta, a, nominal=n) for g in graphs]))
                for a, n in ((False, False), (True, False), (True, True))
            )
            lines.append(f"| {loss:.0%} | {r} | {plain:.3f} | {plain / aware:.3f} | {plain / weights:.3f} |")
    return lines


def loss_aware_on_profile() -> list[str]:
    """The same for compiled sentences on photonic-cubic, whose cells lose light on wires that carry several modes."""
    profile = load_profile("photonic-cubic")
    spec = HsmtSpec(modes=4, k=3, sentences=12, probes=1, seed=5, mixture={"matched": 1.0})
    sentences = [sentence.tokens for sentence in generate(spec, reference)]

    def error(tokens: tuple[Token, ...], scale: float, aware: bool) -> float:
        compiled = compile_sentence(tokens, spec.network, profile, None, scale if aware else None)
        ((name, gain),) = compiled.gains.items()
        mean, variance = moments(with_noise(compiled.circuit, profile, scale)).of(name)
        return gain**2 * (variance + mean**2)

    lines = ["| loss x | mean error, plain / loss-aware | worst sentence, loss-aware / plain |", "|---:|---:|---:|"]
    for scale in (1.0, 3.0, 10.0):
        plain, aware = (np.array([error(tokens, scale, a) for tokens in sentences]) for a in (False, True))
        lines.append(f"| {scale:g} | {plain.mean() / aware.mean():.4f} | {(aware / plain).max():.4f} |")
    return lines


def noisy_cell(timed: Timed) -> list[str]:
    """Shots of one compiled cell of ten modes with the noise of photonic-cubic."""
    profile = load_profile("photonic-cubic")
    cell = UnitCell((Hyperedge((7, 8, 9), 0.3),), (), Readout("p", 7))
    native = compile_circuit(Network(10, 1.0, 1.0).circuit([cell]), profile).circuit
    noisy = with_noise(native, profile)
    seconds = timed(lambda: simulate(noisy, 100_000, np.random.default_rng(0)))
    losses = sum(isinstance(op, Loss) for op in noisy.operations)
    return [
        f"100,000 shots of a compiled cell (3-edge and p readout) of a 10-mode network, {losses} losses in place: "
        f"{seconds:.2f} s."
    ]


def lossy_sentence(modes: int, tokens: int, eta: float, seed: int) -> Circuit:
    """A logical sentence in which every latent mode loses light after every token."""
    rng = np.random.default_rng(seed)
    network = Network(modes, 1.0, 1.0)
    chosen: list[Token] = []
    for _ in range(tokens - 1):
        if rng.random() < 0.8:
            edge = tuple(sorted(int(m) for m in rng.permutation(modes)[:3]))
            chosen.append(EdgeToken(edge, float(rng.uniform(-0.5, 0.5))))
        else:
            chosen.append(ReadToken("x", int(rng.integers(modes))))
    chosen.append(ReadToken("p", 0))
    loss = tuple(Loss((m,), eta) for m in range(modes))
    operations: list[Operation] = [PrepareSqueezed((m,), -1.0) for m in range(modes)]
    for t, token in enumerate(chosen):
        operations += [*cell_of(token).operations(network.ancilla, 1.0, f"y{t}"), *loss]
    return Circuit(modes + 1, tuple(operations), (network.ancilla,))


def _one_sentence(modes: int, tokens: int) -> tuple[float, float]:
    """Seconds of one trajectory, and the peak memory of this process in GB."""
    circuit = lossy_sentence(modes, tokens, 0.9995, 1)
    start = perf_counter()
    simulate(circuit, 1, np.random.default_rng(0))
    taken = perf_counter() - start
    # not ru_maxrss, which a child inherits from the process that started it
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = [float(line.split()[1]) / 1e6 for line in lines if line.startswith("VmHWM")]
    return taken, peak[0] if peak else nan


def long_sentences(figure_file: Path) -> list[str]:
    """Time of one trajectory against the number of modes, as a table and a figure."""
    sizes, seconds, tokens = (10, 20, 50, 100, 150, 200), [], 2000
    lines = ["| modes | seconds | ms per token | peak memory of the process, GB |", "|---:|---:|---:|---:|"]
    for modes in sizes:
        with get_context("spawn").Pool(1) as process:  # of its own, for its memory
            taken, peak = process.apply(_one_sentence, (modes, tokens))
        seconds.append(taken)
        lines.append(f"| {modes} | {taken:.2f} | {1e3 * taken / tokens:.2f} | {peak:.2f} |")
    growth = float(np.polyfit(np.log(sizes[2:]), np.log(seconds[2:]), 1)[0])
    lines += ["", f"From {sizes[2]} modes on the time grows like n^{growth:.2f}."]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.4, 3.0))
        axes = figure.add_subplot()
        cost = [1e3 * s / tokens for s in seconds]
        axes.loglog(sizes, cost, color=BLUE, marker="o", ms=4, label="measured")
        axes.loglog(
            sizes, [cost[3] * (n / sizes[3]) ** 2 for n in sizes], color=GREY, ls="--", lw=1.0, label="n squared"
        )
        axes.set_xticks(sizes, [str(n) for n in sizes])
        axes.minorticks_off()
        axes.set_xlabel("modes n")
        axes.set_ylabel("ms per token")
        axes.legend(fontsize=8)
        write_bytes(figure_file, png(figure))
    return lines
