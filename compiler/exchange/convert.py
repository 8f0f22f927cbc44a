"""Convert a program of one tool to a file of another, and list the parts of the program that the file does not hold.

The writers are the formats of `compiler.exports.table`; each one reads its text back and compares. In addition the text
is read here with the public reader of `compiler.imports.files`. The losses are the differences between the circuit that
this reader returns and the program, so that they are found by comparison and not taken from a table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from compiler.errors import InputError, did_you_mean
from compiler.exchange.adjust import require_values
from compiler.exchange.compare import compare_programs
from compiler.exports.table import FORMATS, ExportInput
from compiler.imports.calls import Imported
from compiler.imports.files import OWN_FORM, READERS, unprepared
from compiler.ir.circuit import Circuit

NEED_DEVICE = {
    "device": "a device specification describes a machine in addition to the program",
    "jaqal": "Jaqal holds the pulses of a machine",
    "openqasm3": "the qubit version puts the logical program on a grid",
}
"""Formats that need more than a program, with the reason; ``khrnn compile --format`` writes them."""

DRAWINGS = ("latex", "svg")

HOLD_INPUTS = ("program", *DRAWINGS)
"""Formats in which a mode that is not prepared may carry any input state."""

HOLD_SYMBOLS = (*HOLD_INPUTS, "cv-openqasm")
"""Formats in which parameters may be symbols."""

UNREAD = {
    "mrmustard": "readouts before the end: the script computes a final state, and all readouts act on that state",
    **dict.fromkeys(DRAWINGS, "exact numbers: a drawing shows three digits and cannot be read back as a program"),
}
"""Losses of the formats that `compiler.imports.files` does not read."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A program in another format.

    Attributes
    ----------
    format : str
        Name in `FORMATS`.
    text : str
    lost : tuple of str
        Descriptions of the parts of the program that the text does not hold.
    checked : str
        How the text was read back.
    """

    format: str
    text: str
    lost: tuple[str, ...]
    checked: str


def format_for(path: Path, name: str | None = None) -> str:
    """Return the name of the format that is meant: ``name``, or the one that fits the name or the ending of a path.

    Raises
    ------
    InputError
        If the name is unknown, the format needs a device, or no format has the ending.

    Examples
    --------
    >>> format_for(Path("teleport.xbb")), format_for(Path("circuit.py")), format_for(Path("a.py"), "mrmustard")
    ('blackbird', 'strawberryfields', 'mrmustard')
    """
    able = [known for known in FORMATS.usable() if known not in NEED_DEVICE]
    if name is None:
        name = _by_ending(path, able)
    if name in NEED_DEVICE:
        raise InputError(
            f"the format {name} needs a device ({NEED_DEVICE[name]}): khrnn compile IN --profile NAME --format {name}"
        )
    if name not in FORMATS:
        raise InputError(f"--to must be {', '.join(able)}, found {name!r}{did_you_mean(name, able)}")
    return name


def _by_ending(path: Path, able: list[str]) -> str:
    files = {known: FORMATS[known].file for known in able}
    for known, file in files.items():
        if path.name == file:
            return known
    for known, file in files.items():
        if path.suffix and file.lower().endswith(path.suffix.lower()):
            return known
    endings = ", ".join(dict.fromkeys(Path(file).suffix for file in files.values()))
    raise InputError(f"cannot tell the format of {path}: its name must end in {endings}, or --to must name a format")


def convert(program: Imported, name: str) -> Converted:
    """Write a program in a format, read the text back, and list the parts of the program that the text does not hold.

    Parameters
    ----------
    program : Imported
    name : str
        Of `FORMATS`; see `format_for`.

    Raises
    ------
    InputError
        If the format cannot hold the program, or a different program is read back.

    Examples
    --------
    >>> from compiler.ir import Circuit, Homodyne, Squeeze
    >>> read = Circuit(2, (Squeeze((0,), 0.5), Homodyne((0,), 0.0, "y")))
    >>> for sentence in convert(Imported(read, "an example"), "blackbird").lost:
    ...     print(sentence)
    names of results: y is m0
    modes that nothing touches, at the end: 1
    """
    form = FORMATS[name]
    circuit = program.circuit
    if name not in HOLD_SYMBOLS:
        require_values(circuit, f"written as {name}")
    text = form.write(ExportInput(circuit, circuit))
    ending = Path(form.file).suffix.removeprefix(".")
    lost = _inputs_lost(program, name)
    if name in UNREAD or ending not in READERS:
        return Converted(name, text, (*lost, *([UNREAD[name]] if name in UNREAD else [])), form.reader)
    read = READERS[ending](text, form.file)
    found = compare_programs(program, Imported(read.circuit, read.tool))
    if found.verdict.decided and not found.equal:
        raise InputError(f"the text in the format {name} differs from the program: {found.verdict.reason}")
    return Converted(
        name,
        text,
        (*lost, *_losses(circuit, read.circuit, found.verdict.reason)),
        f"{form.reader}, and by khrnn: {found.verdict.reason or 'equal'}",
    )


def _inputs_lost(program: Imported, name: str) -> tuple[str, ...]:
    """Describe the modes of a program of this project that carry an input, which other tools cannot express."""
    inputs = unprepared(program.circuit)
    if not inputs or program.tool != OWN_FORM or name in HOLD_INPUTS:
        return ()
    which = ", ".join(map(str, inputs[:12])) + (", .." if len(inputs) > 12 else "")
    return (f"inputs: modes {which} may start in any state here, and start in the vacuum in other tools",)


def _losses(circuit: Circuit, read: Circuit, undecided: str) -> list[str]:
    """List the differences of a circuit that was read back from the one that was written."""
    lost = []
    renamed = [(a, b) for a, b in zip(circuit.results, read.results, strict=False) if a != b]
    if renamed:
        shown = ", ".join(f"{a} is {b}" for a, b in renamed[:6]) + (", .." if len(renamed) > 6 else "")
        lost.append(f"names of results: {shown}")
    if read.modes < circuit.modes:
        gone = ", ".join(map(str, range(read.modes, circuit.modes)))
        lost.append(f"modes that nothing touches, at the end: {gone}")
    if circuit.ancillas != read.ancillas:
        lost.append(f"the marks of ancillas: modes {', '.join(map(str, circuit.ancillas))}")
    before, after = (Counter(type(op).__name__ for op in one.operations) for one in (circuit, read))
    if before != after:
        changed = [f"{count} {name}" for name, count in (before - after).items()]
        became = [f"{count} {name}" for name, count in (after - before).items()]
        lost.append(
            f"the form of operations: {', '.join(changed) or 'nothing'} became {', '.join(became) or 'nothing'}"
        )
    elif [type(op) for op in circuit.operations] != [type(op) for op in read.operations]:
        lost.append("the order of operations that commute")
    if undecided:
        lost.append(f"no proof that what was read back is the same ({undecided})")
    return lost
