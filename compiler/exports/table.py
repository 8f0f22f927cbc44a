"""All file formats of compiled programs by name: write a program in several formats, and check written files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compiler.errors import InputError, did_you_mean
from compiler.exports.format import ExportInput, Format
from hardware_profiles import extensions
from hardware_profiles.extras import AbsentPackageError

__all__ = [
    "FORMATS",
    "ExportInput",
    "Exported",
    "Format",
    "Given",
    "check_exports",
    "export",
    "export_problems",
    "require_formats",
]

Given = ExportInput
"""The name of `ExportInput` before version 0.6."""

FORMATS: extensions.Registry[Format] = extensions.Registry(
    extensions.FORMATS,
    Format,
    {
        "program": "compiler.exports.program_json:FORMAT",
        "strawberryfields": "compiler.exports.strawberryfields.script:FORMAT",
        "blackbird": "compiler.exports.strawberryfields.blackbird:FORMAT",
        "xir": "compiler.exports.strawberryfields.xir:FORMAT",
        "mrmustard": "compiler.exports.mrmustard:FORMAT",
        "cv-openqasm": "compiler.exports.openqasm.cv_writer:FORMAT",
        "openqasm3": "compiler.exports.openqasm.qubits:FORMAT",
        "jaqal": "compiler.exports.qscout:FORMAT",
        "device": "compiler.exports.strawberryfields.device_json:FORMAT",
        "latex": "compiler.exports.drawings.latex:FORMAT",
        "svg": "compiler.exports.drawings.svg:FORMAT",
    },
)
"""Every format, in the order in which a summary lists them."""


SKIPPED = "skipped: "
"""Beginning of the outcome of a format whose package is not installed; the line that says so follows."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One format of a program: its text, or the reason why the format refused it.

    Attributes
    ----------
    name, file : str
    text : str or None
    outcome : str
        ``written, and read back by ..``, ``refused: ..``, or ``skipped: ..`` where an optional package is absent.
    """

    name: str
    file: str
    text: str | None
    outcome: str


def export(given: ExportInput, names: Iterable[str] = ("all",)) -> tuple[Exported, ...]:
    """Write a program in formats by name; a format that cannot hold the program is no error, but gives its reason.

    Parameters
    ----------
    given : ExportInput
    names : iterable of str
        Names in `FORMATS`, or ``all``.

    Raises
    ------
    InputError
        If a name is unknown, or names an object of another package that cannot be loaded.

    Examples
    --------
    >>> from compiler.ir import Circuit, Squeeze
    >>> gate = Circuit(1, (Squeeze((0,), 0.5),))
    >>> [(e.file, e.outcome) for e in export(ExportInput(gate, gate), ["svg"])]
    [('circuit.svg', 'written, and parsed as XML')]
    """
    wanted, broken = require_formats(names), FORMATS.unusable()
    return tuple(
        Exported(name, "", None, f"refused: {broken[name]}") if name in broken else _exported(FORMATS[name], given)
        for name in wanted
    )


def require_formats(names: Iterable[str]) -> list[str]:
    """Return the names of formats, with ``all`` replaced by every name.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    wanted = dict.fromkeys(names)
    if unknown := [name for name in wanted if name != "all" and name not in FORMATS]:
        hint = did_you_mean(unknown[0], (*FORMATS, "all"))
        raise InputError(f"--format must be {', '.join(FORMATS)} or all, found {unknown[0]!r}{hint}")
    for name in wanted:
        if name != "all":
            FORMATS[name]
    return list(FORMATS) if "all" in wanted else list(wanted)


def _exported(form: Format, given: ExportInput) -> Exported:
    try:
        text = form.write(given)
    except AbsentPackageError as error:
        return Exported(form.name, form.file, None, f"{SKIPPED}{error}")
    except InputError as error:
        return Exported(form.name, form.file, None, f"refused: {' '.join(str(error).split())}")
    return Exported(form.name, form.file, text, f"written, and {form.reader}")


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """Whether the files of a folder hold the program.

    Attributes
    ----------
    problems : tuple of str
        Reasons why files do not hold the program.
    unread : tuple of str
        Files that were not read, because an optional package is not installed.
    """

    problems: tuple[str, ...]
    unread: tuple[str, ...]


def check_exports(texts: Mapping[str, str], given: ExportInput) -> ExportCheck:
    """Compare files, given by name and text, with the program; files of no known format are ignored.

    >>> from compiler.ir import Circuit
    >>> check_exports({"circuit.svg": "<svg/>"}, ExportInput(Circuit(1), Circuit(1))).problems
    ('circuit.svg does not hold the program of program.json: it is not the drawing of this program',)
    """
    problems: list[str] = []
    unread: list[str] = []
    for form in FORMATS.usable().values():
        if form.file not in texts:
            continue
        try:
            reason = form.differs(texts[form.file], given)
        except AbsentPackageError as error:
            unread.append(f"{form.file} was not read back: {error}")
            continue
        except InputError as error:
            reason = str(error)
        if reason:
            problems.append(f"{form.file} does not hold the program of program.json: {' '.join(reason.split())}")
    return ExportCheck(tuple(problems), tuple(unread))


def export_problems(texts: Mapping[str, str], given: ExportInput) -> list[str]:
    """Return the problems that `check_exports` finds."""
    return list(check_exports(texts, given).problems)
