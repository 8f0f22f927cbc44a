"""Benchmarks of the compiler: gates by strategy against polarization and the generic Waring rank, and times."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np

from compiler import Circuit, Polynomial, SynthesisOptions, compile_circuit, compile_polynomial, compile_template, phase
from compiler.artifact import check_artifact, write_artifact
from compiler.comparison import compare
from compiler.ir import operations as ops
from compiler.pipeline import CompiledProgram
from compiler.synthesis.form import generic_rank
from compiler.synthesis.options import StrategyRow
from hardware_profiles import load_profile
from qumode_khrnn.network.hypergraph import Hypergraph, random_hypergraph, read_hypergraph

EXAMPLES = Path(__file__).parent.parent / "examples"
IDEAL = load_profile("ideal-cubic")


def phases(graph: Hypergraph) -> Circuit:
    """The hyperedge gates alone."""
    return Circuit(graph.modes, tuple(phase(edge.polynomial()) for edge in graph.edges))


def dense(n: int) -> Hypergraph:
    """All 3-edges, |weights| uniform in 0.1..0.5, random signs."""
    return random_hypergraph(n, 3, np.random.default_rng(n))


def _reached(program: CompiledProgram, strategy: str) -> StrategyRow:
    rows = [row for row in program.strategies if row.strategy == strategy]
    return rows[0] if rows else StrategyRow((), 0, strategy, None, None, None)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def fewest_cubics() -> list[str]:
    """Dense hypergraphs, objective cubics."""
    lines = [
        "| n | edges | polarization | eigen-peeling | paired peeling | Waring | chosen | generic rank | "
        "polarization / chosen | strength / polarization's | residual | seconds |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n in (4, 5, 6, 7, 8, 10, 12, 16, 20, 30, 40, 100):
        program = compile_circuit(phases(dense(n)), IDEAL)
        by_hand = _reached(program, "polarization")
        cubics = program.resources.counts["cubic_phase"]
        assert by_hand.cubics is not None and by_hand.strength is not None
        lines.append(
            f"| {n} | {by_hand.monomials:,} | {by_hand.cubics:,} | "
            f"{_number(_reached(program, 'eigen-peeling').cubics)} | "
            f"{_number(_reached(program, 'paired peeling').cubics)} | {_number(_reached(program, 'waring').cubics)} | "
            f"{cubics:,} | {generic_rank(n):,} | {by_hand.cubics / cubics:.1f} | "
            f"{program.resources.total_cubic_strength / by_hand.strength:.2f} | "
            f"{program.verification.residual:.0e} | {program.seconds:.2f} |"
        )
    return lines


def fewest_layers() -> list[str]:
    """Dense hypergraphs, objective depth."""
    lines = [
        "| n | non-Gaussian layers | strength / polarization's | with one layer more | depth of eigen-peeling | "
        "residual | seconds |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n in (4, 6, 8, 10, 12):
        program = compile_circuit(phases(dense(n)), IDEAL, options=SynthesisOptions("depth"))
        by_hand = _reached(program, "polarization")
        layers = program.resources.non_gaussian_depth
        more = _reached(program, f"orthogonal layers ({layers + 1})")
        assert by_hand.strength is not None
        ratio = "-" if more.strength is None else f"{more.strength / by_hand.strength:.2f}"
        lines.append(
            f"| {n} | {layers} | {program.resources.total_cubic_strength / by_hand.strength:.2f} | {ratio} | "
            f"{_reached(program, 'eigen-peeling').depth} | {program.verification.residual:.0e} | "
            f"{program.seconds:.2f} |"
        )
    return lines


def sparse() -> list[str]:
    """Sparse and structured hypergraphs, objective cubics."""
    rng = np.random.default_rng(0)

    def weight() -> float:
        return float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1]))

    star = {(0, a, b): weight() for a, b in combinations(range(1, 6), 2)}
    chain = {(i, i + 1, i + 2): weight() for i in range(18)}
    product = {(a, b, c): 0.3 for a in (0, 1) for b in (2, 3) for c in (4, 5)}
    cases: dict[str, Circuit] = {
        "x1 x2 x3 + x1 x2 x4": _form({(0, 1, 2): weight(), (0, 1, 3): weight()}),
        "star: one mode with all pairs of 5 others": _form(star),
        "chain of 18 overlapping triples, 20 modes": _form(chain),
        "(x1+x2)(x3+x4)(x5+x6)": _form(product),
        "karate-club triangles, 34 modes": phases(read_hypergraph(EXAMPLES / "karate_triangles.json")),
        "Davis' women, events of three": phases(read_hypergraph(EXAMPLES / "davis_women_triples.json")),
        "Davis' women, events of two to four": phases(read_hypergraph(EXAMPLES / "davis_women.json")),
        "one 4-edge": _form({(0, 1, 2, 3): 0.3}),
        "one 5-edge": _form({(0, 1, 2, 3, 4): 0.3}),
        "one 6-edge": _form({(0, 1, 2, 3, 4, 5): 0.3}),
    }
    lines = [
        "| phase | polarization | chosen | ratio | strategy | non-Gaussian depth | modes added | residual | seconds |",
        "|---|---:|---:|---:|---|---:|---:|---:|---:|",
    ]
    for name, circuit in cases.items():
        program = compile_circuit(circuit, IDEAL)
        by_hand = sum(row.cubics or 0 for row in program.strategies if row.strategy == "polarization")
        cubics = program.resources.counts["cubic_phase"]
        lines.append(
            f"| {name} | {by_hand} | {cubics} | {by_hand / cubics:.2f} | {program.strategy} | "
            f"{program.resources.non_gaussian_depth} | {program.circuit.modes - circuit.modes} | "
            f"{program.verification.residual:.0e} | {program.seconds:.2f} |"
        )
    return lines


def _form(terms: dict[tuple[int, ...], float]) -> Circuit:
    total = Polynomial({tuple((v, 1) for v in key): c for key, c in terms.items()})
    return Circuit(1 + max(max(key) for key in terms), (phase(total),))


def times() -> list[str]:
    """Certificates, templates, precision."""
    rng = np.random.default_rng(0)
    gates: list[ops.Operation] = []
    for _ in range(100_000):
        a, b = (int(m) for m in rng.choice(1000, 2, replace=False))
        value = float(rng.uniform(-0.1, 0.1))
        kinds = (ops.BeamSplitter((a, b), value), ops.Squeeze((a,), value), ops.Rotation((a,), value))
        gates.append((*kinds, ops.CubicPhase((a,), 1e-3 * value))[int(rng.integers(4))])
    large = Circuit(1000, tuple(gates))
    program = compile_circuit(large, IDEAL)
    start = perf_counter()
    compare(program.source, program.circuit)
    proof = perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        write_artifact(Path(folder), program)
        written = perf_counter() - start
        start = perf_counter()
        check_artifact(Path(folder))
        checked = perf_counter() - start
    edge = Circuit(3, (phase(Polynomial.monomial((0, 1, 2, "w"))),), symbols=("w",))
    template = compile_template(edge, IDEAL)
    plain = Polynomial.monomial((0, 1, 2), 0.3)
    bind = _each(lambda: template.bind({"w": 0.3}, (7, 2, 5)))
    whole = _each(lambda: compile_polynomial(plain, IDEAL))
    small = compile_polynomial(plain, IDEAL)
    digits = _each(lambda: compare(small.source, small.circuit, digits=50), 20)
    return [
        "| what | seconds |",
        "|---|---:|",
        f"| proof of 10^5 gates on 1,000 modes | {proof:.2f} |",
        f"| its certificate and files written | {written:.2f} |",
        f"| its folder checked (`khrnn verify`) | {checked:.2f} |",
        f"| one 3-edge compiled and verified | {whole:.6f} |",
        f"| one 3-edge bound from its template | {bind:.6f} ({whole / bind:.0f} times faster) |",
        f"| one 3-edge compared in 50 digits | {digits:.4f} |",
    ]


def _each(work: Callable[[], object], repeats: int = 200) -> float:
    work()
    start = perf_counter()
    for _ in range(repeats):
        work()
    return (perf_counter() - start) / repeats
