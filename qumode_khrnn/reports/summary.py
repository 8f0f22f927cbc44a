"""The first screen of a report: what was asked, what came out, and what it means, in a few lines."""

from __future__ import annotations

from qumode_khrnn.comparison.study import NETWORKS, Comparison
from qumode_khrnn.studies.experiment import ExperimentResult
from qumode_khrnn.witness.law import decibels

Lines = list[tuple[str, str]]

SAMPLER, IDEAL = "phase-space-sampler", "ideal"


def run_summary(result: ExperimentResult, compared: Comparison) -> Lines:
    """Return the summary of the main job as terms and sentences."""
    task, name = result.config.task, result.profile.name
    counts, resources = result.cell.resources.counts, result.cell.resources
    sizes = [cost.modes for cost in result.costs]
    constant = len({(cost.operations, cost.depth) for cost in result.costs}) <= 1
    same = f", the same for {min(sizes)} to {max(sizes)} modes" if constant and len(sizes) > 1 else ""
    errors = {
        point.scale: _with_interval(row.squared_error, row.ci95["squared_error"])
        for point in result.loss
        for row in point.rows
        if row.probe == "all" and row.squared_error is not None
    }
    named = {0.0: "without loss", 1.0: "with the stated loss"}
    shown = {scale: text for scale, text in errors.items() if scale in named} or errors
    texts = [f"{text} {named.get(scale, f'at {scale:g} times the stated loss')}" for scale, text in shown.items()]
    ideal = next(row for row in result.ideal_rows if row.probe == "all")
    yes = "Yes: o" if result.cell.verification.equivalent else "O"
    return [
        (
            "Asked",
            f"Can {name} run a k-HRNN, and how well does the compiled network remember hypergraphs of "
            f"{task.lossy_modes} modes with edges of {task.k} modes (task HSMT, seed {result.config.seed})?",
        ),
        (
            "Cost",
            f"{yes}ne edge of three modes with its readout takes {counts.get('cubic_phase', 0)} cubic gates and depth "
            f"{resources.depth}{same}. The compiled cell agrees with its source to a relative residual of "
            f"{result.cell.verification.residual:.1g}.",
        ),
        (
            "Error",
            "The mean squared error of the compiled network, in units of the exact variance (1 = exact; 95\u00a0% "
            f"interval), is {' and '.join(texts)}. The ideal network gives an impossible answer to "
            f"{percent(ideal.violation_rate or 0.0)} of the determined probes.",
        ),
        ("Improve", improvement_text(result)),
        (
            "Meaning",
            " ".join([_device_text(result), _separation_text(compared), _checks_text(result.failed_checks())]),
        ),
    ]


def improvement_text(result: ExperimentResult) -> str:
    """Return which number of the device to improve first, and by how much it helps."""
    r = result.config.squeezing_latent
    full = next((p.budget for p in result.budgets if p.scale == 1.0), None)
    squeezing = sum(v for k, v in full.shares.items() if "squeezing" in k) / full.variance if full else None
    share = (
        f" Finite squeezing (r = {r:g}, {decibels(r):.3g} dB) makes {round(100.0 * squeezing)}\u00a0% of this variance."
        if squeezing is not None
        else ""
    )
    if not result.improvements:
        return f"The profile states no loss that changes the nullifier's variance.{share}"
    best = result.improvements[0]
    if best.gain <= 0.0:
        return f"Halving any single loss does not lower the nullifier's variance.{share}"
    unit = " dB" if best.number.endswith("loss_db") else ""
    return (
        f"Halving the {best.component} ({best.value:g} to {best.improved:g}{unit}) lowers the variance of the "
        f"nullifier that section 4 examines by {100.0 * best.gain:.3g} %, more than halving any other number.{share}"
    )


def comparison_summary(found: Comparison) -> Lines:
    """Return the summary of the comparison as terms and sentences."""
    rates = found.triple_rates()
    ideal = [row for (model, _, _), row in rates.items() if model == IDEAL]
    probes, wrong = sum(row["probes"] for row in ideal), sum(row["violations"] for row in ideal)
    orders = " and ".join(str(k) for k in sorted({k for _, _, k in rates})) or "2"
    families = sorted({NETWORKS[row["family"]] for row in found.of("frontier") if row["family"] in NETWORKS})
    lines = [
        (
            "Asked",
            "What must a model remember to answer questions about a hypergraph of n modes with edges of k modes "
            f"(task HSMT, seed {found.config.seed}), and which models fail with less?",
        ),
        (
            "Needed",
            "A classical model over modular(2) that never gives an impossible answer needs binom(n, 2) − 1 bits for "
            "k = 2 (theorem, docs/hsmt.md); the k-HRNN carries n qubits.",
        ),
    ]
    if probes:
        lines.append(
            (
                "Measured",
                f"The ideal k-HRNN gave an impossible answer to {wrong:,} of {probes:,} triple probes (k = {orders}). "
                + _separation_text(found),
            )
        )
    lines.append(
        (
            "Trained",
            f"Trained networks: {', '.join(families)} (section 7)."
            if families
            else "No network was trained; khrnn compare --train adds trained networks.",
        )
    )
    lines.append(
        (
            "Meaning",
            "Samplers whose memory grows like n give impossible answers. That no classical model with less than the "
            "needed memory can avoid them is what the theorem says; the measurement shows it for these samplers. "
            + _checks_text(found.failed_checks()),
        )
    )
    return lines


def _separation_text(found: Comparison) -> str:
    """Return how often the phase-space sampler gives an impossible answer to triple probes, and the ideal network."""
    rows = [
        (row["violations"] / row["probes"], model)
        for (model, n, k), row in found.triple_rates().items()
        if k == 2 and n >= 4
    ]
    sampler = [rate for rate, model in rows if model == SAMPLER]
    ideal = [rate for rate, model in rows if model == IDEAL]
    if not sampler or not ideal:
        return "No triple probes were asked."
    low, high = f"{100.0 * min(sampler):.0f}", f"{100.0 * max(sampler):.0f}"
    span = f"{low}\u00a0%" if low == high else f"{low} to {high}\u00a0%"
    return (
        f"The classical phase-space sampler, with 2n bits, gives an impossible answer to {span} of the triple probes "
        f"(k = 2, n ≥ 4), the ideal k-HRNN to {percent(max(ideal))}."
    )


def _with_interval(value: float, ends: tuple[float, float] | None) -> str:
    return f"{value:.3g}" + (f" [{ends[0]:.3g}, {ends[1]:.3g}]" if ends is not None else "")


def percent(share: float) -> str:
    """Return a share in percent, which does not break across lines.

    >>> percent(0.0), percent(0.0125)
    ('0\xa0%', '1.2\xa0%')
    """
    return f"{100.0 * share:.2g}\u00a0%"


def _device_text(result: ExperimentResult) -> str:
    """Return whether the device exists, and how much of the error is due to its loss."""
    errors = {point.scale: row.squared_error for point in result.loss for row in point.rows if row.probe == "all"}
    without, stated = errors.get(0.0), errors.get(1.0)
    more = f"Its loss multiplies the error by {stated / without:.2g}." if without and stated else ""
    hypothetical = f"{result.profile.name} is a hypothetical device." if result.profile.status == "hypothetical" else ""
    return " ".join(text for text in (hypothetical, more) if text)


def _checks_text(failed: tuple[str, ...]) -> str:
    return f"Failed checks: {'; '.join(failed)}." if failed else "All checks of the run passed."
