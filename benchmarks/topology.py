"""What topologies cost: swaps on lines and rings, macronodes and noise on the quad-rail machine. Writes TOPOLOGY.md.

Run with ``python benchmarks/topology.py`` (about a quarter of a minute). Only the times depend on the machine.
"""

from __future__ import annotations

import platform
from argparse import ArgumentParser
from datetime import date
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np

from compiler.comparison import compare
from compiler.decompositions.mesh import rectangular_mesh
from compiler.files import write_text
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.quadrail import QuadRail, place
from compiler.routing import Coupling, apart, route
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge
from simulations.exact import moments

RESULTS = Path(__file__).parent / "TOPOLOGY.md"
SIZES = (4, 6, 8, 10, 12, 16, 20)


def dense(n: int) -> Circuit:
    """ControlledZ between all pairs: the graph state of every edge."""
    return Circuit(n, tuple(ops.ControlledZ(pair, 0.1) for pair in combinations(range(n), 2)))


def readouts(n: int) -> Circuit:
    """An ancilla, prepared again each time, reads x of all other modes one after the other."""
    cells = [UnitCell((), (), Readout("x", m)) for m in range(n - 1)]
    return Network(n - 1, 1.0, 1.0).circuit(cells)


def random_pairs(n: int) -> Circuit:
    """3n ControlledX between random modes, seed 1."""
    rng = np.random.default_rng(1)
    pairs = [tuple(int(m) for m in rng.permutation(n)[:2]) for _ in range(3 * n)]
    return Circuit(n, tuple(ops.ControlledX(pair, 0.1) for pair in pairs))


def mesh(n: int) -> Circuit:
    """The rectangular mesh of a random interferometer, seed 1."""
    unitary = np.linalg.qr(np.random.default_rng(1).normal(size=(n, n)))[0].astype(complex)
    return Circuit(n, tuple(rectangular_mesh(unitary, tuple(range(n)))))


CIRCUITS = {"all ControlledZ": dense, "readouts": readouts, "random ControlledX": random_pairs, "mesh": mesh}


def routing() -> list[str]:
    """The table of swaps."""
    head = "| circuit | modes | coupling | two-mode gates | swaps | swaps a gate | depth | routed depth | seconds |"
    lines = [head, "|---|---:|---|---:|---:|---:|---:|---:|---:|"]
    for name, make in CIRCUITS.items():
        for n in SIZES:
            circuit = make(n)
            for kind in ("line", "ring"):
                start = perf_counter()
                found = route(circuit, Coupling.of(kind, n))
                seconds = perf_counter() - start
                assert not apart(found.circuit, found.coupling, found.sites)
                assert compare(circuit, found.circuit).equivalent
                lines.append(
                    f"| {name} | {n} | {kind} | {found.two_mode_before} | {len(found.swaps)} | {found.overhead:.2f} | "
                    f"{found.depth_before} | {found.depth} | {seconds:.2f} |"
                )
    return lines


def cluster() -> list[str]:
    """The table of macronodes: a cell that writes all edges of two modes, and a cell that reads a nullifier."""
    squeezing = 5.0, 10.0, 15.0
    variances = " | ".join(f"variance at {db:g} dB" for db in squeezing)
    lines = [
        f"| modes | two-mode gates | macronodes | of them wirings | steps | passages | {variances} |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n in range(4, 9):
        edges = tuple(Hyperedge(pair, 0.1) for pair in combinations(range(n), 2))
        undone = tuple(Hyperedge(edge.modes, -edge.weight) for edge in edges if 0 in edge.modes)
        circuit = Network(n, 1.0, 1.0).circuit([UnitCell(edges), UnitCell(undone, (), Readout("p", 0))])
        found = [place(circuit, QuadRail(101, db, max(10.0, db))) for db in squeezing]
        assert all(compare(circuit, program.circuit_from_angles()).equivalent for program in found)
        summary = found[0].summary()
        shown = " | ".join(f"{float(moments(program.noisy()).cov[0, 0]):.3f}" for program in found)
        lines.append(
            f"| {n} | {len(edges) + len(undone) + 1} | {summary['macronodes']} | {summary['counts']['wiring']} | "
            f"{summary['steps']} | {sum(found[0].passages.values())} | {shown} |"
        )
    return lines


def main() -> None:
    """Measure, and write the tables."""
    ArgumentParser(description=__doc__).parse_args()
    start = perf_counter()
    tables = routing(), cluster()
    text = "\n".join(
        [
            "# Topologies",
            "",
            f"Written by `python benchmarks/topology.py` on {date.today()} in {perf_counter() - start:.0f} s. "
            f"Machine: {platform.machine()}; Python {platform.python_version()}, numpy {np.__version__}.",
            "",
            "Every routed or placed circuit was compared with its source. Modes that nothing reads come back to their",
            "sites, which is part of the swaps. Depth counts every operation as one layer.",
            "",
            "## Lines and rings",
            "",
            *tables[0],
            "",
            "## The quad-rail machine",
            "",
            "A cell that writes all edges on two modes with weight 0.1, then one that undoes the star of mode 0 and",
            "reads p of mode 0: the nullifier. Variance of that answer in vacuum units, with resource states at 5, 10",
            "and 15 dB (anti-squeezing at least 10 dB); without noise, at r = 1, it is 0.271. Passages: of modes",
            "through macronodes, each of which adds 2 e^{-2r}.",
            "",
            *tables[1],
            "",
        ]
    )
    write_text(RESULTS, text)
    print(text)


if __name__ == "__main__":
    main()
