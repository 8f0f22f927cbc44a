"""All file formats of a compiled program, by name: file, writer, check, and what reads the file back.

A new format is one module with a writer that checks what it wrote, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.errors import InputError
from compiler.exports import blackbird, cv_openqasm, latex, mrmustard, qubit_qasm, sf_script, svg, xir
from compiler.files import parse_json
from compiler.serialize import circuit_from_json, circuit_text


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Attributes
    ----------
    name : str
        As ``--format`` takes it.
    file : str
        Name of the file in a program's folder.
    description : str
    reader : str
        What the file is read back with before success is reported.
    write : callable
        ``(source, native) -> text``, from the logical and the compiled circuit; raises InputError with one line where
        the format cannot hold the program, or what was read back is not it.
    differs : callable
        ``(text, source, native) -> reason``, empty if the text is the program; may raise InputError.
    """

    name: str
    file: str
    description: str
    reader: str
    write: Callable[[Circuit, Circuit], str]
    differs: Callable[[str, Circuit, Circuit], str]


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


def export(source: Circuit, native: Circuit, names: Iterable[str] = ("all",)) -> tuple[Exported, ...]:
    """Write a program in formats by name; a format that cannot hold it is refused with its reason, and is no error.

    Parameters
    ----------
    source, native : Circuit
        The logical and the compiled circuit.
    names : iterable of str
        Of `FORMATS`, or ``all``.

    Raises
    ------
    InputError
        If a name is unknown.

    Examples
    --------
    >>> from compiler.operations import Squeeze
    >>> gate = Circuit(1, (Squeeze((0,), 0.5),))
    >>> [(e.file, e.outcome) for e in export(gate, gate, ["cv-openqasm"])]
    [('program.cv.qasm', 'written, and read back by openqasm3')]
    """
    wanted = dict.fromkeys(names)
    if unknown := [name for name in wanted if name != "all" and name not in FORMATS]:
        raise InputError(f"a format must be {', '.join(FORMATS)} or all, found {unknown[0]!r}")
    chosen = list(FORMATS) if "all" in wanted else list(wanted)
    return tuple(_exported(FORMATS[name], source, native) for name in chosen)


def _exported(form: Format, source: Circuit, native: Circuit) -> Exported:
    try:
        text = form.write(source, native)
    except InputError as error:
        return Exported(form.name, form.file, None, f"refused: {' '.join(str(error).split())}")
    return Exported(form.name, form.file, text, f"written, and {form.reader}")


def export_problems(texts: Mapping[str, str], source: Circuit, native: Circuit) -> list[str]:
    """Why files, given by name and text, are not the program; empty if they are. Other files are passed over.

    >>> export_problems({"circuit.svg": "<svg/>"}, Circuit(1), Circuit(1))
    ['circuit.svg is not program.json: it is not the drawing of this program']
    """
    out: list[str] = []
    for form in FORMATS.values():
        if form.file not in texts:
            continue
        try:
            reason = form.differs(texts[form.file], source, native)
        except InputError as error:
            reason = str(error)
        if reason:
            out.append(f"{form.file} is not program.json: {' '.join(reason.split())}")
    return out


def _json_differs(text: str, source: Circuit, native: Circuit) -> str:
    read = circuit_from_json(parse_json(text, "program.json"), "program.json")
    return "" if read == native else "it holds another circuit"


def _written(source: Circuit, native: Circuit) -> str:
    text = circuit_text(native)
    if reason := _json_differs(text, source, native):
        raise InputError(f"program.json: {reason}")
    return text


def _drawn(write: Callable[[Circuit], str]) -> Callable[[str, Circuit, Circuit], str]:
    def differs(text: str, source: Circuit, native: Circuit) -> str:
        return "" if text == write(native) else "it is not the drawing of this program"

    return differs


def _qubits_differ(text: str, source: Circuit, native: Circuit) -> str:
    return "" if text == qubit_qasm.to_qubit_qasm(source) else "it is not the qubit version of source.json"


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format(
            "program",
            "program.json",
            "the open form of this project",
            "read back",
            _written,
            _json_differs,
        ),
        Format(
            "strawberryfields",
            "program_sf.py",
            "Python script that builds a Strawberry Fields Program",
            "read back from its syntax tree",
            lambda source, native: sf_script.to_sf_script(native),
            lambda text, source, native: sf_script.reloaded_differs(text, native),
        ),
        Format(
            "blackbird",
            "program.xbb",
            "Blackbird",
            "read back by Strawberry Fields",
            lambda source, native: blackbird.to_blackbird(native),
            lambda text, source, native: blackbird.reloaded_differs(text, native),
        ),
        Format(
            "xir",
            "program.xir",
            "XIR, without feed-forward",
            "read back by Strawberry Fields",
            lambda source, native: xir.to_xir(native),
            lambda text, source, native: xir.reloaded_differs(text, native),
        ),
        Format(
            "mrmustard",
            "program_mm.py",
            "Python script that builds a MrMustard circuit, Gaussian programs only",
            "read back as MrMustard objects",
            lambda source, native: mrmustard.to_mrmustard(native),
            lambda text, source, native: mrmustard.reloaded_differs(text, native),
        ),
        Format(
            "cv-openqasm",
            "program.cv.qasm",
            "CV-OpenQASM with the gates of hybridlane's cvstdgates.inc, hbar = 1",
            "read back by openqasm3",
            lambda source, native: cv_openqasm.to_cv_openqasm(native),
            lambda text, source, native: cv_openqasm.reloaded_differs(text, native),
        ),
        Format(
            "openqasm3",
            "program.qasm",
            f"OpenQASM 3 of the qubit version, {qubit_qasm.QUBITS} qubits a mode",
            "read back by Qiskit",
            lambda source, native: qubit_qasm.to_qubit_qasm(source),
            _qubits_differ,
        ),
        Format(
            "latex",
            "circuit.tex",
            "drawing with quantikz",
            "its structure checked",
            lambda source, native: latex.to_latex(native),
            _drawn(latex.to_latex),
        ),
        Format(
            "svg",
            "circuit.svg",
            "drawing",
            "parsed as XML",
            lambda source, native: svg.to_svg(native),
            _drawn(svg.to_svg),
        ),
    )
}
"""Every format, in the order in which a summary lists them."""
