"""What ``khrnn compile`` takes: a hypergraph, a cell or a program, turned into a logical circuit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from compiler.errors import InputError
from compiler.files import parse_json, read_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, Homodyne, PolynomialPhase
from compiler.ir.serialize import FORMAT, circuit_from_json
from qumode_khrnn.network.cell import CELL_FORMAT, MAX_SQUEEZING, Network, cell_from_json, state_circuit
from qumode_khrnn.network.hypergraph import hypergraph_from_json, read_hypergraph


@dataclass(frozen=True, slots=True)
class Source:
    """A logical circuit, how many hyperedges it holds, and what it came from."""

    circuit: Circuit
    edges: int
    kind: Literal["hypergraph", "cell", "program"]


READOUTS = ("homodyne", "spin", "none")
"""How the readouts of a source are meant: homodyne, one bit a shot through a spin, or left out."""


def read_source(path: Path, squeezing: float, k: int | None = None, readout: str = "homodyne") -> Source:
    """Read a hypergraph (``.json``, ``.csv``), a cell or a program (``.json`` with its format) and make its circuit.

    A hypergraph becomes the preparation of its state and a direct readout of every mode (`state_circuit`); a cell
    becomes its gates and its readout through an ancilla, on whatever the latent modes hold; a program in the form of
    ``program.json`` is taken as it is.

    Parameters
    ----------
    path : Path
    squeezing : float
        Squeezing parameter r of the latent modes (hypergraph) or of the ancilla (cell).
    k : int, optional
        Largest edge that is accepted.
    readout : str
        Of `READOUTS`; for ``none`` the circuit has no readouts, and no ancilla for one. For ``spin`` it has them: the
        compiler makes bits of them.

    Raises
    ------
    InputError
        If the file cannot be read, or is in none of these formats.
    """
    if not 0.0 <= squeezing <= MAX_SQUEEZING:
        raise InputError(f"squeezing must lie in 0..{MAX_SQUEEZING:g} (r = dB / 8.686), found {squeezing}")
    if readout not in READOUTS:
        raise InputError(f"--readout must be {', '.join(READOUTS)}, found {readout!r}")
    if k is not None and k < 1:
        raise InputError(f"k must be at least 1, found {k}")
    if path.suffix == ".json":
        where = str(path)
        data = parse_json(read_text(path), where)
        if isinstance(data, dict) and "format" in data:
            if data["format"] == FORMAT:
                return _program(circuit_from_json(data, where), where, k, readout)
            if data["format"] != CELL_FORMAT:
                raise InputError(
                    f'{where}: "format" must be "{CELL_FORMAT}" or "{FORMAT}" or absent, found {data["format"]!r}'
                )
            modes, cell = cell_from_json(data, where)
            for index, edge in enumerate(cell.edges):
                if k is not None and len(edge.modes) > k:
                    raise InputError(f"{where}: edge {index} {list(edge.modes)}: edges may have at most k = {k} modes")
            kept = replace(cell, readout=None) if readout == "none" else cell
            circuit = Network(modes, squeezing, squeezing).circuit([kept], prepare=False)
            return Source(Circuit(modes, circuit.operations) if readout == "none" else circuit, len(cell.edges), "cell")
        graph = hypergraph_from_json(data, where)
    else:
        graph = read_hypergraph(path)
    if k is not None:
        try:
            graph.require_order(k)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    circuit = state_circuit(graph, squeezing)
    return Source(without_readouts(circuit) if readout == "none" else circuit, len(graph.edges), "hypergraph")


def without_readouts(circuit: Circuit) -> Circuit:
    """Leave the readouts of a circuit out.

    Raises
    ------
    CircuitError
        If an operation depends on one.
    """
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, Homodyne)))


def _program(circuit: Circuit, where: str, k: int | None, readout: str) -> Source:
    """A circuit as it is; its hyperedges are the monomials of two or more modes of its phases."""
    edges = 0
    for index, op in enumerate(circuit.operations):
        if isinstance(op, NOISE):
            raise InputError(f"{where}: operation {index} {op}: the noise is the device's own; leave it out here")
        sizes = [len(key) for key in op.polynomial.terms] if isinstance(op, PolynomialPhase) else []
        if k is not None and max(sizes, default=0) > k:
            raise InputError(f"{where}: operation {index} {op}: edges may have at most k = {k} modes")
        edges += sum(size >= 2 for size in sizes)
    return Source(without_readouts(circuit) if readout == "none" else circuit, edges, "program")
