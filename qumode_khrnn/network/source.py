"""What ``khrnn compile`` takes: a hypergraph file or a cell file, turned into a logical circuit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from compiler.errors import InputError
from compiler.files import parse_json, read_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne
from qumode_khrnn.network.cell import CELL_FORMAT, MAX_SQUEEZING, Network, cell_from_json, state_circuit
from qumode_khrnn.network.hypergraph import hypergraph_from_json, read_hypergraph


@dataclass(frozen=True, slots=True)
class Source:
    """A logical circuit, and how many hyperedges it came from."""

    circuit: Circuit
    edges: int


READOUTS = ("homodyne", "spin", "none")
"""How the readouts of a source are meant: homodyne, one bit a shot through a spin, or left out."""


def read_source(path: Path, squeezing: float, k: int | None = None, readout: str = "homodyne") -> Source:
    """Read a hypergraph (``.json``, ``.csv``) or a cell (``.json`` with its format) and make its circuit.

    A hypergraph becomes the preparation of its state and a direct readout of every mode (`state_circuit`); a cell
    becomes its gates and its readout through an ancilla, on whatever the latent modes hold.

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
        If the file cannot be read or is neither.
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
            if data["format"] != CELL_FORMAT:
                raise InputError(f'{where}: "format" must be "{CELL_FORMAT}" or absent, found {data["format"]!r}')
            modes, cell = cell_from_json(data, where)
            for index, edge in enumerate(cell.edges):
                if k is not None and len(edge.modes) > k:
                    raise InputError(f"{where}: edge {index} {list(edge.modes)}: edges may have at most k = {k} modes")
            kept = replace(cell, readout=None) if readout == "none" else cell
            circuit = Network(modes, squeezing, squeezing).circuit([kept], prepare=False)
            return Source(Circuit(modes, circuit.operations) if readout == "none" else circuit, len(cell.edges))
        graph = hypergraph_from_json(data, where)
    else:
        graph = read_hypergraph(path)
    if k is not None:
        try:
            graph.require_order(k)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    circuit = state_circuit(graph, squeezing)
    if readout == "none":
        circuit = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, Homodyne)))
    return Source(circuit, len(graph.edges))
