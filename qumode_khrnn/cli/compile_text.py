"""What ``khrnn compile`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compiler.errors import NotMappableError
from compiler.exports.table import Exported
from compiler.pipeline import CompiledProgram
from compiler.synthesis.form import fewest_layers
from compiler.synthesis.options import LAYERS, synthesis_summary

MAX_COMPONENTS = 6
"""Connected components whose strategies are listed; the rest are in ``certificate.json``."""

MAX_LABELS = 12
"""Labels of modes that are printed; ``--json`` has all of them."""


def source_lines(form: str, labels: Sequence[str]) -> list[str]:
    """Say how a hypergraph's file was read, and which node became which mode.

    >>> source_lines("HIF", ("alice", "bob"))
    ['read as HIF', 'modes: 0 = alice, 1 = bob']
    """
    lines = [f"read as {form}"] if form else []
    if labels:
        shown = ", ".join(f"{mode} = {label}" for mode, label in enumerate(labels[:MAX_LABELS]))
        more = f", and {len(labels) - MAX_LABELS} more (--json lists all)" if len(labels) > MAX_LABELS else ""
        lines.append(f"modes: {shown}{more}")
    return lines


def compile_lines(
    program: CompiledProgram, edges: int | None, squeezing: float | None, folder: Path, files: list[Exported]
) -> list[str]:
    """What was compiled, what each strategy reached, what it costs, how it was proved, and what was written.

    ``edges`` and ``squeezing`` are None for sources that are programs.
    """
    costs, modes = program.resources, len(program.circuit.latent)
    count, what = (len(program.source.operations), "operation") if edges is None else (edges, "edge")
    return [
        f"{count} {what}{'s' * (count != 1)} on {modes} mode{'s' * (modes != 1)} for {program.profile.name}"
        + ("" if squeezing is None else f", squeezing r = {squeezing:.6g}"),
        *_strategy_lines(program),
        *_trade_off_lines(program),
        *(f"  {name:18} {count}" for name, count in costs.counts.items()),
        f"depth {costs.depth}, non-Gaussian depth {costs.non_gaussian_depth}, "
        f"total cubic strength {costs.total_cubic_strength:.6g}",
        *(() if program.layout is not None and "duration_s" in program.layout.summary else (_path_line(program),)),
        *(() if program.layout is None else program.layout.lines),
        *(states.line() for states in program.heralding),
        f"verified by {program.method}: residual {program.verification.residual:.1e} at {program.verification.points} "
        f"points ({program.verification.precision})"
        + resource_note(program.verification.resources, costs.teleportation_noise),
        *unverified_lines(program.unverified),
        *(f"  {file.name:18} {file.file:18} {file.outcome}" for file in files),
        f"written to {folder}",
    ]


def _strategy_lines(program: CompiledProgram) -> list[str]:
    """A table of what the strategies reached, one component after another."""
    parts: dict[tuple[int, ...], list[str]] = {}
    bounds: dict[tuple[int, ...], int] = {}
    for row in program.strategies:
        depth = "-" if row.depth is None else str(row.depth)
        reached = (
            "nothing within the effort and the strength cap"
            if row.cubics is None or row.strength is None
            else f"{row.cubics:6} cubic gates   depth {depth:>5}   strength {row.strength:.6g}"
        ) + ("   FAILED ITS PROOF, not used" if row.failed else "")
        lines_of = parts.setdefault(row.modes, [])
        lines_of.append(f"  {'*' if row.chosen else ' '} {row.strategy:44} {reached}")
        if row.strategy.startswith(LAYERS):
            bounds[row.modes] = fewest_layers(len(row.modes))
    lines: list[str] = []
    for modes, rows in list(parts.items())[:MAX_COMPONENTS]:
        shown = ", ".join(map(str, modes[:12])) + (", .." if len(modes) > 12 else "")
        lines += [f"strategies on modes {shown} (* chosen)", *rows]
        if modes in bounds:
            lines.append(
                f"    counting bound: a generic form on {len(modes)} modes needs {bounds[modes]} layers or more"
            )
    if len(parts) > MAX_COMPONENTS:
        lines.append(f"and {len(parts) - MAX_COMPONENTS} more components, see certificate.json")
    return lines


def _trade_off_lines(program: CompiledProgram) -> list[str]:
    """Cubic gates against strength, where plans differ: more gates than the fewest may be weaker."""
    shown = synthesis_summary([row.to_json() for row in program.strategies])["trade_off"]
    lines = []
    for part in shown[:MAX_COMPONENTS]:
        points = ", ".join(f"{p['cubics']} of total strength {p['strength']:.6g}" for p in part["points"])
        where = "" if len(shown) == 1 else f" on {len(part['modes'])} modes from mode {part['modes'][0]} on"
        lines.append(f"cubic gates against strength{where}: {points} (--optimize strength aims for the least)")
    return lines


def _path_line(program: CompiledProgram) -> str:
    path = program.schedule.summary(program.circuit)
    names = ", ".join(f"{count} {name}" for name, count in path["counts"].items())
    time = f"{path['duration_s']:.6g} s" if path["duration_s"] is not None else "the profile gives no durations"
    if path["untimed"] and len(path["untimed"]) < len(program.resources.counts):
        time = f"at least {program.schedule.duration_s:.6g} s; no duration for {', '.join(path['untimed'])}"
    return f"critical path: {path['operations']} operations ({names or 'none'}); {time}"


def resource_note(states: int, noise: float) -> str:
    """Say what a proof with ideal resource states leaves out; empty without such states.

    >>> resource_note(2, 0.5)
    ', up to the noise of 2 resource states, of which cubic ones add momentum variance 0.5 in all'
    """
    if not states:
        return ""
    known = f", of which cubic ones add momentum variance {noise:.6g} in all" if noise else " (khrnn budget: how much)"
    return f", up to the noise of {states} resource state{'s' * (states > 1)}{known}"


def unverified_lines(paths: Sequence[str]) -> list[str]:
    """The line that lists numbers of a profile that are not verified; no line where all are verified."""
    return [f"unverified numbers of the profile (recalled or second-hand): {', '.join(paths)}"] if paths else []


def not_mappable(error: NotMappableError) -> dict[str, Any]:
    """A refusal as plain data: the profile and every reason."""
    return {"mappable": False, "profile": error.profile, "reasons": [asdict(reason) for reason in error.reasons]}
