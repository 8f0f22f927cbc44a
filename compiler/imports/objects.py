"""Read programs of other tools that are Python objects; the tool is recognised without importing its package."""

from __future__ import annotations

from typing import Any

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit

READ = "a Circuit, a program of Strawberry Fields or Piquasso, or a circuit or state of MrMustard"
"""The objects that are read, for messages."""


def circuit_of(given: Any, modes: int = 0) -> Circuit:
    """Read a program of another tool as a circuit; a `Circuit` is returned as it is.

    The package that the object's class is defined in decides on the reader.

    Parameters
    ----------
    given : Circuit or object of another tool
    modes : int
        Least number of modes, without ancillas, for MrMustard and Piquasso, whose programs do not state the number.

    Raises
    ------
    CircuitError
        If the object belongs to no tool that is read, or holds something that a circuit cannot express.

    Examples
    --------
    >>> circuit_of(Circuit(1)).modes
    1
    """
    if isinstance(given, Circuit):
        return given
    package = {kind.__module__.partition(".")[0] for kind in type(given).__mro__}
    if "mrmustard" in package:
        from compiler.imports.mrmustard import from_mrmustard

        return from_mrmustard(given, modes=modes)
    if "piquasso" in package:
        from compiler.imports.piquasso import from_piquasso

        return from_piquasso(given, modes)
    if "strawberryfields" in package or (hasattr(given, "circuit") and hasattr(given, "num_subsystems")):
        from compiler.imports.strawberryfields import from_strawberryfields

        return from_strawberryfields(given)
    raise CircuitError(f"{READ} is expected, found {type(given).__name__}")
