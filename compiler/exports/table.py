"""All file formats of a compiled program, by name: file, writer, check, and what reads the file back.

A new format is one module with a writer that checks what it wrote, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from compiler.errors import InputError
from compiler.exports import mrmustard
from compiler.exports.drawings import latex, svg
from compiler.exports.openqasm import cv_writer as cv_openqasm
from compiler.exports.openqasm import qubits as qubit_qasm
from compiler.exports.strawberryfields import blackbird, device_json, xir
from compiler.exports.strawberryfields import script as sf_script
from compiler.files import parse_json
from compiler.ir.circuit import Circuit
from compiler.ir.serialize import circuit_from_json, circuit_text
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class ExportInput:
    """What a file is written from.

    Attributes
    ----------
    source, native : Circuit
        The logical and the compiled circuit.
    profile : Profile or None
        What it was compiled for; formats of devices need it.
    layout : str or None
        Text of the layout file (`compiler.machines`), if there is one.
    """

    source: Circuit
    native: Circuit
    profile: Profile | None = None
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Attributes
    ----------
    name : str
        As ``--format`` takes it.
    file : str
        Name of the file in a program's folder.
    reader : str
        What the file is read back with before success is reported.
    write : callable
        ``(given) -> text``; raises InputError with one line where the format cannot hold the program, or what was read
        back is not it.
    differs : callable
        ``(text, given) -> reason``, empty if the text is the program; may raise InputError.
    """

    name: str
    file: str
    reader: str
    write: Callable[[ExportInput], str]
    differs: Callable[[str, ExportInput], str]


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one format: the text, or why there is none.

    Attributes
    ----------
    name, file : str
    text : str or None
    outcome : str
        ``written, and read back by ..``, or ``refused: ..``.
    """

    name: str
    file: str
    text: str | None
    outcome: str


def export(given: ExportInput, names: Iterable[str] = ("all",)) -> tuple[Exported, ...]:
    """Write a program in formats by name; a format that cannot hold it is refused with its reason, and is no error.

    Parameters
    ----------
    given : ExportInput
    names : iterable of str
        Of `FORMATS`, or ``all``.

    Raises
    ------
    InputError
        If a name is unknown.

    Examples
    --------
    >>> from compiler.ir.operations import Squeeze
    >>> gate = Circuit(1, (Squeeze((0,), 0.5),))
    >>> [(e.file, e.outcome) for e in export(ExportInput(gate, gate), ["cv-openqasm"])]
    [('program.cv.qasm', 'written, and read back by openqasm3')]
    """
    return tuple(_exported(FORMATS[name], given) for name in require_formats(names))


def require_formats(names: Iterable[str]) -> list[str]:
    """Formats by name, ``all`` written out.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    wanted = dict.fromkeys(names)
    if unknown := [name for name in wanted if name != "all" and name not in FORMATS]:
        raise InputError(f"--format must be {', '.join(FORMATS)} or all, found {unknown[0]!r}")
    return list(FORMATS) if "all" in wanted else list(wanted)


def _exported(form: Format, given: ExportInput) -> Exported:
    try:
        text = form.write(given)
    except InputError as error:
        return Exported(form.name, form.file, None, f"refused: {' '.join(str(error).split())}")
    return Exported(form.name, form.file, text, f"written, and {form.reader}")


def export_problems(texts: Mapping[str, str], given: ExportInput) -> list[str]:
    """Why files, given by name and text, are not the program; empty if they are. Other files are passed over.

    >>> export_problems({"circuit.svg": "<svg/>"}, ExportInput(Circuit(1), Circuit(1)))
    ['circuit.svg is not program.json: it is not the drawing of this program']
    """
    out: list[str] = []
    for form in FORMATS.values():
        if form.file not in texts:
            continue
        try:
            reason = form.differs(texts[form.file], given)
        except InputError as error:
            reason = str(error)
        if reason:
            out.append(f"{form.file} is not program.json: {' '.join(reason.split())}")
    return out


def _json_differs(text: str, given: ExportInput) -> str:
    read = circuit_from_json(parse_json(text, "program.json"), "program.json")
    return "" if read == given.native else "it holds another circuit"


def _written(given: ExportInput) -> str:
    text = circuit_text(given.native)
    if reason := _json_differs(text, given):
        raise InputError(f"program.json: {reason}")
    return text


def _same_text(write: Callable[[ExportInput], str], what: str) -> Callable[[str, ExportInput], str]:
    """A check by writing again."""

    def differs(text: str, given: ExportInput) -> str:
        return "" if text == write(given) else f"it is not the {what}"

    return differs


def _qubits(given: ExportInput) -> str:
    return qubit_qasm.to_qubit_qasm(given.source)


def _jaqal(given: ExportInput) -> str:
    from compiler.exports.jaqal import to_jaqal  # JaqalPaq and the modules of ions, which few programs need
    from compiler.machines.ion_file import IonFile, is_qscout, layout_of, steps_of
    from compiler.machines.layout import ION_FILE, read_layout

    if given.profile is None or not is_qscout(given.profile) or given.layout is None:
        raise InputError("Jaqal in hybridlane's dialect is for profiles of QSCOUT; use --profile trapped-ion-qscout")
    file = read_layout(IonFile, given.layout, ION_FILE)
    steps = steps_of(given.native, file)
    return to_jaqal(steps, layout_of(given.native, given.profile), file.calibration)


def _device(given: ExportInput) -> str:
    if given.profile is None:
        raise InputError("a device specification is made from a profile")
    return device_json.to_device_json(given.native, given.profile, given.layout)


def _tex(given: ExportInput) -> str:
    return latex.to_latex(given.native)


def _svg(given: ExportInput) -> str:
    return svg.to_svg(given.native)


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format(
            "program",
            "program.json",
            "read back",
            _written,
            _json_differs,
        ),
        Format(
            "strawberryfields",
            "program_sf.py",
            "read back from its syntax tree",
            lambda given: sf_script.to_sf_script(given.native),
            lambda text, given: sf_script.reloaded_differs(text, given.native),
        ),
        Format(
            "blackbird",
            "program.xbb",
            "read back by Strawberry Fields",
            lambda given: blackbird.to_blackbird(given.native),
            lambda text, given: blackbird.reloaded_differs(text, given.native),
        ),
        Format(
            "xir",
            "program.xir",
            "read back by Strawberry Fields",
            lambda given: xir.to_xir(given.native),
            lambda text, given: xir.reloaded_differs(text, given.native),
        ),
        Format(
            "mrmustard",
            "program_mm.py",
            "read back as MrMustard objects",
            lambda given: mrmustard.to_mrmustard(given.native),
            lambda text, given: mrmustard.reloaded_differs(text, given.native),
        ),
        Format(
            "cv-openqasm",
            "program.cv.qasm",
            "read back by openqasm3",
            lambda given: cv_openqasm.to_cv_openqasm(given.native),
            lambda text, given: cv_openqasm.reloaded_differs(text, given.native),
        ),
        Format(
            "openqasm3",
            "program.qasm",
            "read back by Qiskit",
            _qubits,
            _same_text(_qubits, "qubit version of source.json"),
        ),
        Format(
            "jaqal",
            "program.jaqal",
            "read back by JaqalPaq",
            _jaqal,
            _same_text(_jaqal, "Jaqal of this program"),
        ),
        Format(
            "device",
            "device.json",
            "read back by strawberryfields.Device, and the program compiled for it",
            _device,
            _same_text(_device, "specification of the profile"),
        ),
        Format(
            "latex",
            "circuit.tex",
            "its structure checked",
            _tex,
            _same_text(_tex, "drawing of this program"),
        ),
        Format(
            "svg",
            "circuit.svg",
            "parsed as XML",
            _svg,
            _same_text(_svg, "drawing of this program"),
        ),
    )
}
"""Every format, in the order in which a summary lists them."""
