"""Read the input of ``khrnn compile``, a hypergraph, a cell or a program, as a logical circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from compiler.errors import CircuitError, InputError, did_you_mean
from compiler.exchange.adjust import from_vacuum, require_values, with_values, without_noise
from compiler.files import parse_json
from compiler.imports.calls import Imported
from compiler.imports.files import is_program, read_program
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, NOISE, DisplacementReadout, PolynomialPhase
from compiler.ir.serialize import FORMAT
from qumode_khrnn.network.cell import CELL_FORMAT, MAX_SQUEEZING, Network, cell_from_json, state_circuit
from qumode_khrnn.network.formats.read import hypergraph_of_json, read_hypergraph_file, require_no_weights
from qumode_khrnn.network.formats.text import read_bounded
from qumode_khrnn.network.hypergraph import Hypergraph


@dataclass(frozen=True, slots=True)
class Source:
    """A logical circuit, its number of hyperedges, its origin, and the notes of its reader.

    For a hypergraph, ``form`` says how its file was read, and ``labels`` are the names of the nodes, one per mode, or
    empty if every node is named by the number of its mode. ``remarks`` tell of edges that are left out and of unusual
    weights.
    """

    circuit: Circuit
    edges: int
    kind: Literal["hypergraph", "cell", "program"]
    notes: tuple[str, ...] = ()
    form: str = ""
    labels: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


NO_VALUES: Mapping[str, float] = MappingProxyType({})


READOUTS = ("homodyne", "momenta", "spin", "none")
"""Ways to read a source out: homodyne, every momentum, one bit per shot through a spin, or not at all."""


def read_source(
    path: Path,
    squeezing: float,
    k: int | None = None,
    readout: str = "homodyne",
    values: Mapping[str, float] = NO_VALUES,
    drop_noise: bool = False,
    weights: str | None = None,
    *,
    vacuum: bool = False,
) -> Source:
    """Read a hypergraph (`qumode_khrnn.network.formats`), a cell or a program (`compiler.imports`); make its circuit.

    A hypergraph becomes the preparation of its state and a direct readout of every mode (`state_circuit`); a cell
    becomes its gates and its readout through an ancilla, on any state of the latent modes; a program is taken
    unchanged, and a folder that ``khrnn compile`` wrote gives its source program.

    Parameters
    ----------
    path : Path
    squeezing : float
        Squeezing parameter r of the latent modes (hypergraph) or of the ancilla (cell).
    k : int, optional
        Largest edge that is accepted.
    readout : str
        One of `READOUTS`. ``momenta`` reads the momentum of every mode of a hypergraph, also where these depend on each
        other. ``none`` leaves out all readouts and their ancilla. ``spin`` keeps them, and the compiler turns them into
        bits.
    values : mapping from str to float
        Values of the symbols of a program.
    drop_noise : bool
        Whether to leave out the noise channels of a program instead of refusing them.
    weights : str, optional
        Which column of a table of hyperedges holds the weights (`qumode_khrnn.network.formats.table.read_table`).
    vacuum : bool
        Whether to prepare the vacuum in modes that a program uses without preparing them.

    Raises
    ------
    InputError
        If the file cannot be read, or is in none of these formats.
    """
    if not 0.0 <= squeezing <= MAX_SQUEEZING:
        raise InputError(f"squeezing must lie in 0..{MAX_SQUEEZING:g} (r = dB / 8.686), found {squeezing}")
    if readout not in READOUTS:
        raise InputError(
            f"--readout must be one of {', '.join(READOUTS)}, found {readout!r}{did_you_mean(readout, READOUTS)}"
        )
    if readout == "momenta" and is_program(path):
        raise InputError(
            f"--readout momenta is for hypergraphs; {path} is a program, which holds its own readouts: read its modes "
            "by Homodyne at the angle pi/2 there"
        )
    if k is not None and k < 1:
        raise InputError(f"k must be at least 1, found {k}")
    if is_program(path):
        require_no_weights(weights, str(path))
        program = with_values(read_program(path, source=True), values)
        program = without_noise(program) if drop_noise else program
        return _program(from_vacuum(program) if vacuum else program, str(path), k, readout)
    for option, given in (("--bind", bool(values)), ("--drop-noise", drop_noise), ("--vacuum", vacuum)):
        if given:
            raise InputError(f"{option} is for programs, found a hypergraph or a cell in {path}; leave {option} out")
    if path.suffix.lower() == ".json":
        require_no_weights(weights, str(path))
        data = parse_json(read_bounded(path), str(path))
        if isinstance(data, dict) and "format" in data:
            return _cell(data, str(path), squeezing, k, readout)
        found = hypergraph_of_json(data, path)
    else:
        found = read_hypergraph_file(path, weights)
    graph = found.graph
    try:
        graph = graph if k is None else graph.require_order(k)
        circuit = state_circuit(graph, squeezing, every_momentum=readout == "momenta")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Source(
        without_readouts(circuit) if readout == "none" else circuit,
        len(graph.edges),
        "hypergraph",
        found.notes,
        found.form,
        graph.labels,
        graph.remarks(),
    )


def _cell(data: dict[str, Any], where: str, squeezing: float, k: int | None, readout: str) -> Source:
    """Return the circuit of a unit cell, on any state of its latent modes."""
    if data["format"] != CELL_FORMAT:
        raise InputError(f'{where}: "format" must be "{CELL_FORMAT}" or "{FORMAT}" or absent, found {data["format"]!r}')
    if readout == "momenta":
        raise InputError(
            f"--readout momenta is for hypergraphs; {where} is a cell, which reads one quadrature through its ancilla: "
            'choose it by "readout" in the file'
        )
    modes, cell = cell_from_json(data, where)
    for index, edge in enumerate(cell.edges):
        if k is not None and len(edge.modes) > k:
            raise InputError(f"{where}: edge {index} {list(edge.modes)}: edges may have at most k = {k} modes")
    kept = replace(cell, readout=None) if readout == "none" else cell
    circuit = Network(modes, squeezing, squeezing).circuit([kept], prepare=False)
    made = Circuit(modes, circuit.operations) if readout == "none" else circuit
    return Source(made, len(cell.edges), "cell", remarks=Hypergraph(modes, tuple(cell.edges)).remarks())


def without_readouts(circuit: Circuit) -> Circuit:
    """Return a circuit without its readouts.

    Raises
    ------
    CircuitError
        If an operation depends on a readout, or acts on a mode that a displacement readout disturbed.
    """
    disturbed: dict[int, int] = {}
    for index, op in enumerate(circuit.operations):
        if isinstance(op, DisplacementReadout):
            disturbed.update(dict.fromkeys(op.modes, index))
        elif not isinstance(op, MEASUREMENTS) and (found := [disturbed[m] for m in op.modes if m in disturbed]):
            read = circuit.operations[found[0]]
            raise CircuitError(
                f"operation {found[0]} {read} disturbs its modes, and operation {index} {op} acts on them: leaving "
                "the readout out would change the state; put such readouts last, or compile with them"
            )
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, MEASUREMENTS)))


def _program(program: Imported, where: str, k: int | None, readout: str) -> Source:
    """Return a circuit as it is; its hyperedges are the monomials of two or more modes of its phases."""
    circuit, edges = program.circuit, 0
    require_values(circuit, "compiled")
    for index, op in enumerate(circuit.operations):
        if isinstance(op, NOISE):
            raise InputError(
                f"{where}: operation {index} {op}: noise channels are not compiled, as the device adds its own; leave "
                "it out, or give --drop-noise"
            )
        terms = op.polynomial.terms if isinstance(op, PolynomialPhase) else ()
        sizes = [sum(isinstance(variable, int) for variable, _ in key) for key in terms]  # results are no modes
        if k is not None and max(sizes, default=0) > k:
            raise InputError(f"{where}: operation {index} {op}: edges may have at most k = {k} modes")
        edges += sum(size >= 2 for size in sizes)
    kept = without_readouts(circuit) if readout == "none" else circuit
    return Source(kept, edges, "program", program.notes)
