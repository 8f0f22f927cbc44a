"""What the commands on simulation print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compiler.costs.logical_loss import LossPerMode
from qumode_khrnn.cli.compile_text import unverified_lines
from simulations.programs.budget import Budget
from simulations.programs.cross_validation import CrossValidation


def simulate_lines(sampled: dict[str, Any]) -> list[str]:
    """The moments of a sample, beside the exact ones where they have a closed form."""
    table = [*sampled["readouts"], *sampled["nullifiers"]]
    if not table:
        return ["the program has no readouts"]
    lines = [f"{'readout':10} {'mean':>12} {'variance':>12} {'stderr':>10} {'exact mean':>12} {'exact variance':>15}"]
    for r in table:
        mean, *spread = (_number(r[key]) for key in ("mean", "variance", "stderr"))
        if sampled["shots"] == 1:
            spread = ["-", "-"]
        exact = [_number(r[key]) if key in r else "-" for key in ("exact_mean", "exact_variance")]
        lines.append(f"{r['name']:10} {mean:>12} {spread[0]:>12} {spread[1]:>10} {exact[0]:>12} {exact[1]:>15}")
    lines += _bit_lines(sampled.get("probabilities", []), sampled.get("strings", []))
    if sampled.get("bits"):
        lines.append(_spin_line(sampled))
    if flips := sampled.get("flips"):
        shown = ", ".join(f"{q:g}" for q in sorted(set(flips.values())))
        lines.append(f"a bit is read wrong with probability {shown}, which is in the shares and exact values above")
    lines += unverified_lines(sampled.get("unverified", []))
    return [*lines, _time(sampled)]


def _spin_line(sampled: dict[str, Any]) -> str:
    """What the bits of a spin are about."""
    displacements = set(sampled.get("displacements", ()))
    about = ["displacements D with P(+1) = (1 + Re <D>) / 2"] if displacements else []
    if any(row["name"] not in displacements for row in sampled["readouts"]):
        about.append("quadratures q with P(+1) = (1 + cos(kappa q)) / 2, kappa in ions.json")
    return f"readouts are bits of a spin, +1 or -1: of {', and of '.join(about)}"


def _bit_lines(rows: list[dict[str, Any]], strings: list[dict[str, Any]]) -> list[str]:
    """Probabilities of bits, and of strings of bits where there are few."""
    lines = []
    if rows:
        lines.append(f"{'bit':10} {'P(+1)':>12} {'95 % interval':>23} {'exact':>12}")
    for row in rows:
        share = f"{row['p_plus']:.6f}" if "p_plus" in row else "-"
        edges = f"{row['p_low']:.6f} to {row['p_high']:.6f}" if "p_low" in row else "-"
        exact = f"{row['exact_p_plus']:.6f}" if "exact_p_plus" in row else "-"
        lines.append(f"{row['name']:10} {share:>12} {edges:>23} {exact:>12}")
    if strings:
        lines.append(f"{'string':10} {'share':>12} {'':>23} {'exact':>12}")
    for row in strings:
        share, exact = (f"{row[key]:.6f}" if key in row else "-" for key in ("share", "exact"))
        lines.append(f"{row['bits']:10} {share:>12} {'':>23} {exact:>12}")
    return lines


def _time(sampled: dict[str, Any]) -> str:
    if sampled["shots"] == 0:
        return f"closed form in {sampled['seconds']:.2f} s"
    known = "" if sampled["accuracy"] is None else f"; {sampled['accuracy']}"
    return f"{sampled['shots']} shots on {sampled['backend']} in {sampled['seconds']:.2f} s{known}"


def backends_lines(table: dict[str, dict[str, Any]]) -> list[str]:
    """Say what each back end is for, whether its package is absent, its error, and what it does not run."""
    lines = []
    for name, row in table.items():
        lines += [f"{name}: {row['for']}", *([f"  {row['absent']}"] if row["absent"] else ())]
        lines.append(f"  error: {row['error']}")
        lines += [f"  not {operation}: {why}" for operation, why in row["unable"].items()]
    return lines


def budget_lines(budgets: Sequence[Budget], unverified: Sequence[str] = ()) -> list[str]:
    """One block an answer, causes by size; then what of the profile is not verified."""
    lines = []
    for one in budgets:
        lines.append(f"{one.answer}: variance {one.variance:.6g}")
        rows = sorted(one.shares.items(), key=lambda item: -item[1])
        rows += [("the ideal answer's own spread", one.own), ("interplay of causes", one.interplay)]
        if one.truncation is not None:
            rows.append(("(the Fock cutoff would add)", one.truncation))
        for cause, share in rows:
            percent = round(100.0 * share / one.variance, 1) + 0.0
            lines.append(f"  {cause:36} {_number(share):>12}  {percent:6.1f} %")
    if any(share < -1e-9 * one.variance for one in budgets for share in one.shares.values()):
        lines.append(
            "(a share below 0: loss also makes the answer smaller, so without it the variance would be larger)"
        )
    return [*lines, *unverified_lines(unverified)] if lines else ["the program has no readouts"]


MOST_IMPROVEMENTS = 3
"""Numbers of a device that are listed as worth improving; ``--json`` has all of them."""


def improvement_lines(rows: Sequence[Mapping[str, Any]], answers: int) -> list[str]:
    """Say which numbers of the device to improve, the most rewarding first; nothing where no loss or noise acts.

    >>> row = {"number": "operations.Homodyne.loss_db", "component": "loss of Homodyne", "value": 0.2}
    >>> for line in improvement_lines([row | {"improved": 0.1, "gain": 0.125}], 1):
    ...     print(line)
    what to improve: halving one loss in dB or one noise lowers the variance by
      loss of Homodyne                       0.2 -> 0.1 dB              12.5 %
    """
    useful = [row for row in rows if row["gain"] > 0.0]
    if not useful:
        return ["no loss or noise of the profile, halved by itself, lowers the variance"] if rows else []
    whose = f"variances (mean of {answers})" if answers > 1 else "variance"
    lines = [f"what to improve: halving one loss in dB or one noise lowers the {whose} by"]
    for row in useful[:MOST_IMPROVEMENTS]:
        unit = " dB" if row["number"].endswith("loss_db") else ""
        change = f"{row['value']:.6g} -> {row['improved']:.6g}{unit}"
        lines.append(f"  {row['component']:36}   {change:24} {100.0 * row['gain']:6.1f} %")
    return lines


MOST_MODES = 12
"""Latent modes up to which each has a line of its own."""


def loss_lines(lost: LossPerMode) -> list[str]:
    """Loss by mode, of wires and logical, with what tells the two apart; nothing where no light is lost."""
    if lost.total_db == 0.0:
        return []
    wires = lost.wires_of_modes_db
    lines = [f"{'loss in dB':22} {'wire':>9} {'logical':>9}"]
    if len(wires) <= MOST_MODES:
        lines += [
            f"  {f'mode {mode}':20} {wire:9.4f} {logical:9.4f}"
            for mode, wire, logical in zip(lost.modes, wires, lost.logical_db, strict=True)
        ]
    else:
        for name, pick in (("least of a mode", min), ("largest of a mode", max)):
            lines.append(f"  {name:20} {pick(wires):9.4f} {pick(lost.logical_db):9.4f}")
    if len(lost.wire_db) > len(wires):
        lines.append(f"  {'ancillas':20} {lost.total_db - sum(wires):9.4f} {lost.elsewhere_db + 0.0:9.4f}")
    if lost.eigenvalues_db:
        low, high = lost.eigenvalues_db[0], lost.eigenvalues_db[-1]
        lines.append(f"  the logical loss of superpositions of modes is {low:.4f} to {high:.4f} dB")
    lines.append(
        "(between gates a wire carries superpositions of modes; logical: what each mode of the source loses, to first "
        "order)"
    )
    return lines


def _number(value: float) -> str:
    """Return a number with at most six digits and six decimals, without a sign on zero.

    >>> _number(-1e-9), _number(0.2689887), _number(8.2250231), _number(123456.7), _number(12345678.0)
    ('0.000000', '0.268989', '8.22502', '123457', '1.23457e+07')
    """
    if not abs(value) < 999999.5:
        return f"{value:.6g}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1.0 else 0
    return f"{round(value, 6) + 0.0:.{6 - whole}f}"


def validation_lines(runs: Sequence[CrossValidation]) -> list[str]:
    """One table a program."""
    lines = []
    for run in runs:
        kind = "closed form" if run.closed_form else "sampled"
        exact = ", ".join(f"{n}: mean {round(m, 5) + 0.0:.5f}, variance {v:.5f}" for n, (m, v) in run.exact.items())
        lines += ["", f"{run.program} ({kind}: {exact})"]
        lines.append(
            f"  {'back end':17} {'setting':26} {'readout':8} {'mean':>9} {'variance':>9} {'error':>8} distance"
        )
        for r in run.rows:
            distance = "-" if r.distance is None else f"{r.distance:.4f}"
            mean = round(r.mean, 5) + 0.0
            lines.append(
                f"  {r.backend:17} {r.setting:26} {r.readout:8} {mean:9.5f} {r.variance:9.5f} {r.error:8.1e} "
                f"{distance:8} {r.verdict}"
            )
        lines += [f"  {name}: not run, {why}" for name, why in run.refused.items()]
        if not {row.backend for row in run.rows} - {"exact"}:
            lines.append("  nothing independent ran: the exact simulator is only compared with its own closed form")
    return lines
