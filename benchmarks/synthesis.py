"""Benchmarks of the compiler: gates by strategy against polarization and the generic Waring rank, and times."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from compiler import Circuit, Polynomial, SynthesisOptions, compile_circuit, compile_polynomial, compile_template, phase
from compiler.artifact import check_artifact, write_artifact
from compiler.comparison import compare
from compiler.ir import operations as ops
from compiler.pipeline import CompiledProgram
from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.form import fewest_layers as fewest_layers_of
from compiler.synthesis.options import StrategyRow, synthesis_summary
from compiler.synthesis.waring.dense import total_strength
from compiler.synthesis.waring.large import State, decompose, random_start
from hardware_profiles import load_profile
from qumode_khrnn.network.formats.read import read_hypergraph
from qumode_khrnn.network.hypergraph import Hypergraph, random_hypergraph

EXAMPLES = Path(__file__).parent.parent / "examples"
IDEAL = load_profile("ideal-cubic")
SEEDS = range(5)
"""Of the random sparse hypergraphs."""


def phases(graph: Hypergraph) -> Circuit:
    """The hyperedge gates alone."""
    return Circuit(graph.modes, tuple(phase(edge.polynomial()) for edge in graph.edges))


def dense(n: int) -> Hypergraph:
    """All 3-edges, |weights| uniform in 0.1..0.5, random signs."""
    return random_hypergraph(n, 3, np.random.default_rng(n))


def random_sparse(n: int, edges: int, seed: int) -> Hypergraph:
    """Random 3-edges, |weights| uniform in 0.1..0.5, random signs."""
    return random_hypergraph(n, 3, np.random.default_rng(seed), edges=edges)


def _weight(rng: np.random.Generator) -> float:
    """A weight of size 0.1 to 0.5 and random sign."""
    return float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1]))


def _reached(program: CompiledProgram, strategy: str) -> StrategyRow:
    rows = [row for row in program.strategies if row.strategy == strategy]
    return rows[0] if rows else StrategyRow((), 0, strategy, None, None, None)


def _cubics(program: CompiledProgram) -> int:
    return program.resources.counts["cubic_phase"]


def _polarization(program: CompiledProgram) -> int:
    """Cubic gates of polarization, all components together."""
    return sum(row.cubics or 0 for row in program.strategies if row.strategy == "polarization")


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def fewest_cubics() -> list[str]:
    """Dense hypergraphs, objective cubics, default effort."""
    lines = [
        "| n | edges | polarization | eigen-peeling | chosen | strategy | generic rank | chosen / generic | "
        "polarization / chosen | strength / polarization's | residual | seconds |",
        "|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for n in (4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 40, 60, 100):
        program = compile_circuit(phases(dense(n)), IDEAL)
        by_hand = _reached(program, "polarization")
        cubics = _cubics(program)
        assert by_hand.cubics is not None and by_hand.strength is not None
        lines.append(
            f"| {n} | {by_hand.monomials:,} | {by_hand.cubics:,} | "
            f"{_number(_reached(program, 'eigen-peeling').cubics)} | {cubics:,} | {program.strategy.split(' (')[0]} | "
            f"{generic_rank(n):,} | {cubics / generic_rank(n):.3f} | {by_hand.cubics / cubics:.1f} | "
            f"{program.resources.total_cubic_strength / by_hand.strength:.2f} | "
            f"{program.verification.residual:.0e} | {program.seconds:.2f} |"
        )
    return lines


def more_effort() -> list[str]:
    """Dense hypergraphs, objective cubics, at the efforts that aim lower."""
    lines = [
        "| n | generic rank | effort | cubic gates | / generic | polarization / chosen | strength / polarization's | "
        "residual | seconds |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n, efforts in ((24, (30, 100)), (32, (30, 100)), (40, (30, 100)), (60, (30, 100)), (100, (30,))):
        for effort in efforts:
            program = compile_circuit(phases(dense(n)), IDEAL, options=SynthesisOptions(effort=float(effort)))
            by_hand = _reached(program, "polarization")
            cubics, generic = _cubics(program), generic_rank(n)
            assert by_hand.cubics is not None and by_hand.strength is not None
            lines.append(
                f"| {n} | {generic:,} | {effort} | {cubics:,} | {cubics / generic:.3f} | "
                f"{by_hand.cubics / cubics:.1f} | "
                f"{program.resources.total_cubic_strength / by_hand.strength:.2f} | "
                f"{program.verification.residual:.0e} | {program.seconds:.0f} |"
            )
    return lines


def gates_for_strength() -> list[str]:
    """Dense hypergraphs: more cubic gates, less strength."""
    lines = [
        "| n | objective | cubic gates | strength / polarization's | "
        "the three points: gates (strength / polarization's) |",
        "|---:|---|---:|---:|---|",
    ]
    for n in (12, 16, 24, 40):
        for objective in ("cubics", "strength"):
            program = compile_circuit(phases(dense(n)), IDEAL, options=SynthesisOptions(objective))
            whole = _reached(program, "polarization").strength
            assert whole is not None
            summary = synthesis_summary([row.to_json() for row in program.strategies])
            points = ", ".join(
                f"{point['cubics']:,} ({point['strength'] / whole:.2f})" for point in summary["trade_off"][0]["points"]
            )
            lines.append(
                f"| {n} | {objective} | {_cubics(program):,} | {program.resources.total_cubic_strength / whole:.2f} | "
                f"{points} |"
            )
    return lines


def starting_lengths() -> list[str]:
    """The matrix-free search from starting vectors of several lengths: all edges on 40 modes, 1.05 times generic."""
    form, _ = CubicForm.of(sum((edge.polynomial() for edge in dense(40).edges), Polynomial()))
    tensor, rank = form.tensor(), int(1.05 * generic_rank(40))
    lines = [
        "| length of the starting vectors | products | strength / polarization's |",
        "|---:|---:|---:|",
    ]
    for scale in (1.0, 0.3, 0.1, 0.02):
        states: list[State] = []
        with threadpool_limits(1):
            start = scale * random_start(tensor, rank, np.random.default_rng(0))
            v = decompose(tensor, start, 100_000, states.append)
        assert v is not None
        lines.append(f"| {scale:g} | {states[-1].products:,} | {total_strength(v) / form.polarization_strength:.3f} |")
    return lines


def random_hypergraphs() -> list[str]:
    """Sparse random hypergraphs, medians over five seeds."""
    lines = [
        "| n | edges | polarization | eigen-peeling | chosen | least and most | generic rank | polarization / chosen | "
        "strategies | seconds |",
        "|---:|---:|---:|---:|---:|---|---:|---:|---|---:|",
    ]
    for n, edges in ((40, 80), (40, 200), (40, 800), (100, 200), (100, 2000)):
        programs = [compile_circuit(phases(random_sparse(n, edges, seed)), IDEAL) for seed in SEEDS]
        cubics = sorted(map(_cubics, programs))
        peeled = median(
            sum(row.cubics or 0 for row in program.strategies if row.strategy == "eigen-peeling")
            for program in programs
        )
        names = sorted({row.strategy.split(" (")[0] for p in programs for row in p.strategies if row.chosen})
        lines.append(
            f"| {n} | {edges:,} | {median(map(_polarization, programs)):,} | {peeled:,} | {median(cubics):,} | "
            f"{cubics[0]:,} to {cubics[-1]:,} | {generic_rank(n):,} | "
            f"{median(map(_polarization, programs)) / median(cubics):.2f} | {', '.join(names)} | "
            f"{median(program.seconds for program in programs):.1f} |"
        )
    return lines


def structured() -> list[str]:
    """Communities, and symmetric families up to a permutation, a scaling of modes and one other weight."""
    rng = np.random.default_rng(0)
    weight = partial(_weight, rng)
    two = {key: weight() for key in (*combinations(range(20), 3), *combinations(range(20, 40), 3))}
    while len(two) < 2 * 1140 + 5:
        a, b = (int(m) for m in rng.choice(20, 2, replace=False))
        two[min(a, b), max(a, b), 20 + int(rng.integers(20))] = weight()
    cases = {"two communities of 20 modes, 5 edges across": two}
    for n in (7, 12, 40, 100):
        cases[f"equal weights on all triples of {n} modes"] = {key: 0.3 for key in combinations(range(n), 3)}
        factors = rng.uniform(0.5, 1.5, n) * rng.choice([-1, 1], n)
        scaled = {key: float(factors[list(key)].prod()) for key in combinations(range(n), 3)}
        scaled[0, 1, 2] = 0.77
        cases[f"the same, scaled by p_a p_b p_c, and one other weight, {n} modes"] = scaled
    lines = [
        "| hypergraph | edges | polarization | eigen-peeling | chosen | polarization / chosen | strategy | residual | "
        "seconds |",
        "|---|---:|---:|---:|---:|---:|---|---:|---:|",
    ]
    for name, terms in cases.items():
        order = rng.permutation(1 + max(max(key) for key in terms))
        moved = {tuple(sorted(int(order[v]) for v in key)): c for key, c in terms.items()}
        program = compile_circuit(_form(moved), IDEAL)
        by_hand, cubics = _polarization(program), _cubics(program)
        lines.append(
            f"| {name} | {len(terms):,} | {by_hand:,} | {_number(_reached(program, 'eigen-peeling').cubics)} | "
            f"{cubics:,} | {by_hand / cubics:.1f} | {program.strategy} | {program.verification.residual:.0e} | "
            f"{program.seconds:.1f} |"
        )
    return lines


def fewest_layers() -> list[str]:
    """Dense hypergraphs, objective depth."""
    lines = [
        "| n | counting bound | non-Gaussian layers | strength / polarization's | with one layer more | "
        "depth of eigen-peeling | residual | seconds |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n in (4, 6, 8, 10, 12, 16, 20, 24, 32, 40):
        program = compile_circuit(phases(dense(n)), IDEAL, options=SynthesisOptions("depth"))
        whole = _reached(program, "polarization").strength
        layers = program.resources.non_gaussian_depth
        more = _reached(program, f"orthogonal layers ({layers + 1})")
        assert whole is not None
        ratio = "-" if more.strength is None else f"{more.strength / whole:.2f}"
        lines.append(
            f"| {n} | {fewest_layers_of(n)} | {layers} | {program.resources.total_cubic_strength / whole:.2f} | "
            f"{ratio} | {_reached(program, 'eigen-peeling').depth:,} | {program.verification.residual:.0e} | "
            f"{program.seconds:.2f} |"
        )
    return lines


def sparse() -> list[str]:
    """Sparse and structured hypergraphs, objective cubics."""
    rng = np.random.default_rng(0)
    weight = partial(_weight, rng)
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
        by_hand, cubics = _polarization(program), _cubics(program)
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
