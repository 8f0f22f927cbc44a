"""A compiled program on disk, and its check from the files alone.

``source.json`` and ``program.json`` hold the logical and the native circuit in the form of `compiler.serialize`,
``profile.json`` the device, ``resources.json`` the costs, ``certificate.json`` what was proved and how: the source's
phase polynomials, the passes with their promises, what every synthesis strategy reached, points, precision, residual.
The check reads source, program and profile again and believes nothing of the certificate but the precision to use.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from compiler.circuit import Circuit
from compiler.errors import CircuitError, InputError
from compiler.exports.table import FORMATS, Given, export_problems
from compiler.files import (
    json_text,
    number,
    parse_json,
    read_json,
    read_text,
    require_format,
    require_writable,
    write_text,
)
from compiler.machines import machine_of
from compiler.machines.layout_file import LAYOUT_FILES
from compiler.operations import PolynomialPhase
from compiler.pipeline import CompiledProgram
from compiler.resources import resources
from compiler.serialize import circuit_from_json, circuit_text, polynomial_to_json
from compiler.verify import Equivalence
from hardware_profiles import Profile, load_profile, profile_from_data, profile_names

EXPORT_FILES = frozenset(form.file for form in FORMATS.values() if form.name != "program")

OPTIONAL_FILES = EXPORT_FILES.union(LAYOUT_FILES)
"""Files that only some programs have."""

CERTIFICATE_FORMAT = "qumode-khrnn/certificate"
CERTIFICATE_VERSION = 2

CLAIMS = {
    *("format", "version", "sha256", "profile", "source", "passes", "strategies", "method", "precision"),
    *("ideal_resources", "points", "tolerance", "residual", "equivalent", "digest"),
}
"""What a certificate says."""

SHOWN_MONOMIALS = 64
"""Source polynomials of more monomials are in the certificate by their number and degree only."""

MAX_DIGITS = 1000
"""Largest precision that a certificate may ask for."""


@dataclass(frozen=True, slots=True)
class ArtifactCheck:
    """Outcome of `check_artifact`: ``problems`` is empty if everything holds.

    ``method`` is how the program was compared with its source. ``noise`` is the momentum variance that the resource
    states add, which the equivalence leaves out, and ``claims`` what else it holds up to.
    """

    equivalence: Equivalence
    problems: tuple[str, ...]
    noise: float
    method: str
    claims: tuple[str, ...]


def write_artifact(folder: Path, program: CompiledProgram, extra: dict[str, str] | None = None) -> tuple[Path, ...]:
    """Write a compiled program (and ``extra`` exports by file name) to a folder; returns the paths written.

    Files of an earlier program in the same folder that this one does not have are deleted.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    certified = {
        "source.json": circuit_text(program.source),
        "program.json": circuit_text(program.circuit),
        "profile.json": json_text(program.profile.model_dump(mode="json")),
    }
    if program.layout is not None:
        certified[program.layout.file] = program.layout.text
    contents = {
        **certified,
        "resources.json": json_text(program.resources.to_json()),
        **(extra or {}),
        "certificate.json": json_text(certificate(program, certified | (extra or {}))),
    }
    require_writable(*(folder / name for name in {*contents, *OPTIONAL_FILES}))
    for name, text in contents.items():
        write_text(folder / name, text)
    for stale in OPTIONAL_FILES - set(contents):
        (folder / stale).unlink(missing_ok=True)
    return tuple(folder / name for name in contents)


def certificate(program: CompiledProgram, certified: dict[str, str]) -> dict[str, Any]:
    """What was proved of a program, and how; bound by SHA-256 to the texts of source, program, profile and exports."""
    verdict = program.verification
    body = {
        "format": CERTIFICATE_FORMAT,
        "version": CERTIFICATE_VERSION,
        "sha256": {name: _digest(text) for name, text in certified.items()},
        "profile": program.profile.name,
        "source": _source_summary(program.source),
        "passes": [asdict(record) for record in program.passes],
        "strategies": [row.to_json() for row in program.strategies],
        "method": program.method,
        "precision": verdict.precision,
        "ideal_resources": verdict.resources,
        "points": verdict.points,
        "tolerance": verdict.tolerance,
        "residual": verdict.residual,
        "equivalent": verdict.equivalent,
    }
    return {**body, "digest": _digest(json_text(body))}


def _source_summary(source: Circuit) -> dict[str, Any]:
    """The phase polynomials that were to be realised, in order of time."""
    phases = [op.polynomial for op in source.operations if isinstance(op, PolynomialPhase)]
    monomials = sum(len(f.terms) for f in phases)
    out: dict[str, Any] = {
        "modes": source.modes,
        "phases": len(phases),
        "monomials": monomials,
        "degree": max((f.degree for f in phases), default=0),
    }
    if monomials <= SHOWN_MONOMIALS:
        out["polynomials"] = [polynomial_to_json(f) for f in phases]
    return out


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
    texts = {name: read_text(folder / f"{name}.json") for name in ("source", "program", "profile")}
    source_text = texts["source"]
    source = circuit_from_json(parse_json(source_text, str(folder / "source.json")), str(folder / "source.json"))
    where = folder / "certificate.json"
    claimed = require_format(read_json(where), CERTIFICATE_FORMAT, CERTIFICATE_VERSION, str(where))
    machine = machine_of(profile)
    # fresh points, so that a program made to agree at the certificate's points does not pass
    seed = int(_digest("".join(texts.values()))[:12], 16)
    try:
        verdict = machine.compare(source, circuit, seed=seed, digits=_digits(claimed.get("precision"), str(where)))
    except CircuitError as error:
        verdict = Equivalence(False, float("inf"), machine.tolerance, 0, str(error))
    problems = [] if verdict.equivalent else [f"program.json is not equivalent to source.json: {verdict.reason}"]
    expected = source.ancillas + tuple(range(source.modes, circuit.modes))
    if circuit.ancillas != expected:
        problems.append(
            f"ancillas are {list(circuit.ancillas)} in program.json, and must be those of source.json and all further "
            f"modes, {list(expected)}"
        )
    bound = claimed.get("sha256")
    if not isinstance(bound, dict):
        raise InputError(f'{where}: "sha256" must be an object of digests by file name')
    found = {f"{name}.json": text for name, text in texts.items()}
    found |= {name: read_text(folder / name) for name in sorted(OPTIONAL_FILES) if (folder / name).exists()}
    for name in sorted(bound.keys() | found.keys()):
        if name not in found or bound.get(name) != _digest(found[name]):
            problems.append(f"certificate.json is not about this {name} (SHA-256 differs, or one of them is missing)")
    problems += _wrong_claims(claimed, profile)
    if claimed.get("digest") != _digest(json_text({key: value for key, value in claimed.items() if key != "digest"})):
        problems.append("certificate.json was changed: its own digest differs")
    if circuit.symbols:
        problems.append(f"program.json has symbols without values: {list(circuit.symbols)}")
    if claimed.get("source") != _source_summary(source):
        problems.append("certificate.json: 'source' does not describe source.json")
    resource_states = claimed.get("ideal_resources")
    if verdict.equivalent and (resource_states != verdict.resources or isinstance(resource_states, bool)):
        found_text = f"found {claimed.get('ideal_resources')!r}"
        problems.append(f"certificate.json: 'ideal_resources' must be {verdict.resources}, {found_text}")
    problems += _changed_profile(profile)
    own = machine.layout_file(profile)
    layout = None if own is None else found.get(own)
    if own is not None and layout is None:
        problems.append(f"{own} is missing: programs for {profile.name} have it")
    strange = [name for name in LAYOUT_FILES if name in found and name != own]
    problems += [f"{name} does not belong to a program for {profile.name}" for name in strange]
    problems += export_problems(found, Given(source, circuit, profile, layout))
    costs = resources(circuit).to_json()
    if read_json(folder / "resources.json") != costs:
        problems.append("resources.json does not hold the costs of program.json")
    problems += [
        f"program.json does not fit {profile.name}: {r.operation}: {r.reason}"
        for r in (machine.misfits(circuit, profile, layout) if own is None or layout is not None else ())
    ]
    claims = () if problems else machine.claims(circuit, profile, layout)
    return ArtifactCheck(verdict, tuple(problems), costs["teleportation_noise"], machine.method, claims)


def _wrong_claims(claimed: dict[str, Any], profile: Profile) -> list[str]:
    """What a certificate must say; its list of passes is a record of what was done, and proves nothing."""
    machine = machine_of(profile)
    strange = sorted(claimed.keys() - CLAIMS)
    passes = claimed.get("passes")
    listed = isinstance(passes, list) and passes and all(isinstance(p, dict) and "promise" in p for p in passes)
    wrong = [] if listed else ["certificate.json: the list of passes and promises is missing"]
    wrong += [f"certificate.json: there is no claim {key!r}" for key in strange]
    for key, expected in (
        ("profile", profile.name),
        ("method", machine.method),
        ("equivalent", True),
    ):
        if claimed.get(key) != expected or type(claimed.get(key)) is not type(expected):
            wrong.append(f"certificate.json: {key!r} must be {expected!r}, found {claimed.get(key)!r}")
    residual, tolerance, points = (
        number(claimed.get(key), f"certificate.json: {key!r}") for key in ("residual", "tolerance", "points")
    )
    if not 0.0 <= residual <= tolerance <= machine.tolerance or points < 1:
        wrong.append(
            f"certificate.json: needs residual <= tolerance <= {machine.tolerance:g} at >= 1 points, "
            f"found {residual:g}, {tolerance:g}, {points:g}"
        )
    return wrong


def _changed_profile(profile: Profile) -> list[str]:
    if profile.name not in profile_names():
        return []
    shipped = load_profile(profile.name)
    if shipped == profile:
        return []
    version = f"of version {profile.version}" + (
        "" if shipped.version == profile.version else f" (this release ships {shipped.version})"
    )
    return [f"profile.json {version} is not the shipped {profile.name}; compile again, or give it another name"]


def _digits(precision: object, where: str) -> int | None:
    if precision == "float64":
        return None
    found = re.fullmatch(r"mpmath, ([1-9][0-9]{1,3}) digits", str(precision))
    if found is None or not 15 <= int(found[1]) <= MAX_DIGITS:
        raise InputError(
            f'{where}: "precision" must be "float64" or "mpmath, N digits" with N in 15..{MAX_DIGITS}, '
            f"found {precision!r}"
        )
    return int(found[1])


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
