"""Compile unit cells: one template for every shape of a cell, bound to modes and weights token by token."""

from __future__ import annotations

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Displacement, Operation, phase
from compiler.ir.polynomial import Polynomial
from compiler.template import Template, compile_template
from hardware_profiles import Profile
from qumode_khrnn.network.cell import BitReadout, Network, Readout, UnitCell, readout_operations

Shape = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], Readout | BitReadout | None]


class CellTemplates:
    """The native operations of a network's cells on a profile; every shape is compiled and verified once.

    The shape of a cell is how its edges, shifts and readout overlap, whatever the modes and weights.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> from qumode_khrnn.network.hypergraph import Hyperedge
    >>> cells = CellTemplates(Network(5, 1.0, 1.0), load_profile("ideal-cubic"))
    >>> first = cells.operations(UnitCell((Hyperedge((0, 1, 4), 0.3),)), "y0")
    >>> second = cells.operations(UnitCell((Hyperedge((1, 2, 3), -0.2),)), "y1")
    >>> len(first), second[0].modes, len(cells.templates)
    (12, (2, 3), 1)
    """

    def __init__(self, network: Network, profile: Profile) -> None:
        self.network = network
        self.profile = profile
        self.templates: dict[Shape, Template] = {}
        self.added = 0

    @property
    def modes(self) -> int:
        """Modes of the compiled network: latent, readout ancilla, and modes that gadgets have added so far."""
        return self.network.modes + 1 + self.added

    @property
    def residual(self) -> float:
        """The largest residual of a template."""
        return max((t.verification.residual for t in self.templates.values()), default=0.0)

    def operations(self, cell: UnitCell, result: str) -> tuple[Operation, ...]:
        """Return the native operations of a cell whose readout is named ``result``.

        Raises
        ------
        NotMappableError
            If the profile cannot run the cell.
        CircuitError
            If a weight is not finite.
        """
        edges = [edge for edge in cell.edges if edge.weight != 0.0]
        used = {m for edge in edges for m in edge.modes} | {shift.mode for shift in cell.shifts}
        if cell.readout is not None:
            used.update(cell.readout.modes)
        spare = next((m for m in range(self.network.modes) if m not in used), None)  # to be borrowed
        modes = (*sorted(used), *(() if spare is None else (spare,)), self.network.ancilla)
        place = {m: i for i, m in enumerate(modes)}
        shape = (
            tuple(tuple(place[m] for m in edge.modes) for edge in edges),
            tuple(place[shift.mode] for shift in cell.shifts),
            None if cell.readout is None else cell.readout.moved(place),
        )
        template = self.templates.get(shape)
        if template is None:
            template = compile_template(self._logical(shape, len(modes)), self.profile)
            self.templates[shape] = template
            self.added = max(self.added, template.circuit.modes - len(modes))
        extra = range(self.network.modes + 1, self.network.modes + 1 + template.circuit.modes - len(modes))
        values = {f"w{i}": edge.weight for i, edge in enumerate(edges)}
        values |= {f"d{i}": shift.amount for i, shift in enumerate(cell.shifts)}
        names = {name: result if name == "y" else f"{name}_{result}" for name in template.circuit.results}
        return template.bind(values, (*modes, *extra), names)

    def _logical(self, shape: Shape, modes: int) -> Circuit:
        edges, shifts, read = shape
        operations: list[Operation] = [phase(Polynomial.monomial((*edge, f"w{i}"))) for i, edge in enumerate(edges)]
        operations += [Displacement((m,), Polynomial.monomial((f"d{i}",)), 0.0) for i, m in enumerate(shifts)]
        if read is not None:
            operations += readout_operations(read, modes - 1, self.network.squeezing_ancilla, "y")
        symbols = (*(f"w{i}" for i in range(len(edges))), *(f"d{i}" for i in range(len(shifts))))
        return Circuit(modes, tuple(operations), (modes - 1,), symbols)
