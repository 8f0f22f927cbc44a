"""Pictures of a comparison, an experiment and a study of the witness, with their main numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_profiles.display import Picture
from hardware_profiles.display.figures import figure_picture

if TYPE_CHECKING:
    from qumode_khrnn.comparison.study import Comparison
    from qumode_khrnn.studies.experiment import BudgetPoint, ExperimentResult
    from qumode_khrnn.witness.study import WitnessStudy


def comparison_picture(found: Comparison) -> Picture:
    """Return the decisive figure of a comparison: memory against modes, and violated probes."""
    from qumode_khrnn.reports.separation_figures import decisive_figure

    facts = [("rows", str(len(found.rows)))]
    if found.ran or found.reused:
        facts.append(("jobs", f"{found.ran} run now, {found.reused} finished before"))
    facts += [("left out", line) for line in found.absent]
    facts.append(("failed checks", "; ".join(found.failed_checks()) or "none"))
    return figure_picture("Comparison of models by memory and violated probes", tuple(facts), decisive_figure(found))


def experiment_picture(result: ExperimentResult) -> Picture:
    """Return the error of the compiled network against loss, which is the main result of an experiment."""
    from qumode_khrnn.reports.run_figures import loss_figure

    spec = result.lossy.spec
    facts = (
        ("profile", result.profile.name),
        ("network", f"{spec.modes} modes, edges of {spec.k} modes"),
        ("loss scales", ", ".join(f"{point.scale:g}" for point in result.loss)),
        ("unit cell", f"{len(result.cell.circuit.operations)} operations, depth {result.cell.resources.depth}"),
        ("calibration of the ideal network", f"p = {result.ideal_calibration:.3g}"),
        ("failed checks", "; ".join(result.failed_checks()) or "none"),
    )
    title = f"Experiment: error of a network compiled for {result.profile.name} against loss"
    return figure_picture(title, facts, loss_figure(result.loss, result.profile.name))


def budget_point_picture(point: BudgetPoint) -> Picture:
    """Return the error budget of one nullifier at one loss scale."""
    return point.budget.draw()


def witness_picture(study: WitnessStudy) -> Picture:
    """Return the witness S over squeezing and over loss, with the noncontextual bound."""
    from qumode_khrnn.reports.witness_figure import witness_figure
    from qumode_khrnn.witness.law import BOUND, decibels

    found = study.witness
    triangle = found.triangle
    least, most = found.least_squeezing, found.greatest_loss
    facts: tuple[tuple[str, str], ...] = (
        ("weight of the edges", f"{triangle.weight:g}"),
        ("squeezing", f"r = {triangle.squeezing:g} ({decibels(triangle.squeezing):.3g} dB)"),
        ("loss per mode", f"{100.0 * triangle.loss:g} %"),
        ("S", f"{found.value:.6f}; noncontextual models reach at most {BOUND:.6f}"),
        ("S of the phase-space sampler", f"{found.sampler:.6f}"),
        ("least squeezing for a violation", "none is enough" if least is None else f"r = {least:.4f}"),
        (
            "greatest loss for a violation",
            "no violation even without loss" if most is None else f"{100.0 * most:.3g} %",
        ),
    )
    bits = next((point for point in study.points if point.shots is not None), None)
    if bits is not None:
        points = f"from bits, {bits.shots} shots per context, with one standard error: circles the network, squares the"
        facts += (("points", f"{points} phase-space sampler (open: with loss)"),)
    verdict = "violated" if found.violated else "not violated"
    return figure_picture(f"Witness of contextuality: the bound is {verdict}", facts, witness_figure(study))
