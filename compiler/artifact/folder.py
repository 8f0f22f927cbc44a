"""A compiled program as a folder of files.

``source.json`` and ``program.json`` hold the logical and the native circuit in the form of `compiler.ir.serialize`,
``profile.json`` the device, ``resources.json`` the costs and how its cubic gates trade
for strength, ``certificate.json`` what was proved and how: the source's
phase polynomials, the passes with their guarantees, what every synthesis strategy reached, points, precision, residual.
``labels.json`` lists the names of the nodes, in the order of their modes, if the hypergraph's file gives names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.artifact.certificate import FORMAT, certificate, digest
from compiler.errors import InputError
from compiler.exports.table import FORMATS
from compiler.files import json_text, read_json, read_text, require_writable
from compiler.files.folders import settle, write_files
from compiler.ir.circuit import Circuit
from compiler.ir.serialize import circuit_from_json, circuit_text
from compiler.machines import machine_of
from compiler.machines.layout import LAYOUT_FILES
from compiler.pipeline import CompiledProgram
from compiler.synthesis.options import synthesis_summary
from hardware_profiles import Profile, profile_from_data

CERTIFICATE = "certificate.json"
"""The file that says what was proved, and lists the other files."""

RESOURCES = "resources.json"
"""The file of costs; certificates of version 0.10 and earlier do not list it."""

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


def write_artifact(
    folder: Path,
    program: CompiledProgram,
    extra: dict[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    force: bool = False,
) -> tuple[Path, ...]:
    """Write a compiled program (and ``extra`` texts by file name) to a folder; returns the paths written.

    The files are replaced all at once (`compiler.files.folders`). Files of the earlier program in the folder, as its
    certificate lists them, that this program does not have are removed.

    Parameters
    ----------
    folder : Path
    program : CompiledProgram
    extra : dict, optional
    settings : mapping, optional
        What the program was compiled with, as plain data; the certificate records it.
    force : bool
        Also remove files that belong to no earlier program and have the name of a file of programs.

    Raises
    ------
    InputError
        If the folder cannot be written, or without ``force`` holds such files.
    """
    certified = {
        "source.json": circuit_text(program.source),
        "program.json": circuit_text(program.circuit),
        "profile.json": json_text(program.profile.to_data()),
    }
    if program.layout is not None:
        certified[program.layout.file] = program.layout.text
    certified[RESOURCES] = json_text(costs_of(program))
    contents = {
        **certified,
        **(extra or {}),
        CERTIFICATE: json_text(certificate(program, certified | (extra or {}), settings)),
    }
    optional = optional_files(program.profile)
    require_writable(*(folder / name for name in {*contents, *optional}))
    settle(folder)
    there = {name for name in optional if (folder / name).exists()}
    if not force and (foreign := sorted(there - own_files(folder))):
        raise InputError(
            f"{folder / foreign[0]} belongs to no program in {folder} and would be lost: move it away, or write to "
            "another folder"
        )
    return write_files(folder, contents, there - set(contents))


def own_files(folder: Path) -> frozenset[str]:
    """Names of the files that the program in a folder consists of, as its certificate lists them; none without one."""
    claimed = _claimed(folder)
    return frozenset({*claimed["sha256"], CERTIFICATE, RESOURCES}) if claimed else frozenset()


def recorded_settings(folder: Path) -> dict[str, Any] | None:
    """What the program in a folder was compiled with; None if its certificate does not say so."""
    settings = _claimed(folder).get("settings")
    return settings if isinstance(settings, dict) else None


def changed_files(folder: Path) -> list[str]:
    """Names of the files that are there with another SHA-256 than the certificate's, sorted."""
    bound = _claimed(folder).get("sha256", {})
    there = sorted(name for name in bound if (folder / name).is_file())
    return [name for name in there if digest(read_text(folder / name)) != bound[name]]


def _claimed(folder: Path) -> dict[str, Any]:
    """Return the claims of the certificate in a folder; empty if there is none that can be read."""
    try:
        claimed = read_json(folder / CERTIFICATE)
    except InputError:
        return {}
    whole = isinstance(claimed, dict) and claimed.get("format") == FORMAT and isinstance(claimed.get("sha256"), dict)
    return claimed if whole else {}


def costs_of(program: CompiledProgram) -> dict[str, Any]:
    """Costs of the circuit; sources of heralded states, and what the synthesis did, where there are any.

    Of the synthesis these are its failed proofs and its trade of gates for strength.
    """
    rows = [row.to_json() for row in program.strategies]
    heralding = [states.to_json() for states in program.heralding]
    return (
        program.resources.to_json()
        | ({"heralding": heralding} if heralding else {})
        | ({"synthesis": synthesis_summary(rows)} if rows else {})
    )


def read_program(folder: Path) -> StoredProgram:
    """Read the program of a folder.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder written by khrnn compile, found none")
    settle(folder)
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
