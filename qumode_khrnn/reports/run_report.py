"""Write the report: one HTML file that loads nothing, its data as JSON, its figures as PNG and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compiler.files import json_text
from compiler.files.folders import write_files
from hardware_profiles.extras import absence
from hardware_profiles.schema import UNVERIFIED
from qumode_khrnn.comparison.study import Comparison
from qumode_khrnn.reports import noise_figures
from qumode_khrnn.reports import run_figures as figures
from qumode_khrnn.reports.comparison_figures import frontier_figure, probe_figure
from qumode_khrnn.reports.drawn_data import csv_text
from qumode_khrnn.reports.exhibits import exhibits, figure_of, files_of
from qumode_khrnn.reports.pages import environment, origin_of, with_tables_laid_out
from qumode_khrnn.reports.separation_figures import decisive_figure
from qumode_khrnn.reports.summary import run_summary
from qumode_khrnn.reports.witness_figure import witness_figure
from qumode_khrnn.studies.devices import WEIGHT, WRONG_EDGE_PROBABILITY, DeviceRow, unverified_of
from qumode_khrnn.studies.experiment import ExperimentResult
from qumode_khrnn.studies.rows import refused_text
from simulations.heralding.wigner import small_states

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIGNER = ("mrmustard", "thewalrus")
"""Optional packages without which the figure of Wigner functions is left out."""

PACKAGES = ("qumode-khrnn", "numpy", "scipy", "strawberryfields", "mrmustard", "thewalrus", "networkx")


def write_report(
    result: ExperimentResult, compared: Comparison, folder: Path, command: str, seconds: float, date: str
) -> tuple[Path, ...]:
    """Write a page, its data, and its figures and tables to a folder; return the paths, HTML first.

    The files are ``report.html``, ``report.json``, ``figures/*.png`` with ``figures/*.csv``, and ``tables/*.csv``.

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
    made: dict[str, Figure | str] = {
        "decisive": decisive_figure(compared),
        "circuit": figures.circuit_drawing(result.cell.circuit),
        "synthesis": figures.synthesis_figure(result.states),
        "calibration": figures.calibration_figure(result),
        "hypergraph": figure_of(result.graph),
        "loss": figures.loss_figure(result.loss, result.profile.name),
        "answers": figures.answers_figure(result.loss),
        "budget": noise_figures.budget_figure(result.budgets),
        "loss_map": noise_figures.loss_map_figure(result.study),
        "cutoff": noise_figures.cutoff_figure(result.check),
        **({} if absence(*WIGNER) else {"wigner": noise_figures.wigner_figure(small_states())}),
        "devices": noise_figures.devices_figure(result.devices),
        "frontier": frontier_figure(compared, "violation_rate"),
        "probes": probe_figure(compared.probe_rows(), "violation_rate"),
        "witness": witness_figure(result.witness.study),
    }
    origin = origin_of(command, seconds, date, PACKAGES)
    schedule, witness = result.cell.schedule, result.witness.to_json()
    orders = " ".join(f"--k {k}" for k in result.config.device_orders)
    shown = exhibits(
        made,
        ALTS,
        command,
        commands={"devices": f"khrnn devices {orders}" if orders else command},
        data={
            "circuit": figures.circuit_rows(result.cell.circuit),
            "hypergraph": [{"modes": " ".join(map(str, e.modes)), "weight": e.weight} for e in result.graph.edges],
            "probes": compared.probe_rows(),
        },
    )
    html = (
        environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            origin=origin,
            exhibits=shown,
            lines=run_summary(result, compared),
            entries=CONTENTS,
            before=next((one.before for one in result.improvements), None),
            examined=bool(compared.triple_rates()),
            rate=1.0 / schedule.duration_s if schedule.duration_s and not schedule.untimed else None,
            unverified={mark.value for mark in UNVERIFIED},
            unverified_profile=any(q.mark in UNVERIFIED for q in result.profile.quantities().values()),
            unverified_of=unverified_of(result.devices),
            gaps=_gaps(result.devices),
            edge_weight=WEIGHT,
            wrong=WRONG_EDGE_PROBABILITY,
            witness=witness,
        )
    )
    data = result.to_json()
    data["rows"] += compared.to_json()["rows"]
    tables = {f"tables/{name}.csv": csv_text(rows) for name, rows in _tables(result).items()}
    texts = {"report.html": with_tables_laid_out(html), "report.json": json_text({"origin": origin, **data})}
    return write_files(folder, {**texts, **files_of(shown.values()), **tables})


def _gaps(devices: Sequence[DeviceRow]) -> list[str]:
    """Return what photonic machines lack for one 3-edge, and the sources that heralded states need, by device."""
    lacks = [f"{row.profile}: {'; '.join(row.gap_texts())}" for row in devices if row.gap_texts()]
    return lacks + [f"{row.profile}: {states.line()}" for row in devices for states in row.heralding]


def _device_table(devices: Sequence[DeviceRow]) -> list[dict[str, Any]]:
    """Return one row per device and order: costs, or the reason why it cannot run, and the variance by cause."""
    causes = dict.fromkeys(cause for row in devices for cause in row.shares)
    table: list[dict[str, Any]] = []
    for row in devices:
        plain: dict[str, Any] = {"device": row.profile, "k": row.k, "squeezing_r": row.squeezing}
        if row.reason is not None:
            table.append({**plain, "reason": refused_text(row.reason)})
            continue
        plain |= {name: getattr(row, name) for name in ("gates", "non_gaussian", "depth", "duration_s", "variance")}
        plain |= {"variance_of_squeezing_alone": row.ideal, "shots": row.wanted_shots, "one_bit_per_shot": row.by_bits}
        if row.loss is not None:
            plain |= {"wire_db": row.loss.largest_wire_db, "logical_db": row.loss.largest_logical_db}
        table.append({**plain, **{cause: row.shares.get(cause) for cause in causes}})
    return table


def _tables(result: ExperimentResult) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of tables that would repeat a figure of the page."""
    study = result.study
    scores = []
    for row in result.loss_rows:
        plain = row.to_json()
        for name, ends in plain.pop("ci95").items():
            plain[f"{name}_low"], plain[f"{name}_high"] = (None, None) if ends is None else ends
        scores.append(plain)
    return {
        "synthesis": [asdict(one) for one in result.states],
        "loss": scores,
        "loss_map": [
            {
                "loss_per_cell": loss,
                "best_r_plain": plain[0],
                "error_plain": plain[1],
                "best_r_loss_aware": aware[0],
                "error_loss_aware": aware[1],
            }
            for loss, plain, aware in zip(study.losses, study.best_plain, study.best_aware, strict=True)
        ],
        "cutoff": [asdict(row) for row in result.check.rows],
        "devices": _device_table(result.devices),
        "improvements": [one.to_json() for one in result.improvements],
    }


CONTENTS = (
    ("why", "Why a quantum memory"),
    ("section-1", "1. The unit cell, compiled and verified"),
    ("section-2", "2. The ideal network on HSMT"),
    ("section-3", "3. The compiled network with loss"),
    ("section-4", "4. Where the error comes from, and which loss to improve"),
    ("section-5", "5. Back ends and the closed form"),
    ("section-6", "6. The device's numbers"),
    ("section-7", "7. One hyperedge on every device"),
    ("section-8", "8. Qubit and classical models"),
    ("section-9", "9. A contextual task on qumodes"),
    ("section-10", "10. What this does and does not show"),
)
"""Anchors and titles of the page's sections."""

ALTS = {
    "decisive": "Line charts of bits or qubits carried against the number of modes, for the k-HRNN, classical samplers "
    "and theorems, and of the share of violated triple probes by model.",
    "circuit": "Circuit diagram of the compiled unit cell, one wire per mode.",
    "synthesis": "Line chart of the number of cubic gates against the number of modes, by synthesis strategy.",
    "calibration": "Histogram of standardised answers to matched probes beside the normal density.",
    "hypergraph": "Drawing of a weighted hypergraph: modes on a circle, edges as shaded areas with their weights.",
    "loss": "Line chart of the squared error of matched and neighbour probes against the loss scale, with and without "
    "loss-aware cells.",
    "answers": "Scatter plots of the answers of the compiled network against the exact means, without and with loss.",
    "budget": "Stacked bars of the variance of a nullifier by cause, for every loss scale.",
    "loss_map": "Colour map of the error of matched probes over squeezing and loss, and line chart of the error "
    "against loss at fixed and at best squeezing.",
    "cutoff": "Line chart of the relative error of a variance against the Fock cutoff, by back end.",
    "wigner": "Colour maps of Wigner functions of cubic states.",
    "devices": "Stacked bars of the variance of an answer by cause, one bar per device.",
    "frontier": "Charts of the share of wrong answers to neighbour probes against the memory carried, by model.",
    "probes": "Coloured table of violation rates, models against kinds of probes.",
    "witness": "Line charts of the witness S against squeezing and against loss, with the noncontextual bound.",
}
"""Texts for readers who cannot see the figures."""
