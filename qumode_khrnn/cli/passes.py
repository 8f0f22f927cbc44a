"""``khrnn passes``, and what ``khrnn compile --passes`` does: passes alone, their circuits before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qumode_khrnn.cli.common import Json, say_notes, say_remarks, show

if TYPE_CHECKING:
    from compiler.ir.circuit import Circuit
    from compiler.ir.operations import Operation
    from compiler.passes.run import PassRun

SHOWN_OPERATIONS = 60
"""Operations of a circuit that are listed; ``--json`` has all of them."""


def passes_command(as_json: Json = False) -> None:
    """List the passes of the compiler: what each does, what it guarantees, and its options.

    Example: khrnn passes
    """
    from compiler.passes.registry import PASSES, options_of, summary_of

    data: list[dict[str, Any]] = []
    lines: list[str] = []
    for name, kind in PASSES.items():
        options = options_of(kind)
        data.append(
            {
                "name": name,
                "summary": summary_of(kind),
                "guarantee": _guarantee(kind),
                "options": [asdict(option) for option in options],
            }
        )
        lines += [name, f"  {summary_of(kind)}", f"  guarantee: {_guarantee(kind)}"]
        lines += [f"  option {option.name} = {option.default}  ({option.kind})" for option in options]
    show({"passes": data}, as_json, lines)


def _guarantee(kind: Any) -> str:
    text: str = kind().guarantee.value
    return text


def show_passes(
    runs: Sequence[PassRun],
    out: Path | None,
    as_json: bool,
    notes: Sequence[str] = (),
    remarks: Sequence[str] = (),
    *,
    force: bool = False,
) -> bool:
    """Print every pass with its circuits, write the last one where asked; returns whether all guarantees hold."""
    from compiler.files import read_text, write_text
    from compiler.ir.serialize import circuit_text, circuit_to_json
    from qumode_khrnn.jobs.output import require_replaceable

    last = runs[-1].result.circuit
    lines = ["before:", *circuit_lines(runs[0].before)]
    for run in runs:
        lines += [f"after {run.step.name} ({run.result.report}; {_verdict(run)}):", *circuit_lines(run.result.circuit)]
    data = {
        "before": circuit_to_json(runs[0].before),
        "passes": [
            {
                "name": run.step.name,
                "guarantee": run.step.guarantee.value,
                "report": run.result.report,
                "holds": None if run.verdict is None else run.verdict.equivalent,
                "residual": None if run.verdict is None else run.verdict.residual,
                "after": circuit_to_json(run.result.circuit),
            }
            for run in runs
        ],
        "notes": list(notes),
        "remarks": list(remarks),
    }
    if out is not None:
        text, path = circuit_text(last), out / "program.json"
        require_replaceable(path, force=force, same=path.is_file() and read_text(path) == text)
        write_text(path, text)
        lines.append(f"written to {out / 'program.json'}, which khrnn compile reads")
    say_notes(notes)
    say_remarks(remarks)
    show(data, as_json, lines)
    return all(run.holds for run in runs)


def _verdict(run: PassRun) -> str:
    if run.verdict is None:
        return f"not compared: {run.unchecked}"
    if run.verdict.equivalent:
        return f"{run.step.guarantee.value}: holds, residual {run.verdict.residual:.1e}"
    return f"GUARANTEE BROKEN ({run.step.guarantee.value}): {run.verdict.reason}"


def circuit_lines(circuit: Circuit) -> list[str]:
    """List the operations of a circuit, one per line, under a line that counts its modes and operations."""
    ancillas = f", ancillas {', '.join(map(str, circuit.ancillas))}" if circuit.ancillas else ""
    count = len(circuit.operations)
    lines = [f"  {circuit.modes} modes{ancillas}, {count} operation{'s' * (count != 1)}"]
    lines += [f"  {i:4}  {_operation(op)}" for i, op in enumerate(circuit.operations[:SHOWN_OPERATIONS])]
    if count > SHOWN_OPERATIONS:
        lines.append(f"  and {count - SHOWN_OPERATIONS} more (--json lists all)")
    return lines


def _operation(op: Operation) -> str:
    from compiler.ir.polynomial import Polynomial

    def text(value: object) -> str:
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, Polynomial):
            return repr(value).removeprefix("Polynomial(").removesuffix(")")
        return "matrix" if isinstance(value, tuple) else str(value)

    values = ", ".join(f"{name}={text(value)}" for name, value in op.parameters().items())
    return f"{type(op).__name__:16} {', '.join(map(str, op.modes)):10} {values}".rstrip()
