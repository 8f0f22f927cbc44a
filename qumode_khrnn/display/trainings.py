"""Pictures of trainings: learning curves of classical networks and of the k-HRNN, and gradients at random starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_profiles.display import Picture
from hardware_profiles.display.figures import BLUE, GREY, figure_picture, new_figure, styled

if TYPE_CHECKING:
    from qumode_khrnn.classical.training import TrainResult
    from qumode_khrnn.learning.results import LearningResult
    from qumode_khrnn.learning.trainability import TrainabilityResult


def network_training_picture(found: TrainResult) -> Picture:
    """Return the validation excess of every training of a classical network against its steps; the best is blue."""
    best = found.best
    scored = next(iter(best.scores), None)
    facts = [
        ("network", f"{found.config.family}, {found.memory} numbers carried between tokens"),
        ("learning rate", f"{found.learning_rate:g}"),
        ("trainings", f"{len(found.runs)}; the best has seed {best.seed}, {best.steps} steps"),
    ]
    if scored is not None:
        facts.append(("test set", f"excess NLL {scored.excess_nll:.4g} nats per answer"))
        if scored.violation_rate is not None:
            facts.append(("violation rate", f"{scored.violation_rate:.4g}"))
    with styled():
        figure = new_figure(4.8, 3.2)
        axes = figure.add_subplot()
        for run in found.runs:
            colour, width = (BLUE, 1.6) if run is best else (GREY, 0.9)
            at, value = [point.step for point in run.curve], [point.excess_nll for point in run.curve]
            axes.plot(at, value, color=colour, lw=width, marker="o", ms=3, label=f"seed {run.seed}")
        axes.set_xlabel("steps")
        axes.set_ylabel("excess NLL, validation (nats)")
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        axes.legend(fontsize=8)
    return figure_picture(f"Training of a network ({found.config.family})", tuple(facts), figure)


def learning_picture(found: LearningResult) -> Picture:
    """Return the validation excess of a k-HRNN that learns from opaque tokens, against sentences processed."""
    from qumode_khrnn.reports.comparison_figures import learning_figure

    config = found.config
    rows = [
        {
            "n": config.modes,
            "k": config.k,
            "optimiser": config.optimiser,
            "seed_of_training": config.seed,
            "sentences_seen": seen,
            "excess_nll": value,
        }
        for _, seen, value in found.history
    ]
    low, high = found.interval
    facts = (
        ("k-HRNN", f"n = {config.modes}, k = {config.k}, seed {config.seed}"),
        ("optimiser", config.optimiser),
        ("held-out sentences", f"excess NLL {found.excess_nll:.2e} nats per answer, 95 % {low:.1e} to {high:.1e}"),
        ("weights", f"{'recovered' if found.recovered else 'not recovered'}, largest error {found.residual:.3g} rad"),
        ("work", f"{found.steps} steps, {found.restarts} restarts, {found.sentences_processed:,} sentences processed"),
        ("stopped by", found.stopped),
    )
    title = f"Training of a k-HRNN: {'success' if found.success else 'no success'}"
    return figure_picture(title, facts, learning_figure(rows))


def trainability_picture(found: TrainabilityResult) -> Picture:
    """Return the variance of a derivative of the loss at random starts against the number of modes."""
    from qumode_khrnn.reports.comparison_figures import gradient_figure

    rows = [
        {
            "model": row.model,
            "loss": row.loss,
            "n": row.n,
            "k": row.k,
            "variance": row.variance,
            "variance_low": row.interval[0],
            "variance_high": row.interval[1],
        }
        for row in found.rows
    ]
    facts = tuple(
        (f"{law.model}, {law.loss}, k = {law.k}", f"{law.better}: {law.base:.3g}^n or n^{law.exponent:.3g}")
        for law in found.laws
    )
    return figure_picture("Variance of a derivative at random starts", facts, gradient_figure(rows))
