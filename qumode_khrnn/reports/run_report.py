"""The report: one self-contained HTML file, its data as JSON, its figures as PNG."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from compiler.files import json_text
from compiler.files.folders import write_files
from hardware_profiles.extras import absence
from hardware_profiles.schema import UNVERIFIED
from qumode_khrnn.comparison.study import Comparison
from qumode_khrnn.reports import noise_figures
from qumode_khrnn.reports import run_figures as figures
from qumode_khrnn.reports.comparison_figures import frontier_figure, probe_figure
from qumode_khrnn.reports.device_figure import devices_figure
from qumode_khrnn.reports.pages import environment, origin_of
from qumode_khrnn.reports.separation_figures import decisive_figure
from qumode_khrnn.reports.style import png, svg
from qumode_khrnn.reports.witness_figure import witness_figure
from qumode_khrnn.studies.devices import WEIGHT, WRONG_EDGE_PROBABILITY, unverified_of
from qumode_khrnn.studies.experiment import ExperimentResult
from simulations.heralding.wigner import small_states

WIGNER = ("mrmustard", "thewalrus")
"""Optional packages without which the figure of Wigner functions is left out."""

PACKAGES = ("qumode-khrnn", "numpy", "scipy", "strawberryfields", "mrmustard", "thewalrus", "networkx")


def write_report(
    result: ExperimentResult, compared: Comparison, folder: Path, command: str, seconds: float, date: str
) -> tuple[Path, ...]:
    """Write ``report.html``, ``report.json`` and ``figures/*.png`` to a folder; returns the paths, HTML first.

    Parameters
    ----------
    result : ExperimentResult
    compared : Comparison
        The same task on qubits and by classical models.
    folder : Path
    command : str
        The command that made it, to be shown.
    seconds : float
        Its wall time.
    date : str
        Its date, ISO 8601.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    made = {
        "decisive": decisive_figure(compared),
        "hypergraph": figures.hypergraph_figure(result.graph),
        "circuit": figures.circuit_figure(result.cell.circuit),
        "synthesis": figures.synthesis_figure(result.states),
        "calibration": figures.calibration_figure(result),
        "answers": figures.answers_figure(result.loss),
        "loss": figures.loss_figure(result.loss, result.profile.name),
        "cutoff": noise_figures.cutoff_figure(result.check),
        "budget": noise_figures.budget_figure(result.budgets),
        "loss_map": noise_figures.loss_map_figure(result.study),
        **({} if absence(*WIGNER) else {"wigner": noise_figures.wigner_figure(small_states())}),
        "devices": devices_figure(result.devices),
        "frontier": frontier_figure(compared, "violation_rate"),
        "probes": probe_figure(compared.probe_rows(), "violation_rate"),
        "witness": witness_figure(result.witness.study),
    }
    origin = origin_of(command, seconds, date, PACKAGES)
    html = (
        environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            origin=origin,
            figures={name: Markup(svg(figure)) for name, figure in made.items()},
            shown_r=[r for r in result.study.squeezings if r in (0.5, 1.0, 1.5)],
            unverified={mark.value for mark in UNVERIFIED},
            unverified_profile=any(q.mark in UNVERIFIED for q in result.profile.quantities().values()),
            unverified_of=unverified_of(result.devices),
            edge_weight=WEIGHT,
            wrong=WRONG_EDGE_PROBABILITY,
            witness=result.witness.to_json(),
        )
    )
    data = result.to_json()
    data["rows"] += compared.to_json()["rows"]
    pictures = {f"figures/{name}.png": png(figure) for name, figure in made.items()}
    texts = {"report.html": html, "report.json": json_text({"origin": origin, **data})}
    return write_files(folder, {**texts, **pictures})
