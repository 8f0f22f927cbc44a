"""Circuits: frozen sequences of operations, checked when made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compiler.errors import CircuitError
from compiler.ir.operation import NAME, integer
from compiler.ir.operations import ENDS, MEASUREMENTS, PREPARATIONS, Operation
from compiler.ir.polynomial import Polynomial


@dataclass(frozen=True, slots=True)
class Circuit:
    """Operations on ``modes`` modes, in order of time. A mode that nothing prepares carries the circuit's input.

    Parameters
    ----------
    modes : int
        Number of modes, ancillas included; at least 0.
    operations : tuple of Operation
        In order of time.
    ancillas : tuple of int
        Modes that serve only for readout or gadgets; the others are latent.
    symbols : tuple of str
        Names of free parameters, which may stand in polynomials like results; `compiler.template` gives them values.

    Raises
    ------
    CircuitError
        If an operation names a mode that does not exist, acts on a mode that has been measured and not prepared again,
        repeats the name of a result, or uses a name that is neither a symbol nor an earlier result.

    Examples
    --------
    >>> from compiler.ir.operations import ControlledX, Homodyne, PrepareSqueezed
    >>> readout = Circuit(2, (PrepareSqueezed((1,), 1.0), ControlledX((0, 1), 1.0), Homodyne((1,), 0.0, "y")), (1,))
    >>> readout.results, readout.latent
    (('y',), (0,))
    """

    modes: int
    operations: tuple[Operation, ...] = ()
    ancillas: tuple[int, ...] = ()
    symbols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._set_header()
        measured: set[int] = set()
        results: set[str] = set(self.symbols)
        for index, operation in enumerate(self.operations):
            for mode in operation.modes:
                if mode >= self.modes:
                    raise CircuitError(
                        f"operation {index} {operation}: modes must lie in 0..{self.modes - 1}, found {mode}"
                    )
            if isinstance(operation, PREPARATIONS):
                measured -= set(operation.modes)
            elif measured and not measured.isdisjoint(operation.modes):
                raise CircuitError(f"operation {index} {operation}: the mode was measured; prepare it first")
            for key, value in operation.parameters().items():
                if isinstance(value, Polynomial) and not results.issuperset(value.names):
                    missing = ", ".join(sorted(set(value.names) - results))
                    raise CircuitError(f"operation {index} {operation}: {key} uses {missing} before it is measured")
            if isinstance(operation, MEASUREMENTS):
                if operation.result in results:
                    raise CircuitError(
                        f"operation {index} {operation}: the result name {operation.result!r} is already used"
                    )
                results.add(operation.result)
            if isinstance(operation, ENDS):
                measured.update(operation.modes)

    def _set_header(self) -> None:
        """Check modes, ancillas and symbols, and keep them as Python's own integers and tuples."""
        if integer(self.modes, "the number of modes of a circuit") < 0:
            raise CircuitError(f"a circuit needs a number of modes >= 0, found {self.modes}")
        object.__setattr__(self, "modes", int(self.modes))
        for name in ("operations", "ancillas", "symbols"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "ancillas", tuple(integer(a, "an ancilla of a circuit") for a in self.ancillas))
        if len(set(self.ancillas)) != len(self.ancillas) or any(not 0 <= a < self.modes for a in self.ancillas):
            raise CircuitError(f"ancillas must be distinct modes in 0..{self.modes - 1}, found {list(self.ancillas)}")
        if len(set(self.symbols)) != len(self.symbols) or any(not re.fullmatch(NAME, name) for name in self.symbols):
            raise CircuitError(f"symbols must be distinct names of letters, digits and _, found {list(self.symbols)}")

    @property
    def results(self) -> tuple[str, ...]:
        """Names of the results of readouts, in order of time."""
        return tuple(op.result for op in self.operations if isinstance(op, MEASUREMENTS))

    @property
    def latent(self) -> tuple[int, ...]:
        """The modes that are not ancillas."""
        ancillas = set(self.ancillas)
        return tuple(m for m in range(self.modes) if m not in ancillas)

    def then(self, operations: tuple[Operation, ...]) -> Circuit:
        """Return the same circuit with operations appended."""
        return Circuit(self.modes, self.operations + operations, self.ancillas, self.symbols)

    def with_operations(self, operations: tuple[Operation, ...]) -> Circuit:
        """Return the same modes and ancillas with other operations."""
        return Circuit(self.modes, operations, self.ancillas, self.symbols)
