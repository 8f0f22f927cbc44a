"""Read program files of any tool as circuits; the ending of the file's name chooses the reader. Nothing is ever run.

A reader is a function ``(text, where) -> Imported``; messages begin with ``where``. The readers of this project are
listed in `READERS`; another package adds a reader by an entry point whose name is the ending (docs/extending.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from compiler.errors import InputError
from compiler.files import parse_json, read_json, read_text
from compiler.files.folders import settle
from compiler.imports.calls import Imported
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS
from compiler.ir.serialize import FORMAT, circuit_from_json
from hardware_profiles import extensions

Reader = Callable[[str, str], Imported]

OWN_FORM = "program.json"
"""The ``tool`` of programs in the form of this project."""

MAX_BYTES = 64_000_000
"""Size of the largest program file that is read, in bytes: about 500,000 operations."""

READERS: extensions.Registry[Reader] = extensions.Registry(
    extensions.READERS,
    FunctionType,
    {
        "json": "compiler.imports.files:read_own_form",
        "xbb": "compiler.imports.strawberryfields.blackbird:read_blackbird",
        "xir": "compiler.imports.strawberryfields.xir:read_xir",
        "py": "compiler.imports.strawberryfields.script:read_script",
        "qasm": "compiler.imports.openqasm.reader:read_cv_openqasm",
    },
)
"""Readers by the ending of the file's name."""

PROGRAM_BESIDE = "give the program.json that was written beside it"

OTHER_KINDS = {
    "jaqal": f"a Jaqal file, which holds pulses and not the circuit; {PROGRAM_BESIDE}",
    "svg": f"a drawing; {PROGRAM_BESIDE}",
    "tex": f"a drawing; {PROGRAM_BESIDE}",
    "csv": "a table; khrnn compile reads it if it lists hyperedges",
    "toml": "a settings or profile file",
    "pkl": "a pickle, which would have to be run; write the program in a text format",
    "ipynb": "a notebook; save the cell with the program as a script of its own (.py)",
}
"""Descriptions of files with other endings, and of the file to give instead."""

OTHER_SCRIPTS = {
    "mrmustard": "MrMustard, which can be read as an object from Python only (compiler.imports.mrmustard)",
    "piquasso": "Piquasso, which can be read as an object from Python only (compiler.imports.piquasso)",
}
"""Packages whose scripts are not read."""

CV_WORDS = re.compile(r"\bcvstdgates\.inc\b|\bqumode\b|\bcv_[a-z]")
"""Words of CV-OpenQASM that OpenQASM for qubits does not have."""


def is_program(path: Path) -> bool:
    """Tell whether a path is a program, from the ending of a file, the files in a folder, or the format of a ``.json``.

    Raises
    ------
    InputError
        If the path is a ``.json`` file that cannot be read or is not JSON.
    """
    ending = _ending(path)
    if path.is_dir():
        settle(path)
        return (path / "program.json").exists()
    if ending != "json":
        return ending in READERS
    data = read_json(path)
    return isinstance(data, dict) and data.get("format") == FORMAT


def read_program(path: Path, *, source: bool = False) -> Imported:
    """Read a program file, or the program of a folder that ``khrnn compile`` wrote.

    Parameters
    ----------
    path : Path
        A file, whose ending chooses the reader of `READERS`, or a folder.
    source : bool
        Read ``source.json`` of a folder, the program that was compiled, instead of ``program.json``, the result.

    Returns
    -------
    Imported
        The circuit, the name of the format, and notes on differences from the file.

    Raises
    ------
    InputError
        If the file cannot be read, is too large, is not a program, or holds a part that the reader does not know.
    """
    if path.is_dir():
        settle(path)
        inside = path / ("source.json" if source else "program.json")
        if not inside.exists():
            raise InputError(
                f"{path} must be a program file or a folder of khrnn compile, found a folder without {inside.name}"
            )
        return read_program(inside)
    ending = _ending(path)
    if ending not in READERS:
        kind = OTHER_KINDS.get(ending)
        known = ", ".join(f".{name}" for name in READERS)
        raise InputError(
            f"{path} is not read as a program: it is {kind}"
            if kind is not None
            else f"{path} is not read as a program: the name must end in {known}, or be a folder of khrnn compile"
        )
    _require_small(path)
    text, where = read_text(path, most=MAX_BYTES), str(path)
    if ending == "py":
        _require_strawberryfields(text, where)
    if ending == "qasm" and not CV_WORDS.search(text):
        raise InputError(
            f"{where} is OpenQASM for qubits (it has no qumodes or cv_ gates), and only programs on qumodes are read; "
            f"{PROGRAM_BESIDE}"
        )
    found = READERS[ending](text, where)
    notes = found.notes if found.tool == OWN_FORM else (*found.notes, *_notes_on_inputs(found.circuit))
    return Imported(found.circuit, found.tool, notes)


def read_own_form(text: str, where: str) -> Imported:
    """Read the text of a ``program.json`` (`compiler.ir.serialize`).

    Raises
    ------
    InputError
        If the text is not JSON, or not a program.
    """
    data = parse_json(text, where)
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        raise InputError(f"{where} is not a program: {_kind_of_json(data, found)}")
    return Imported(circuit_from_json(data, where), OWN_FORM)


def _ending(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _require_small(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    if not path.is_file():
        raise InputError(f"cannot read {path}: it must be a regular file or a folder")
    if size > MAX_BYTES:
        raise InputError(f"{path}: programs of at most {MAX_BYTES:,} bytes are read, found {size:,}")


def _require_strawberryfields(text: str, where: str) -> None:
    for package, reason in OTHER_SCRIPTS.items():
        if re.search(rf"^[ \t]*(?:from|import)[ \t]+{package}\b", text, re.MULTILINE):
            raise InputError(f"{where} is a script for {reason}; {PROGRAM_BESIDE}, if there is one")


def _kind_of_json(data: Any, found: object) -> str:
    if found is not None:
        return f'its "format" must be "{FORMAT}", found {str(found)[:60]!r}'
    if isinstance(data, dict) and "edges" in data:
        return "it is a hypergraph, which khrnn compile makes into a program"
    return f'it must be a JSON object whose "format" is "{FORMAT}"'


def _notes_on_inputs(circuit: Circuit) -> tuple[str, ...]:
    """Return a note on modes that the program uses without preparing them."""
    inputs = unprepared(circuit)
    if not inputs:
        return ()
    shown = ", ".join(map(str, inputs[:8])) + (", .." if len(inputs) > 8 else "")
    which = f"mode {shown} is" if len(inputs) == 1 else f"modes {shown} are"
    return (
        f"{which} not prepared in the file and may carry any input state; --vacuum starts with the vacuum, as "
        "simulators do",
    )


def unprepared(circuit: Circuit) -> tuple[int, ...]:
    """Return the modes that a circuit uses before it prepares them, so that they carry the circuit's input.

    >>> from compiler.ir.operations import PrepareVacuum, ControlledZ
    >>> unprepared(Circuit(3, (PrepareVacuum((1,)), ControlledZ((0, 1), 0.5))))
    (0,)
    """
    prepared: dict[int, bool] = {}
    for op in circuit.operations:
        for mode in op.modes:
            prepared.setdefault(mode, isinstance(op, PREPARATIONS))
    return tuple(sorted(mode for mode, first in prepared.items() if not first))
