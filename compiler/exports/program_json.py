"""The format ``program.json`` of this project; it is always written."""

from __future__ import annotations

from compiler.errors import InputError
from compiler.exports.format import ExportInput, Format
from compiler.files import parse_json
from compiler.ir.serialize import circuit_from_json, circuit_text


def _differs(text: str, given: ExportInput) -> str:
    read = circuit_from_json(parse_json(text, "program.json"), "program.json")
    return "" if read == given.native else "it holds a different circuit"


def _write(given: ExportInput) -> str:
    text = circuit_text(given.native)
    if reason := _differs(text, given):
        raise InputError(f"program.json: {reason}")
    return text


FORMAT = Format("program", "program.json", "read back", _write, _differs)
