"""Pictures of a comparison and of an experiment, with their main numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_profiles.display import Picture
from hardware_profiles.display.figures import figure_picture

if TYPE_CHECKING:
    from qumode_khrnn.comparison.study import Comparison
    from qumode_khrnn.studies.experiment import BudgetPoint, ExperimentResult


def comparison_picture(found: Comparison) -> Picture:
    """Return the decisive figure of a comparison: memory against modes, and violated probes."""
    from qumode_khrnn.reports.separation_figures import decisive_figure

    facts = [("rows", str(len(found.rows))), ("jobs", f"{found.ran} run now, {found.reused} finished before")]
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
