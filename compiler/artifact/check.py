"""Check a compiled program from its files alone.

The check reads source, program and profile again, and takes nothing from the certificate but the precision to use. Each
function checks one claim and returns the problems that it finds.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.artifact.certificate import CLAIMS, FORMAT, VERSION, digest, digits_of, own_digest, source_summary
from compiler.artifact.folder import CERTIFICATE, RESOURCES, optional_files
from compiler.costs.multiplexing import multiplexing
from compiler.costs.resources import resources
from compiler.errors import CircuitError, InputError
from compiler.exports.table import ExportInput, check_exports
from compiler.files import MAX_JSON_BYTES, number, parse_json, read_bytes, read_json, read_text, require_format
from compiler.files.folders import settle
from compiler.ir.circuit import Circuit
from compiler.ir.serialize import circuit_from_json
from compiler.machines import Machine, machine_of
from compiler.machines.layout import LAYOUT_FILES
from compiler.semantics.equivalence import Equivalence
from compiler.synthesis.options import synthesis_summary
from hardware_profiles import Profile, earlier_versions, load_profile, profile_from_data, profile_names

CERTIFIED = ("source.json", "program.json", "profile.json")
"""Files that every program has and every certificate is about."""


@dataclass(frozen=True, slots=True)
class ArtifactCheck:
    """Outcome of `check_artifact`: ``problems`` is empty if all claims hold.

    ``method`` tells how the program was compared with its source. ``noise`` is the momentum variance that the resource
    states add; the equivalence does not include it. ``caveats`` lists the other limits of the equivalence.
    """

    equivalence: Equivalence
    problems: tuple[str, ...]
    noise: float
    method: str
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Folder:
    """The content of a folder: texts of the files by name, the objects that they hold, and the certificate's claims."""

    path: Path
    texts: dict[str, str]
    source: Circuit
    circuit: Circuit
    profile: Profile
    machine: Machine
    claimed: dict[str, Any]

    @property
    def layout(self) -> str | None:
        """Text of the layout file that programs for the profile have; None if there is no such file."""
        own = self.machine.layout_file(self.profile)
        return None if own is None else self.texts.get(own)


def check_artifact(folder: Path) -> ArtifactCheck:
    """Check that the program in a folder equals its source, fits its profile, and is the one that was certified.

    Raises
    ------
    InputError
        If a file is missing, broken, or of another version.
    """
    found = _read(folder)
    verdict = _compared(found)
    signed = {name: text for name, text in found.texts.items() if _is_signed(found, name)}
    exports = check_exports(signed, ExportInput(found.source, found.circuit, found.profile, found.layout))
    problems = [
        *_equivalence_problems(verdict),
        *_ancilla_problems(found),
        *_digest_problems(found),
        *_claim_problems(found),
        *_symbol_problems(found),
        *_source_problems(found),
        *_resource_state_problems(found, verdict),
        *_profile_problems(found.profile),
        *_layout_problems(found),
        *exports.problems,
        *_cost_problems(found),
        *_device_problems(found),
    ]
    caveats: tuple[str, ...] = ()
    if not problems:
        caveats = (
            *found.machine.caveats(found.circuit, found.profile, found.layout),
            *_resaved_files(found),
            *exports.unread,
        )
    noise = resources(found.circuit).teleportation_noise
    return ArtifactCheck(verdict, tuple(problems), noise, found.machine.method, caveats)


def _read(folder: Path) -> _Folder:
    """Read the files, and read them again if another process replaced them meanwhile."""
    if not folder.is_dir():
        raise InputError(f"{folder} must be a folder written by khrnn compile, found none")
    settle(folder)
    before = read_bytes(folder / CERTIFICATE)
    found = _read_once(folder)
    if read_bytes(folder / CERTIFICATE) == before:
        return found
    settle(folder)
    return _read_once(folder)


def _read_once(folder: Path) -> _Folder:
    where = folder / CERTIFICATE
    texts = {name: read_text(folder / name, most=MAX_JSON_BYTES) for name in CERTIFIED}
    data = {name: parse_json(text, str(folder / name)) for name, text in texts.items()}
    circuit = circuit_from_json(data["program.json"], str(folder / "program.json"))
    profile = profile_from_data(data["profile.json"], str(folder / "profile.json"))
    source = circuit_from_json(data["source.json"], str(folder / "source.json"))
    claimed = require_format(read_json(where), FORMAT, VERSION, str(where))
    if not isinstance(claimed.get("sha256"), dict):
        raise InputError(f'{where}: "sha256" must be an object of digests by file name')
    there = sorted(name for name in optional_files(profile) if (folder / name).exists())
    there += [RESOURCES] if RESOURCES in claimed["sha256"] else []  # folders of version 0.10 do not sign it
    texts |= {name: read_text(folder / name, most=MAX_JSON_BYTES) for name in there}
    return _Folder(folder, texts, source, circuit, profile, machine_of(profile), claimed)


def _compared(found: _Folder) -> Equivalence:
    # fresh points, so that a program made to agree at the certificate's points does not pass
    seed = int(digest("".join(found.texts[name] for name in CERTIFIED))[:12], 16)
    digits = digits_of(found.claimed.get("precision"), str(found.path / "certificate.json"))
    try:
        return found.machine.compare(found.source, found.circuit, seed=seed, digits=digits)
    except CircuitError as error:
        return Equivalence(False, float("inf"), found.machine.tolerance, 0, str(error))


def _equivalence_problems(verdict: Equivalence) -> Iterator[str]:
    if not verdict.equivalent:
        yield f"program.json is not equivalent to source.json: {verdict.reason}"


def _ancilla_problems(found: _Folder) -> Iterator[str]:
    expected = found.source.ancillas + tuple(range(found.source.modes, found.circuit.modes))
    if found.circuit.ancillas != expected:
        yield (
            "program.json: the ancillas must be those of source.json and all modes that source.json does not have, "
            f"{list(expected)}, found {list(found.circuit.ancillas)}"
        )


def _digest_problems(found: _Folder) -> Iterator[str]:
    for name in sorted(found.claimed["sha256"].keys() | found.texts.keys()):
        if not _is_signed(found, name):
            yield f"certificate.json does not certify this {name} (the SHA-256 differs, or one of the two is missing)"


def _is_signed(found: _Folder, name: str) -> bool:
    """Tell whether a file is the one that the certificate certifies; an export is read as a program only then."""
    return name in found.texts and found.claimed["sha256"].get(name) == digest(found.texts[name])


def _resaved_files(found: _Folder) -> Iterator[str]:
    """Name the files that have the certified text, but other bytes because another program saved them again."""
    for name in (*found.texts, CERTIFICATE):
        content = read_bytes(found.path / name)
        ways = [
            *(["a byte-order mark (BOM)"] if content.startswith(BOM_UTF8) else []),
            *(["Windows line ends (CRLF)"] if b"\r\n" in content else []),
        ]
        if ways:
            yield (
                f"{name} was saved again with {' and '.join(ways)}: its text is certified, but its bytes do not have "
                "the SHA-256 of the certificate"
            )


def _claim_problems(found: _Folder) -> Iterator[str]:
    """Check the entries that a certificate must have; its list of passes is a record only and proves nothing."""
    claimed, machine = found.claimed, found.machine
    passes = claimed.get("passes")
    if not (isinstance(passes, list) and passes and all(isinstance(p, dict) and "promise" in p for p in passes)):
        yield "certificate.json: the list of passes and promises is missing"
    for key in sorted(claimed.keys() - CLAIMS):
        yield f"certificate.json: {key!r} is not an entry of certificates"
    for key, expected in (("profile", found.profile.name), ("method", machine.method), ("equivalent", True)):
        if claimed.get(key) != expected or type(claimed.get(key)) is not type(expected):
            yield f"certificate.json: {key!r} must be {expected!r}, found {claimed.get(key)!r}"
    residual, tolerance, points = (
        number(claimed.get(key), f"certificate.json: {key!r}") for key in ("residual", "tolerance", "points")
    )
    if not 0.0 <= residual <= tolerance <= machine.tolerance or points < 1:
        yield (
            f"certificate.json: must have residual <= tolerance <= {machine.tolerance:g} and points >= 1, "
            f"found {residual:g}, {tolerance:g} and {points:g}"
        )
    if claimed.get("digest") != own_digest(claimed):
        yield "certificate.json was changed: its own digest differs"


def _symbol_problems(found: _Folder) -> Iterator[str]:
    if found.circuit.symbols:
        yield f"program.json has symbols without values: {list(found.circuit.symbols)}"


def _source_problems(found: _Folder) -> Iterator[str]:
    if found.claimed.get("source") != source_summary(found.source):
        yield "certificate.json: 'source' does not describe source.json"


def _resource_state_problems(found: _Folder, verdict: Equivalence) -> Iterator[str]:
    states = found.claimed.get("ideal_resources")
    if verdict.equivalent and (states != verdict.resources or isinstance(states, bool)):
        yield f"certificate.json: 'ideal_resources' must be {verdict.resources}, found {states!r}"


def _profile_problems(profile: Profile) -> Iterator[str]:
    if profile.name not in profile_names():
        return
    shipped = load_profile(profile.name)
    known = [shipped, *earlier_versions(profile.name)]
    if profile.without_prose() not in [one.without_prose() for one in known]:
        other = "" if shipped.version == profile.version else f" (this release ships {shipped.version})"
        yield (
            f"profile.json of version {profile.version}{other} differs from the shipped profile {profile.name}; "
            "compile again, or give the profile another name"
        )


def _layout_problems(found: _Folder) -> Iterator[str]:
    own = found.machine.layout_file(found.profile)
    if own is not None and own not in found.texts:
        yield f"{own} is missing: programs for {found.profile.name} have it"
    for name in LAYOUT_FILES:
        if name in found.texts and name != own:
            yield f"{name} does not belong to a program for {found.profile.name}"


def _cost_problems(found: _Folder) -> Iterator[str]:
    costs = read_json(found.path / RESOURCES)
    summary = costs.pop("synthesis", None) if isinstance(costs, dict) else None
    heralding = costs.pop("heralding", None) if isinstance(costs, dict) else None
    if costs != resources(found.circuit).to_json():
        yield "resources.json does not state the costs of program.json"
    if heralding is not None and heralding != [row.to_json() for row in multiplexing(found.circuit, found.profile)]:
        yield "resources.json does not state the sources that the heralded states of program.json need"
    if summary is not None and summary != _summary(found.claimed):
        yield "resources.json does not summarise the strategies of certificate.json"


def _summary(claimed: Any) -> dict[str, Any] | None:
    """Return the summary of a certificate's strategies; None if they are not the rows of a table."""
    try:
        return synthesis_summary(claimed["strategies"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _device_problems(found: _Folder) -> Iterator[str]:
    if found.machine.layout_file(found.profile) is None or found.layout is not None:
        for reason in found.machine.check_native(found.circuit, found.profile, found.layout):
            yield f"program.json does not fit {found.profile.name}: {reason.operation}: {reason.reason}"
