"""A compiled program on disk, and its check from the files alone.

``source.json`` and ``program.json`` hold the logical and the native circuit in the form of `compiler.serialize`,
``profile.json`` the device, ``resources.json`` the costs, ``certificate.json`` what was proved and how. The check reads
source, program and profile again and does not believe the certificate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from compiler.circuit import Circuit
from compiler.errors import InputError, MappingReason
from compiler.files import json_text, parse_json, read_json, read_text, write_text
from compiler.mapping import unmappable
from compiler.pipeline import CompiledProgram
from compiler.resources import resources
from compiler.serialize import circuit_from_json, circuit_to_json
from compiler.verify import Equivalence, compare
from hardware_profiles import Profile, profile_from_data

CERTIFICATE_FORMAT = "qumode-khrnn/certificate"
CERTIFICATE_VERSION = 1
METHOD = "phase-space points"


@dataclass(frozen=True, slots=True)
class ArtifactCheck:
    """Outcome of `check_artifact`: ``problems`` is empty if everything holds."""

    equivalence: Equivalence
    problems: tuple[str, ...]
    reasons: tuple[MappingReason, ...]


def write_artifact(folder: Path, program: CompiledProgram, extra: dict[str, str] | None = None) -> tuple[Path, ...]:
    """Write a compiled program (and ``extra`` files by name) to a folder; returns the paths written.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    source = json_text(circuit_to_json(program.source))
    native = json_text(circuit_to_json(program.circuit))
    contents = {
        "source.json": source,
        "program.json": native,
        "profile.json": json_text(program.profile.model_dump(mode="json")),
        "resources.json": json_text(program.resources.to_json()),
        **(extra or {}),
        "certificate.json": json_text(certificate(program, source, native)),
    }
    for name, text in contents.items():
        write_text(folder / name, text)
    return tuple(folder / name for name in contents)


def certificate(program: CompiledProgram, source: str, native: str) -> dict[str, Any]:
    """What was proved of a program, and how; bound to the texts of the two circuits by their SHA-256."""
    verdict = program.verification
    return {
        "format": CERTIFICATE_FORMAT,
        "version": CERTIFICATE_VERSION,
        "source_sha256": _digest(source),
        "program_sha256": _digest(native),
        "profile": program.profile.name,
        "passes": [asdict(record) for record in program.passes],
        "method": METHOD,
        "precision": "float64",
        "points": verdict.points,
        "tolerance": verdict.tolerance,
        "residual": verdict.residual,
        "equivalent": verdict.equivalent,
    }


def read_program(folder: Path) -> tuple[Circuit, Profile]:
    """The native circuit and the profile of a folder.

    Raises
    ------
    InputError
        If a file is missing or wrong.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder written by khrnn compile, found none")
    circuit = circuit_from_json(read_json(folder / "program.json"), str(folder / "program.json"))
    return circuit, profile_from_data(read_json(folder / "profile.json"), str(folder / "profile.json"))


def check_artifact(folder: Path) -> ArtifactCheck:
    """Check a folder from its files: the program equals the source, fits the profile, and is what was certified.

    Raises
    ------
    InputError
        If a file is missing, broken, or of another version.
    """
    circuit, profile = read_program(folder)
    source_text, native_text = (read_text(folder / name) for name in ("source.json", "program.json"))
    source = circuit_from_json(parse_json(source_text, str(folder / "source.json")), str(folder / "source.json"))
    claimed = _read_certificate(folder / "certificate.json")
    # fresh points, so that a program made to agree at the certificate's points does not pass
    verdict = compare(source, circuit, seed=int(_digest(source_text + native_text)[:12], 16))
    problems = [] if verdict.equivalent else [f"program.json is not equivalent to source.json: {verdict.reason}"]
    for key, text in (("source_sha256", source_text), ("program_sha256", native_text)):
        if claimed.get(key) != _digest(text):
            problems.append(f"certificate.json is not about this {key.removesuffix('_sha256')}.json (SHA-256 differs)")
    if claimed.get("profile") != profile.name:
        problems.append(f"certificate.json names profile {claimed.get('profile')!r}, profile.json is {profile.name!r}")
    costs = resources(circuit).to_json()
    if read_json(folder / "resources.json") != costs:
        problems.append("resources.json does not hold the costs of program.json")
    reasons = unmappable(circuit, profile)
    problems += [f"program.json does not fit {profile.name}: {r.operation}: {r.reason}" for r in reasons]
    return ArtifactCheck(verdict, tuple(problems), reasons)


def _read_certificate(path: Path) -> dict[str, Any]:
    data = read_json(path)
    if not isinstance(data, dict) or data.get("format") != CERTIFICATE_FORMAT:
        raise InputError(f'{path}: "format" must be "{CERTIFICATE_FORMAT}"')
    if data.get("version") != CERTIFICATE_VERSION:
        raise InputError(f'{path}: "version" must be {CERTIFICATE_VERSION}, found {data.get("version")!r}')
    return data


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
