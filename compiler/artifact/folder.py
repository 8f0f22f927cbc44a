"""A compiled program as a folder of files.

``source.json`` and ``program.json`` hold the logical and the native circuit in the form of `compiler.ir.serialize`,
``profile.json`` the device, and ``resources.json`` the costs and the trade between the number of cubic gates and their
strength. ``certificate.json`` states what was proved and how: the source's phase polynomials, the passes with their
guarantees, the outcome of every synthesis strategy, points, precision and residual. ``labels.json`` lists the names of
the nodes, in the order of their modes, if the hypergraph's file gives names.
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
"""The file that states what was proved, and lists the other files."""

RESOURCES = "resources.json"
"""The file of costs; certificates of version 0.10 and earlier do not list it."""

LABELS_FILE = "labels.json"
"""The file that lists the names of a hypergraph's nodes, in the order of their modes."""


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """A compiled program as read from its folder; nothing is proved until `compiler.artifact.check_artifact` checks it.

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
    """Write a compiled program, and ``extra`` texts by file name, to a folder; return the paths of the files.

    The files are replaced all at once (`compiler.files.folders`). Files that the certificate of an earlier program in
    the folder lists, and that the new program does not have, are removed.

    Parameters
    ----------
    folder : Path
    program : CompiledProgram
    extra : dict, optional
    settings : mapping, optional
        Settings of the compilation, as plain data; the certificate records them.
    force : bool
        Also remove files that have the name of a program's file but do not belong to an earlier program.

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
    """Return the names of the files that the certificate in a folder lists; no names if there is no certificate."""
    claimed = _claimed(folder)
    return frozenset({*claimed["sha256"], CERTIFICATE, RESOURCES}) if claimed else frozenset()


def recorded_settings(folder: Path) -> dict[str, Any] | None:
    """Return the settings with which the program in a folder was compiled; None if its certificate does not say."""
    settings = _claimed(folder).get("settings")
    return settings if isinstance(settings, dict) else None


def changed_files(folder: Path) -> list[str]:
    """Return the names of existing files whose SHA-256 differs from the one in the certificate, sorted."""
    bound = _claimed(folder).get("sha256", {})
    there = sorted(name for name in bound if (folder / name).is_file())
    return [name for name in there if digest(read_text(folder / name)) != bound[name]]


def _claimed(folder: Path) -> dict[str, Any]:
    """Return the claims of the certificate in a folder; empty if the certificate is missing or cannot be read."""
    try:
        claimed = read_json(folder / CERTIFICATE)
    except InputError:
        return {}
    whole = isinstance(claimed, dict) and claimed.get("format") == FORMAT and isinstance(claimed.get("sha256"), dict)
    return claimed if whole else {}


def costs_of(program: CompiledProgram) -> dict[str, Any]:
    """Return the costs of a program, with the sources of heralded states and a summary of the synthesis, if any.

    The summary holds the failed proofs of the synthesis, and its trade between the number of gates and their strength.
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
    """Return the names of files that only some programs have: exports, layouts, and labels of nodes."""
    exports = {form.file for form in FORMATS.usable().values() if form.name != "program"}
    own = machine_of(profile).layout_file(profile)
    return exports.union(LAYOUT_FILES, (LABELS_FILE,), () if own is None else (own,))
