r"""Unit cells of a k-HRNN, and their lowering to circuits.

A unit cell applies a constant number of hyperedge gates and shifts, then may read one quadrature through an ancilla
without destroying the mode, or one displacement of a few modes by a bit. The cost of a cell does not depend on the
number of latent modes.

Readouts of a quadrature couple the ancilla a with a ControlledX:

- x of mode i: a squeezed in x, ``ControlledX(1)`` from i to a, homodyne x: the answer is ``x_i + x_a``.
- p of mode i: a squeezed in p, ``ControlledX(-1)`` from a to i, homodyne p: the answer is ``p_i + p_a``, and x_i is
  randomised by the anti-squeezed x_a.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import pi
from typing import Any, Literal

from compiler.errors import CircuitError, InputError
from compiler.files import number, require_format
from compiler.ir.circuit import Circuit
from compiler.ir.operation import integer, real
from compiler.ir.operations import (
    MAX_ORDER,
    ControlledX,
    Displacement,
    DisplacementReadout,
    Homodyne,
    Operation,
    PrepareSqueezed,
    phase,
)
from qumode_khrnn.network.formats.records import require_known
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, hypergraph_from_json, short

CELL_FORMAT = "qumode-khrnn/cell"
CELL_VERSION = 1

MAX_SQUEEZING = 4.0
"""Largest squeezing parameter, 34.7 dB: laws stay exact to 1e-7 in float64. The experimental record is 15 dB."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Shift of the position of a mode: x -> x + amount."""

    mode: int
    amount: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", integer(self.mode, "the mode of a shift"))
        object.__setattr__(self, "amount", real(self.amount, f"the shift of mode {self.mode}"))
        if self.mode < 0:
            raise InputError(f"the mode of a shift must be >= 0, found {self.mode}")


@dataclass(frozen=True, slots=True)
class Readout:
    """Non-demolition readout of one quadrature of a mode."""

    quadrature: Literal["x", "p"]
    mode: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", integer(self.mode, "the mode of a readout"))
        if self.quadrature not in ("x", "p") or self.mode < 0:
            raise InputError(f'a readout must be of "x" or "p" of a mode >= 0, found {self}')

    @property
    def modes(self) -> tuple[int, ...]:
        """The latent modes that are read."""
        return (self.mode,)

    def moved(self, place: Mapping[int, int]) -> Readout:
        """Return the same readout with its mode renamed."""
        return Readout(self.quadrature, place[self.mode])


@dataclass(frozen=True, slots=True)
class BitReadout:
    """Readout of the displacement ``exp(i (alpha.p + beta.x))`` by one bit, +1 or -1; the modes remain in use.

    It needs no ancilla mode: see `compiler.ir.operations.DisplacementReadout`, which checks the numbers.
    """

    modes: tuple[int, ...]
    alpha: tuple[float, ...]
    beta: tuple[float, ...]

    def __post_init__(self) -> None:
        checked = self.operation("y")
        for name in ("modes", "alpha", "beta"):
            object.__setattr__(self, name, getattr(checked, name))

    def operation(self, result: str) -> DisplacementReadout:
        """Return the readout as an operation."""
        return DisplacementReadout(self.modes, self.alpha, self.beta, result)

    def moved(self, place: Mapping[int, int]) -> BitReadout:
        """Return the same readout with its modes renamed."""
        return BitReadout(tuple(place[m] for m in self.modes), self.alpha, self.beta)


@dataclass(frozen=True, slots=True)
class UnitCell:
    """Hyperedge gates, then shifts, then at most one readout."""

    edges: tuple[Hyperedge, ...] = ()
    shifts: tuple[Shift, ...] = ()
    readout: Readout | BitReadout | None = None

    def operations(self, ancilla: int, squeezing: float, result: str) -> tuple[Operation, ...]:
        """Return the logical operations of the cell.

        Parameters
        ----------
        ancilla : int
            Mode that the readout uses as its ancilla.
        squeezing : float
            Squeezing parameter of the ancilla.
        result : str
            Name of the readout's result.
        """
        out: list[Operation] = [phase(edge.polynomial()) for edge in self.edges if edge.weight != 0.0]
        out += [Displacement((shift.mode,), shift.amount, 0.0) for shift in self.shifts]
        if self.readout is not None:
            out += readout_operations(self.readout, ancilla, squeezing, result)
        return tuple(out)


def readout_operations(
    readout: Readout | BitReadout, ancilla: int, squeezing: float, result: str
) -> tuple[Operation, ...]:
    """Prepare the ancilla, couple it, measure it; see the formulas at the top of the module. A bit needs no ancilla."""
    if isinstance(readout, BitReadout):
        return (readout.operation(result),)
    if readout.quadrature == "x":
        return (
            PrepareSqueezed((ancilla,), squeezing),
            ControlledX((readout.mode, ancilla), 1.0),
            Homodyne((ancilla,), 0.0, result),
        )
    return (
        PrepareSqueezed((ancilla,), -squeezing),
        ControlledX((ancilla, readout.mode), -1.0),
        Homodyne((ancilla,), pi / 2, result),
    )


@dataclass(frozen=True, slots=True)
class Network:
    """A k-HRNN: ``modes`` latent qumodes squeezed in p, one ancilla, and a squeezing parameter for each.

    Examples
    --------
    >>> cell = UnitCell((Hyperedge((0, 1, 2), 0.3),), (), Readout("p", 0))
    >>> Network(4, 1.0, 1.0).circuit([cell]).results
    ('y0',)
    """

    modes: int
    squeezing_latent: float
    squeezing_ancilla: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "modes", integer(self.modes, "the number of modes of a network"))
        for name in ("squeezing_latent", "squeezing_ancilla"):
            object.__setattr__(self, name, real(getattr(self, name), name))
        if self.modes < 1:
            raise InputError(f"a network needs at least 1 mode, found {self.modes}")
        for name in ("squeezing_latent", "squeezing_ancilla"):
            value = getattr(self, name)
            if not 0.0 <= value <= MAX_SQUEEZING:
                raise InputError(f"{name} must lie in 0..{MAX_SQUEEZING:g} (r = dB / 8.686), found {value}")

    @property
    def ancilla(self) -> int:
        """The mode after the latent ones."""
        return self.modes

    def circuit(self, cells: Iterable[UnitCell], *, prepare: bool = True) -> Circuit:
        """Return the cells in sequence as one logical circuit; the t-th cell's result is ``y<t>``.

        The circuit has the ancilla, unless only bits are read.

        Parameters
        ----------
        cells : iterable of UnitCell
        prepare : bool
            Whether to prepare the latent modes first; otherwise the circuit acts on the state that they hold.
        """
        listed, operations = tuple(cells), list[Operation]()
        read = [cell.readout for cell in listed if cell.readout is not None]
        ancillas = () if read and all(isinstance(one, BitReadout) for one in read) else (self.ancilla,)
        if prepare:
            operations += [PrepareSqueezed((m,), -self.squeezing_latent) for m in range(self.modes)]
        for t, cell in enumerate(listed):
            operations += cell.operations(self.ancilla, self.squeezing_ancilla, f"y{t}")
        return Circuit(self.modes + len(ancillas), tuple(operations), ancillas)


def state_circuit(graph: Hypergraph, squeezing: float, *, every_momentum: bool = False) -> Circuit:
    """Prepare the hypergraph state of a hypergraph and read it.

    The momenta of `Hypergraph.independent_modes` and the positions of all others are measured directly: each momentum
    minus the slope of the phase is a nullifier, with variance ``e^{-2 squeezing}``. Results are ``p<i>`` and ``x<i>``.
    With ``every_momentum`` the momenta of all modes are measured, and no position.

    The gates are ordered by size, so that Gaussian ones come first.

    Raises
    ------
    InputError
        If an edge has more modes than a phase may have (`compiler.ir.operations.MAX_ORDER`).
    """
    for index, edge in enumerate(graph.edges):
        if len(edge.modes) > MAX_ORDER:
            names = [graph.labels[mode] if graph.labels else mode for mode in edge.modes]
            raise InputError(
                f"edge {index} {short(names)}: must have at most {MAX_ORDER} modes to be compiled, found {len(names)}; "
                f"remove it or split it"
            )
    independent = set(range(graph.modes) if every_momentum else graph.independent_modes())
    edges = sorted(graph.edges, key=lambda edge: len(edge.modes))
    return Circuit(
        graph.modes,
        (
            *(PrepareSqueezed((m,), -squeezing) for m in range(graph.modes)),
            *(phase(edge.polynomial()) for edge in edges if edge.weight != 0.0),
            *(Homodyne((m,), 0.0, f"x{m}") for m in range(graph.modes) if m not in independent),
            *(Homodyne((m,), pi / 2, f"p{m}") for m in range(graph.modes) if m in independent),
        ),
    )


def cell_from_json(data: object, where: str) -> tuple[int, UnitCell]:
    """Read a cell file; return the number of latent modes and the cell.

    ``{"format": "qumode-khrnn/cell", "version": 1, "modes": n, "edges": [{"modes": [..], "weight": w}],
    "shifts": [{"mode": i, "amount": s}], "readout": {"quadrature": "p", "mode": i}}``; the last three are optional. A
    readout of a displacement by one bit is ``{"modes": [i, j], "alpha": [..], "beta": [..]}``.

    Raises
    ------
    InputError
        If something is wrong; the message names the first problem.
    """
    data = require_format(data, CELL_FORMAT, CELL_VERSION, where)
    require_known(data, ("format", "version", "modes", "edges", "shifts", "readout"), where)
    graph = hypergraph_from_json({"modes": data.get("modes"), "edges": data.get("edges", [])}, where)
    listed = data.get("shifts", [])
    if not isinstance(listed, list):
        raise InputError(f'{where}: "shifts" must be a list, found {type(listed).__name__}')
    shifts = tuple(
        Shift(_mode(item, graph, f"{where}: shift {i}"), _amount(item, f"{where}: shift {i}"))
        for i, item in enumerate(listed)
    )
    readout = data.get("readout")
    if readout is None:
        return graph.modes, UnitCell(graph.edges, shifts)
    if isinstance(readout, dict) and ({"modes", "alpha", "beta"} & set(readout)):
        return graph.modes, UnitCell(graph.edges, shifts, _bit_readout(readout, graph.modes, f"{where}: readout"))
    mode = _mode(readout, graph, f"{where}: readout")
    if readout.get("quadrature") not in ("x", "p"):
        raise InputError(f'{where}: readout: "quadrature" must be "x" or "p", found {readout.get("quadrature")!r}')
    return graph.modes, UnitCell(graph.edges, shifts, Readout(readout["quadrature"], mode))


def _bit_readout(data: dict[str, Any], modes: int, where: str) -> BitReadout:
    if set(data) != {"modes", "alpha", "beta"} or not all(isinstance(value, list) for value in data.values()):
        raise InputError(f'{where}: a displacement must have the lists "modes", "alpha", "beta", found {sorted(data)}')
    try:
        found = BitReadout(*(tuple(data[name]) for name in ("modes", "alpha", "beta")))
    except CircuitError as error:
        raise InputError(f"{where}: {error}") from None
    if any(mode >= modes for mode in found.modes):
        raise InputError(f'{where}: "modes" must lie in 0..{modes - 1}, found {list(found.modes)}')
    return found


def _mode(item: Any, graph: Hypergraph, where: str) -> int:
    if isinstance(item, dict):
        require_known(item, ("mode", "amount", "quadrature"), where)
    mode = item.get("mode") if isinstance(item, dict) else None
    if not isinstance(mode, int) or isinstance(mode, bool) or not 0 <= mode < graph.modes:
        raise InputError(f'{where}: "mode" must lie in 0..{graph.modes - 1}, found {mode!r}')
    return mode


def _amount(item: Any, where: str) -> float:
    return number(item.get("amount"), f'{where}: "amount"')
