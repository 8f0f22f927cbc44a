"""Circuits: frozen sequences of operations, checked when made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compiler.errors import CircuitError
from compiler.ir.operation import NAME, integer
from compiler.ir.operations import ENDS, MEASUREMENTS, PREPARATIONS, Operation
from compiler.ir.polynomial import Polynomial
from hardware_profiles.display import Drawable

MOST_LINES = 40
"""Number of operations that ``print(circuit)`` shows."""


@dataclass(frozen=True, slots=True, repr=False)
class Circuit(Drawable):
    """Operations on ``modes`` modes, in order of time. A mode that nothing prepares carries the circuit's input.

    ``print(circuit)`` lists the first operations with their parameters; ``draw()`` returns a drawing.

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
    >>> readout
    <Circuit: 2 modes (1 ancilla), 3 operations, results y>
    >>> print(readout)
    <Circuit: 2 modes (1 ancilla), 3 operations, results y>
       0 PrepareSqueezed(mode 1) r=1
       1 ControlledX(modes 0, 1) s=1
       2 Homodyne(mode 1) angle=0 result='y'
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

    def __repr__(self) -> str:
        parts = [_counted(self.modes, "mode"), _counted(len(self.operations), "operation")]
        if self.ancillas:
            parts[0] += f" ({_counted(len(self.ancillas), 'ancilla')})"
        for name, values in (("results", self.results), ("symbols", self.symbols)):
            if values:
                parts.append(f"{name} {', '.join(values[:6])}{f', ... ({len(values)})' if len(values) > 6 else ''}")
        return f"<Circuit: {', '.join(parts)}>"

    def __str__(self) -> str:
        lines = [repr(self), *(f"{i:4} {_described(op)}" for i, op in enumerate(self.operations[:MOST_LINES]))]
        if len(self.operations) > MOST_LINES:
            lines.append(f"... and {_counted(len(self.operations) - MOST_LINES, 'further operation')}, not shown")
        return "\n".join(lines)

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


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def _described(operation: Operation) -> str:
    """Return an operation with its parameters on one line: numbers with six digits, long values cut."""
    texts = [str(operation)]
    for key, value in operation.parameters().items():
        text = f"{value:.6g}" if isinstance(value, float) else " ".join(repr(value).split())
        texts.append(f"{key}={text if len(text) <= 40 else f'{text[:37]}...'}")
    return " ".join(texts)
