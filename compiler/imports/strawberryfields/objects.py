"""Programs of Strawberry Fields as circuits: `strawberryfields.Program` and `strawberryfields.TDMProgram`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.strawberryfields.build import build
from compiler.imports.strawberryfields.matrices import own_decomposition_differs
from compiler.imports.strawberryfields.operations import EMBEDDINGS
from compiler.imports.strawberryfields.package import strawberryfields
from compiler.imports.strawberryfields.parameters import free_names, value_of
from compiler.imports.strawberryfields.tdm import read_tdm
from compiler.ir.circuit import Circuit

WITHOUT_ARGUMENTS = ("Fouriergate", "_New_modes", "_Delete")
"""Operations that take no arguments, whatever their ``p`` holds."""

SETTINGS = {
    "MeasureHomodyne": ("select",),
    "MeasureHeterodyne": ("select",),
    "MeasureFock": ("select", "dark_counts"),
    "GaussianTransform": ("vacuum",),
    "Interferometer": ("mesh",),
}
"""Arguments that operations keep as attributes and not in ``p``."""


def from_strawberryfields(
    program: Any, ancillas: tuple[int, ...] = (), values: Mapping[str, float] | None = None
) -> Circuit:
    """Read a program as a circuit; `read_strawberryfields` also returns notes on differences.

    Parameters
    ----------
    program : strawberryfields.Program or strawberryfields.TDMProgram
    ancillas : tuple of int
        Modes that serve only for readout or gadgets.
    values : mapping from str to float, optional
        Values of free parameters, besides those that the program has bound itself.

    Raises
    ------
    CircuitError
        As `read_strawberryfields`.
    """
    return read_strawberryfields(program, ancillas, values).circuit


def read_strawberryfields(
    program: Any, ancillas: tuple[int, ...] = (), values: Mapping[str, float] | None = None
) -> Imported:
    """Read a program as a circuit, with notes on differences from the program.

    The first readout of mode m is named ``m{m}``, its k-th repetition ``m{m}_{k}``
    (`compiler.imports.strawberryfields.build`); those of a TDM program are named by mode and time bin
    (`compiler.imports.strawberryfields.tdm`). Free parameters without a value become ``Circuit.symbols``.

    A program of Strawberry Fields starts in the vacuum. Here a mode that nothing prepares carries the circuit's input,
    so that gates are compared as gates; write ``Vacuum() | q[0]`` where the state matters. A TDM program starts in the
    vacuum here too.

    Raises
    ------
    CircuitError
        If ``program`` is not a program, a circuit cannot express an operation, or ``values`` names a parameter that the
        program does not have; the message names the command and the reason.
    """
    sf = strawberryfields()
    if not isinstance(program, sf.Program):
        raise CircuitError(f"a strawberryfields.Program is read, found {type(program).__name__}")
    bound = _bound(program, values or {})
    if isinstance(program, sf.TDMProgram):
        return read_tdm(program, ancillas, bound, _calls)
    commands = list(program.circuit)
    used = {name for command in commands for p in command.op.p for name in free_names(p)} - set(bound)
    order = [name for name in program.free_params if name in used]
    symbols = (*order, *sorted(used.difference(order)))
    return build(
        _calls(commands, bound), len(program.reg_refs), symbols, "Strawberry Fields", _notes(commands), ancillas
    )


def _bound(program: Any, values: Mapping[str, float]) -> dict[str, Any]:
    """Return the values of free parameters: those given here, else those bound to the program, else the defaults."""
    names = set(program.free_params)
    if unknown := sorted(set(values) - names):
        raise CircuitError(f"the program has no free parameter {unknown[0]!r}; it has {sorted(names)}")
    out = {}
    for name, symbol in program.free_params.items():
        value = values.get(name, symbol.val if symbol.val is not None else symbol.default)
        if value is not None:
            out[name] = value
    return out


def _calls(commands: Iterable[Any], bound: Mapping[str, Any]) -> Iterator[Call]:
    """Yield the commands as calls, with the decompositions of graph embeddings in their place."""
    for index, command in enumerate(commands):
        yield from _expanded(command, bound, f"command {index}")


def _expanded(command: Any, bound: Mapping[str, Any], where: str) -> Iterator[Call]:
    op = command.op
    name = type(op).__name__
    if name in EMBEDDINGS:
        for inner in op.decompose(command.reg):
            yield from _expanded(inner, bound, where)
        return
    try:
        args = () if name in WITHOUT_ARGUMENTS else tuple(value_of(p, bound) for p in op.p)
    except CircuitError as error:
        raise CircuitError(f"Strawberry Fields: {where}: {name}: {error}") from None
    keywords = {key: getattr(op, key) for key in SETTINGS.get(name, ())}
    modes = tuple(int(register.ind) for register in command.reg)
    yield Call(name, modes, args, keywords, where, bool(getattr(op, "dagger", False)))


def _notes(commands: Iterable[Any]) -> Iterator[str]:
    for index, command in enumerate(commands):
        if type(command.op).__name__ == "Gaussian" and own_decomposition_differs(command.op):
            yield (
                f"command {index} Gaussian: read as defined; Strawberry Fields 0.23 squeezes along the wrong axis "
                "where it decomposes this state, and its engine prepares another one unless decomp=False"
            )
