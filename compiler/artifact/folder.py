"""A compiled program as a folder of files.

``source.json`` and ``program.json`` hold the logical and the native circuit in the form of `compiler.ir.serialize`,
``profile.json`` the device, ``resources.json`` the costs and how its cubic gates trade
for strength, ``certificate.json`` what was proved and how: the source's
phase polynomials, the passes with their guarantees, what every synthesis strategy reached, points, precision, residual.
``labels.json`` lists the names of the nodes, in the order of their modes, if the hypergraph's file gives names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.artifact.certificate import certificate
from compiler.errors import InputError
from compiler.exports.table import FORMATS
from compiler.files import json_text, read_json, read_text, require_writable, write_text
from compiler.ir.circuit import Circuit
from compiler.ir.serialize import circuit_from_json, circuit_text
from compiler.machines import machine_of
from compiler.machines.layout import LAYOUT_FILES
from compiler.pipeline import CompiledProgram
from compiler.synthesis.options import synthesis_summary
from hardware_profiles import Profile, profile_from_data

LABELS_FILE = "labels.json"
"""The file that lists the names of a hypergraph's nodes, in the order of their modes."""


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """A compiled program as its folder holds it: nothing here is proved, see `compiler.artifact.check_artifact`.

    Attributes
    ----------
    source, circuit : Circuit
        The logical and the native circuit.
    profile : Profile
    layout : str or None
        Text of the layout file, on machines that have one.
    """

    source: Circuit
    circuit: Circuit
    profile: Profile
    layout: str | None


def write_artifact(folder: Path, program: CompiledProgram, extra: dict[str, str] | None = None) -> tuple[Path, ...]:
    """Write a compiled program (and ``extra`` texts by file name) to a folder; returns the paths written.

    Files of an earlier program in the same folder that this one does not have are deleted.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    certified = {
        "source.json": circuit_text(program.source),
        "program.json": circuit_text(program.circuit),
        "profile.json": json_text(program.profile.to_data()),
    }
    if program.layout is not None:
        certified[program.layout.file] = program.layout.text
    contents = {
        **certified,
        "resources.json": json_text(costs_of(program)),
        **(extra or {}),
        "certificate.json": json_text(certificate(program, certified | (extra or {}))),
    }
    optional = optional_files(program.profile)
    require_writable(*(folder / name for name in {*contents, *optional}))
    for name, text in contents.items():
        write_text(folder / name, text)
    for stale in optional - set(contents):
        (folder / stale).unlink(missing_ok=True)
    return tuple(folder / name for name in contents)


def costs_of(program: CompiledProgram) -> dict[str, Any]:
    """Costs of the circuit and, where there was a synthesis, its failed proofs and its trade of gates for strength."""
    rows = [row.to_json() for row in program.strategies]
    return program.resources.to_json() | ({"synthesis": synthesis_summary(rows)} if rows else {})


def read_program(folder: Path) -> StoredProgram:
    """Read the program of a folder.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder written by khrnn compile, found none")
    circuit = circuit_from_json(read_json(folder / "program.json"), str(folder / "program.json"))
    profile = profile_from_data(read_json(folder / "profile.json"), str(folder / "profile.json"))
    source = circuit_from_json(read_json(folder / "source.json"), str(folder / "source.json"))
    layout = machine_of(profile).layout_file(profile)
    return StoredProgram(source, circuit, profile, None if layout is None else read_text(folder / layout))


def optional_files(profile: Profile) -> set[str]:
    """Names of files that only some programs have: exports, layouts, and labels of nodes."""
    exports = {form.file for form in FORMATS.usable().values() if form.name != "program"}
    own = machine_of(profile).layout_file(profile)
    return exports.union(LAYOUT_FILES, (LABELS_FILE,), () if own is None else (own,))
