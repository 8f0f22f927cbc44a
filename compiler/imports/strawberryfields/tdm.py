"""Unroll time-domain programs of Strawberry Fields into circuits: one round of the rolled circuit per time bin.

The register is shifted between time bins as ``strawberryfields.TDMProgram.unroll`` does: each band of concurrent modes
by one step, or the whole register by ``shift`` steps. A mode that was read comes back in the vacuum, as a fresh pulse.
The program starts with every mode in the vacuum. The readout of (rolled) mode m in time bin t is named ``m{m}_t{t}``.

The program is not changed, whereas ``unroll`` of Strawberry Fields would rewrite it in place. That function also makes
every operation anew from its parameters alone, and so loses inverses and post-selection; these are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.strawberryfields.build import build, full_name, is_single_shot
from compiler.imports.strawberryfields.parameters import result_modes
from compiler.ir.relabel import with_results

MAX_OPERATIONS = 1_000_000
"""Largest number of operations into which a program is unrolled."""

LOST = "Strawberry Fields would lose this when it unrolls a TDM program, because it makes each operation anew from op.p"

Calls = Callable[[Iterable[Any], Mapping[str, Any]], Iterator[Call]]


def read_tdm(program: Any, ancillas: tuple[int, ...], bound: Mapping[str, Any], calls: Calls) -> Imported:
    """Read one shot of a `strawberryfields.TDMProgram`, whether or not the program is unrolled at present.

    Parameters
    ----------
    program : strawberryfields.TDMProgram
    ancillas : tuple of int
    bound : mapping from str to Any
        Values of free parameters other than the loop variables.
    calls : callable
        Turns commands, and values of parameters by name, into calls.

    Raises
    ------
    CircuitError
        If a parameter is neither a number nor an expression in loop variables, unrolling would lose a part of an
        operation, or the program is too large.
    """
    if not hasattr(program, "tdm_params"):
        raise CircuitError(
            "a TDM program has no time bins before its context is entered; enter it with lists of parameters"
        )
    bins = int(program.timebins)
    rolled = list(program.rolled_circuit if program.is_unrolled else program.circuit)
    if bins * len(rolled) > MAX_OPERATIONS:
        raise CircuitError(
            f"at most {MAX_OPERATIONS:,} operations of a TDM program are unrolled, found {bins} time bins "
            f"of {len(rolled)} operations"
        )
    for index, command in enumerate(rolled):
        _require_kept(command.op, f"command {index}")
    series = dict(program.parameters)
    return unroll(
        lambda step: calls(rolled, {**bound, **{name: values[step] for name, values in series.items()}}),
        bins,
        program.N,
        program.shift,
        ancillas,
    )


def unroll(
    rolled: Callable[[int], Iterable[Call]],
    bins: int,
    bands: Sequence[int],
    shift: Any = "default",
    ancillas: tuple[int, ...] = (),
    tool: str = "Strawberry Fields TDM",
    notes: Iterable[str] = (),
) -> Imported:
    """Unroll one shot of a program of time bins.

    Parameters
    ----------
    rolled : callable
        Returns the operations of a time bin, given by its number, on the modes of the rolled circuit.
    bins : int
    bands : sequence of int
        Concurrent modes of each spatial mode.
    shift : "default" or int
    ancillas : tuple of int
    tool : str
    notes : iterable of str

    Raises
    ------
    CircuitError
        As `compiler.imports.strawberryfields.build.build`, and if a mode is read twice in a time bin.
    """
    modes = sum(bands)
    made: list[Call] = [Call("Vacuum", (mode,)) for mode in range(modes)]
    names: list[str] = []
    for step, places in enumerate(_places(bands, shift, bins)):
        for call in rolled(step):
            moved = tuple(places[mode] for mode in call.modes)
            made.append(Call(call.name, moved, call.args, call.keywords, f"{call.where} in time bin {step}"))
            names += _names(call, step)
    found = build(made, modes, (), tool, notes, ancillas)
    repeated = Counter(names)
    if twice := sorted(name for name, count in repeated.items() if count > 1):
        raise CircuitError(f"a mode must be read at most once in a time bin, found two readouts {twice[0]}")
    return Imported(with_results(found.circuit, tuple(names)), found.tool, found.notes)


def _places(bands: Sequence[int], shift: Any, bins: int) -> Iterator[tuple[int, ...]]:
    """Yield, for each time bin, the modes of the register that the modes of the rolled circuit stand for."""
    register = list(range(sum(bands)))
    for _ in range(bins):
        yield tuple(register)
        register = _shifted(register, bands, shift)


def _shifted(register: list[int], bands: Sequence[int], shift: Any) -> list[int]:
    if shift == "default":
        start, shifted = 0, []
        for size in bands:
            band = register[start : start + size]
            shifted += band[1:] + band[:1]
            start += size
        return shifted
    steps = int(shift)
    return register[steps:] + register[:steps]


def _names(call: Call, step: int) -> list[str]:
    """Return the names of the results of a call, in order of time."""
    names = [f"m{mode}_t{step}" for mode in call.modes]
    match full_name(call):
        case "MeasureFock" | "MeasureHomodyne":
            return names
        case "MeasureHeterodyne":
            return [f"{names[0]}_x", f"{names[0]}_p"]
        case "MSgate" if is_single_shot(call):
            return [f"{names[0]}_anc"]
    return []


def _require_kept(op: Any, where: str) -> None:
    """Raise CircuitError if unrolling would lose a part of an operation."""
    name = type(op).__name__
    lost = [key for key in ("select", "dark_counts") if getattr(op, key, None) is not None]
    if getattr(op, "dagger", False):
        lost.append("H")
    if getattr(op, "vacuum", False):
        lost.append("vacuum=True")
    if lost:
        raise CircuitError(f"Strawberry Fields TDM: {where}: {name}: {lost[0]} is not read: {LOST}")
    for p in op.p:
        if modes := sorted(result_modes(p)):
            raise CircuitError(
                f"Strawberry Fields TDM: {where}: {name}: the result of mode {modes[0]} is not read as a parameter: "
                "Strawberry Fields unrolls loop variables only"
            )
