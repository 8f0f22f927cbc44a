"""Programs of any tool on the command line: ``khrnn compare-programs``, ``khrnn convert``, and what others share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qumode_khrnn.cli.common import Json, say_notes, say_remarks, show, status

if TYPE_CHECKING:
    from compiler.artifact import StoredProgram
    from compiler.imports.calls import Imported
    from compiler.semantics.equivalence import Equivalence

BindOption = Annotated[
    list[str] | None,
    typer.Option(
        "--bind", metavar="NAME=VALUE", help="For programs: the value of a free parameter. The option may be repeated."
    ),
]
DropNoise = Annotated[
    bool,
    typer.Option("--drop-noise", help="For programs: leave noise channels out, because the device adds its own noise."),
]

Vacuum = Annotated[
    bool,
    typer.Option(
        "--vacuum",
        help="For programs: modes that the program does not prepare start in the vacuum, as in simulators. By default "
        "they may have any state.",
    ),
]


def bindings(given: list[str] | None) -> dict[str, float]:
    """Values by name, from texts ``NAME=VALUE``.

    Raises
    ------
    InputError
        If a text has another form, a value is no finite number, or a name is given twice.
    """
    from math import isfinite

    from compiler.errors import InputError

    found: dict[str, float] = {}
    for text in given or []:
        name, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not name or not isfinite(number):
            raise InputError(f"--bind must be NAME=VALUE with a finite number, such as --bind a=0.5, found {text!r}")
        if name in found:
            raise InputError(f"--bind gives {name!r} twice")
        found[name] = number
    return found


def open_program(
    path: Path, bind: list[str] | None = None, *, drop_noise: bool = False, source: bool = False
) -> Imported:
    """Read a program file or a compiled folder, with values for its symbols, and without its noise where asked."""
    from compiler.exchange.adjust import with_values, without_noise
    from compiler.imports.files import read_program

    program = with_values(read_program(path, source=source), bindings(bind))
    return without_noise(program) if drop_noise else program


def is_program_file(path: Path) -> bool:
    """Whether a path is a file, or has the name of a program file; folders are not."""
    from compiler.imports.files import READERS

    return path.is_file() or (not path.exists() and path.suffix.lower().removeprefix(".") in READERS)


def compile_in_memory(
    path: Path,
    profile: str | None,
    numbers: list[str] | None,
    bind: list[str] | None,
    *,
    drop_noise: bool,
    vacuum: bool,
) -> tuple[StoredProgram, tuple[str, ...]]:
    """Compile a program file for a profile with default options; returns it as a folder would hold it, and notes."""
    from compiler.errors import InputError
    from qumode_khrnn.cli.profiles import read_profile
    from qumode_khrnn.network.source import read_source
    from qumode_khrnn.studies.rows import compiled_for, stored

    if profile is None:
        raise InputError(f"{path} is a program file: --profile must say which device it is compiled for")
    device = read_profile(profile, numbers)
    given = read_source(path, 1.0, values=bindings(bind), drop_noise=drop_noise, vacuum=vacuum)
    if given.kind != "program":
        raise InputError(f"{path} is a {given.kind}; compile it first: khrnn compile {path} --profile {profile}")
    with status():
        return stored(compiled_for(given.circuit, device)), given.notes


def verify_program(path: Path, as_json: bool) -> None:
    """Print what a program file holds, having written it in this project's form and read that back."""
    from compiler.errors import InputError
    from compiler.exchange.adjust import summary
    from compiler.exports.table import FORMATS, ExportInput
    from compiler.imports.files import read_program

    program = read_program(path)
    circuit = program.circuit
    form = FORMATS["program"]
    again = ExportInput(circuit, circuit)
    if reason := form.differs(form.write(again), again):
        raise InputError(f"{path}: written in this project's form and read back, {reason}")
    data = {
        "well_formed": True,
        "tool": program.tool,
        "modes": circuit.modes,
        "ancillas": list(circuit.ancillas),
        "operations": len(circuit.operations),
        "results": list(circuit.results),
        "symbols": list(circuit.symbols),
        "notes": list(program.notes),
    }
    lines = [
        f"well formed, read as {program.tool}: {summary(circuit)}",
        "nothing is claimed of what it computes; khrnn compare-programs compares it with another program",
    ]
    say_notes(program.notes)
    show(data, as_json, lines)


def compare_programs_command(
    left: Annotated[
        Path, typer.Argument(metavar="A", help="A program file, a compiled folder, a hypergraph or a cell.")
    ],
    right: Annotated[Path, typer.Argument(metavar="B", help="What A is compared with, of any of these kinds.")],
    bind: BindOption = None,
    digits: Annotated[
        int | None,
        typer.Option(
            help="Compare with at least this many decimal digits, 15 or more (mpmath). By default float64 is used, and "
            "more digits only where float64 cannot decide."
        ),
    ] = None,
    vacuum: Vacuum = False,
    tolerance: Annotated[
        float, typer.Option(help="Largest relative difference of equal programs, between 0 and 1.")
    ] = 1e-11,
    as_json: Json = False,
) -> None:
    """Decide whether two programs are equal up to a global phase, and print a counterexample if they are not.

    Programs of any tools can be compared: their unmeasured modes, results and noise channels. For a compiled folder the
    program is program.json; for a hypergraph it is the state with squeezing r = 1 and a readout of every mode. The exit
    code is 0 if the programs are equal, 1 if they differ or cannot be compared, and 2 if a file cannot be read.

    Example: khrnn compare-programs teleport.xbb teleport.py
    """
    from compiler.artifact import MAX_DIGITS
    from compiler.errors import InputError
    from compiler.exchange.adjust import from_vacuum, summary, with_values
    from compiler.exchange.compare import compare_programs

    if digits is not None and not 15 <= digits <= MAX_DIGITS:
        raise InputError(f"--digits must lie in 15..{MAX_DIGITS}, found {digits}")
    if not 0.0 < tolerance < 1.0:
        raise InputError(f"--tolerance must lie between 0 and 1, found {tolerance}")
    values = bindings(bind)
    (first, said), (second, also) = (_program_or_network(path) for path in (left, right))
    read, remarks = (first, second), tuple(dict.fromkeys((*said, *also)))
    for name in values:
        if not any(name in given.circuit.symbols for given in read):
            raise InputError(f"--bind names {name!r}, which is a symbol of neither program")
    one, other = (with_values(given, {n: v for n, v in values.items() if n in given.circuit.symbols}) for given in read)
    if vacuum:
        one, other = from_vacuum(one), from_vacuum(other)
    found = compare_programs(one, other, tolerance=tolerance, digits=digits)
    verdict = found.verdict
    data: dict[str, Any] = {
        "equal": found.equal,
        "decided": verdict.decided,
        "reason": verdict.reason,
        "residual": verdict.residual if verdict.points else None,
        "tolerance": tolerance,
        "precision": verdict.precision,
        "results": found.matched,
        "counterexample": _counterexample(verdict),
        "notes": list(found.notes),
        "remarks": list(remarks),
    }
    lines = [
        f"{name}: {path}, {given.tool}: {summary(given.circuit)}"
        for name, path, given in zip("AB", (left, right), (one, other), strict=True)
    ]
    residual = f" (residual {verdict.residual:.1e}, {verdict.precision})" if verdict.points else ""
    if verdict.equivalent:
        lines.append(f"equal{residual}")
    else:
        lines.append(f"different{residual}: {verdict.reason}" if verdict.decided else f"{verdict.reason}{residual}")
    if found.matched:
        lines.append(f"results matched {found.matched}")
    say_notes(found.notes)
    say_remarks(remarks)
    show(data, as_json, lines)
    raise typer.Exit(0 if found.equal else 1)


def _counterexample(verdict: Equivalence) -> dict[str, Any] | None:
    from dataclasses import asdict
    from math import isfinite

    if verdict.counterexample is None:
        return None
    data = asdict(verdict.counterexample)
    return {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in data.items()}


def _program_or_network(path: Path) -> tuple[Imported, tuple[str, ...]]:
    """Read a program file, or a hypergraph or a cell as its circuit; returns it with remarks on its edges."""
    from compiler.imports.calls import Imported
    from compiler.imports.files import is_program, read_program
    from qumode_khrnn.network.formats.read import ENDINGS
    from qumode_khrnn.network.source import read_source

    if path.is_dir() or is_program(path) or path.suffix.lower() not in ENDINGS:
        return read_program(path), ()
    given = read_source(path, 1.0)
    note = f"{path.name} is a {given.kind}: its circuit is taken with squeezing r = 1"
    return Imported(given.circuit, given.kind, (*given.notes, note)), tuple(
        f"{path.name}: {remark}" for remark in given.remarks
    )


def convert_command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A program file or a compiled folder.")],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The file to write; its ending chooses the format, unless --to does.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="Format of OUT: program, strawberryfields, blackbird, xir, mrmustard, cv-openqasm, latex or svg. By "
            "default the ending of OUT decides.",
        ),
    ] = None,
    bind: BindOption = None,
    drop_noise: Annotated[
        bool, typer.Option("--drop-noise", help="Leave the noise channels of the program out.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Write a program in the format of another tool, and list what that format does not hold.

    The file is read back and compared before it is written. Nothing is compiled: a format without a form for an
    operation refuses it by name.

    Example: khrnn convert teleport.xbb teleport.cv.qasm
    """
    from compiler.exchange.convert import convert, format_for
    from compiler.files import write_text
    from qumode_khrnn.jobs.output import require_replaceable

    name = format_for(out, to)
    require_replaceable(out, force=force)
    program = open_program(source, bind, drop_noise=drop_noise)
    made = convert(program, name)
    write_text(out, made.text)
    lost = made.lost
    lines = [f"{source} ({program.tool}) written to {out} ({name}); {made.checked}"]
    lines += [f"lost: {sentence}" for sentence in lost] or ["nothing is lost"]
    say_notes(program.notes)
    data = {
        "in": str(source),
        "tool": program.tool,
        "out": str(out),
        "format": name,
        "checked": made.checked,
        "lost": list(lost),
        "notes": list(program.notes),
    }
    show(data, as_json, lines)
