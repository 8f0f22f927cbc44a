"""Write a page in Markdown about a profile, from its data: what the device does, and where every number is from."""

from __future__ import annotations

from collections.abc import Sequence

from hardware_profiles.quantity import UNVERIFIED
from hardware_profiles.schema import OperationSpec, Profile, Topology

MARKS = {
    "F": "read in the cited text",
    "F2": "from a secondary source: **unverified**",
    "T": "public test fixture: plausible, not a calibration",
    "D": "derived from other numbers or by definition",
    "R": "recalled: **unverified**, check before quoting",
    "A": "assumed: for a hypothetical device, or set by the user",
}


def profile_page(profile: Profile) -> str:
    """Return the page about a profile, as Markdown.

    >>> from hardware_profiles import load_profile
    >>> profile_page(load_profile("ideal-cubic")).splitlines()[0]
    '# ideal-cubic'
    """
    numbers = profile.quantities()
    doubtful = sum(q.mark in UNVERIFIED for q in numbers.values())
    lines = [
        f"# {profile.name}",
        "",
        f"Family {profile.family}, status {profile.status}, version {profile.version}. Generated from the profile by "
        f"`khrnn profiles page`; do not edit.",
        "",
        profile.description,
        "",
        f"{len(numbers)} numbers, {doubtful} of them unverified." if numbers else "No numbers.",
        "",
        "## Modes",
        "",
        *_topology(profile.topology),
        *(f"- {spins.count.value:g} spin(s). {spins.note}".rstrip() for spins in [profile.spins] if spins),
        "",
        "## Operations",
        "",
        *_operations(profile.operations),
    ]
    if profile.primitives:
        lines += ["", "## Primitives of the machine", "", *_operations(profile.primitives)]
    if profile.measurement:
        lines += ["", "## Measurement", ""]
        for kind, readout in profile.measurement.items():
            steer = "steers later operations" if readout.feed_forward else "no feed-forward"
            lines.append(f"- {kind}: {steer}. {readout.note}".rstrip())
    if numbers:
        rows = [
            (f"`{path}`", f"{q.value:.10g}", _mark(q.label), q.source, q.date.isoformat())
            for path, q in numbers.items()
        ]
        lines += ["", "## Numbers", "", *_table(("number", "value", "mark", "source", "date"), rows)]
        used = {q.mark.value for q in numbers.values()}
        lines += ["", "Marks: " + "; ".join(f"{mark}, {text}" for mark, text in MARKS.items() if mark in used) + "."]
    return "\n".join(lines) + "\n"


def _topology(topology: Topology) -> list[str]:
    detail = ""
    if topology.kind == "pairs":
        detail = ": " + ", ".join(f"{a}-{b}" for a, b in topology.pairs)
    elif topology.kind == "loops":
        detail = " of " + ", ".join(f"{loop.delay_bins.value:g}" for loop in topology.loops) + " time bins"
    elif topology.local_macronodes is not None:
        detail = f" with N = {topology.local_macronodes.value:g}"
    most = "no limit stated" if topology.max_modes is None else f"at most {topology.max_modes.value:g} modes"
    lines = [f"- {topology.kind}{detail}; {most}. {topology.note}".rstrip()]
    if topology.mode_names:
        lines.append(f"- Modes in order: {', '.join(topology.mode_names)}")
    return lines


def _operations(specs: dict[str, OperationSpec]) -> list[str]:
    rows = []
    for name, spec in specs.items():
        limits = [allowed.text(key) for key, allowed in spec.ranges.items()]
        limits += [f"orders {', '.join(map(str, spec.orders))}"] if spec.orders else []
        limits += [f"modes {', '.join(map(str, spec.modes))}"] if spec.modes else []
        limits += [f"pairs {', '.join(f'{a}-{b}' for a, b in spec.pairs)}"] if spec.pairs else []
        limits += [f"spins {', '.join(map(str, spec.spins))}"] if spec.spins else []
        limits += [f"at most {spec.max_per_mode.value:g} per mode"] if spec.max_per_mode is not None else []
        limits += ["needs a calibration table"] if spec.needs_calibration else []
        rows.append((name, spec.availability.value, ", ".join(spec.by), "; ".join(limits), spec.note))
    return _table(("operation", "availability", "by", "limits", "note"), rows)


def _mark(label: str) -> str:
    return label.replace("unverified", "**unverified**")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    def row(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [row(head), row(tuple("---" for _ in head)), *map(row, rows)]
