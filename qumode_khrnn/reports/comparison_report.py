"""Write the report of the comparison: one HTML file that loads nothing, its data as JSON, figures as PNG and CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from compiler.files import json_text
from compiler.files.folders import write_files
from qumode_khrnn.comparison.memory import EXCESS_NATS
from qumode_khrnn.comparison.study import NETWORKS, Comparison
from qumode_khrnn.reports import comparison_figures as figures
from qumode_khrnn.reports.drawn_data import csv_text
from qumode_khrnn.reports.exhibits import exhibits, files_of
from qumode_khrnn.reports.pages import environment, origin_of, with_tables_laid_out
from qumode_khrnn.reports.separation_figures import decisive_figure
from qumode_khrnn.reports.summary import comparison_summary

PACKAGES = ("qumode-khrnn", "numpy", "torch", "qiskit", "qiskit-aer", "dask", "pyarrow")


def write_comparison(found: Comparison, folder: Path, command: str, seconds: float, date: str) -> tuple[Path, ...]:
    """Write a page, its data, and its figures and tables to a folder; return the paths, HTML first.

    The files are ``report.html``, ``report.json``, ``figures/*.png`` with ``figures/*.csv``, and ``tables/*.csv``.

    Parameters
    ----------
    found : Comparison
    folder : Path
    command, date : str
        The command that made it and its date, to be shown.
    seconds : float
        Its wall time.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    made = {
        "decisive": decisive_figure(found),
        "frontier_excess": figures.frontier_figure(found, "excess_nll"),
        "frontier_violation": figures.frontier_figure(found, "violation_rate"),
        **({"real": figures.real_figure(found)} if has_real_networks(found) else {}),
        "probes": figures.probe_figure(found.probe_rows(), "violation_rate"),
        **({"left": figures.left_figure(found)} if figures.left_rows(found) else {}),
        **({"learning": figures.learning_figure(found.of("learning curve"))} if found.of("learning curve") else {}),
        **({"gradients": figures.gradient_figure(found.of("gradients"))} if found.of("gradients") else {}),
    }
    origin = {**origin_of(command, seconds, date, PACKAGES), "ran": found.ran, "reused": found.reused}
    size = found.config.qubits.sizes[0]
    shown = exhibits(made, ALTS, command, data={"probes": found.probe_rows()})
    html = (
        environment()
        .get_template("comparison.html.j2")
        .render(
            found=found,
            origin=origin,
            exhibits=shown,
            lines=comparison_summary(found),
            entries=_contents(found),
            drawn=drawn_families(found, "excess_nll"),
            failed=found.failed_checks(),
            learnt=learnt(found),
            training=training(found),
            memoryless=_memoryless(found),
            verdict=network_verdict(found),
            learners=figures.LEARNERS,
            losses=figures.LOSSES,
            learnt_below=LEARNT_EXCESS_NATS,
            excess_nats=EXCESS_NATS,
            n_probes=found.config.examination.probes,
            size=size,
        )
    )
    data = {"origin": origin, "failed": list(found.failed_checks()), **found.to_json()}
    tables = {
        f"tables/{name}.csv": csv_text(rows)
        for name, rows in {
            "examination": found.of("examination"),
            "scores": found.of("frontier"),
            "training": training(found),
            "learning": found.of("learning"),
        }.items()
        if rows
    }
    texts = {"report.html": with_tables_laid_out(html), "report.json": json_text(data)}
    return write_files(folder, {**texts, **files_of(shown.values()), **tables})


def drawn_families(found: Comparison, measure: str) -> frozenset[str]:
    """Return what the frontier figures draw, so that their captions describe no mark that is not there."""
    asked = found.of("frontier", alphabet="modular(2)", probe="neighbour")
    families = {row["family"] for row in asked if row[measure] is not None}
    return frozenset(
        {
            *(("trained",) if families & set(figures.FAMILIES) else ()),
            *(("rounded",) if found.of("rounded", alphabet="modular(2)", probe="neighbour") else ()),
            *(("optimum",) if (3, 2) in found.sizes else ()),
            *(("choosers",) if families & {"k-HRNN", "qubits", "phase-space sampler"} else ()),
        }
    )


def _contents(found: Comparison) -> list[tuple[str, str]]:
    """Return anchors and titles of the page's sections."""
    return [
        ("section-1", "1. What must be remembered, and who fails"),
        ("section-2", "2. Memory and error"),
        ("section-3", "3. Who fails where"),
        ("section-4", "4. Compiled and noisy"),
        ("section-5", "5. What a cell costs, by platform"),
        *([("section-6", "6. Learning the network")] if found.of("learning curve") else []),
        *([("section-7", "7. What the networks were given")] if training(found) else []),
        ("shown", "What this does and does not show"),
    ]


ALTS = {
    "decisive": "Line charts of bits or qubits carried against the number of modes, for the k-HRNN, classical samplers "
    "and theorems, and of the share of violated triple probes by model.",
    "frontier_excess": "Charts of the excess negative log-likelihood on neighbour probes against the bits carried, by "
    "model, one panel per size.",
    "frontier_violation": "Charts of the share of wrong answers to neighbour probes against the bits carried, by "
    "model, one panel per size.",
    "real": "Charts of the excess negative log-likelihood on neighbour probes against the real numbers carried.",
    "probes": "Coloured table of violation rates, models against kinds of probes.",
    "left": "Line charts of the share of the value of a memory that the compiled network keeps against loss, by kind "
    "of probe, one panel per size.",
    "learning": "Line chart of the validation excess against sentences processed, one line per seed.",
    "gradients": "Line charts of the variance of a derivative against the number of modes, by model.",
}
"""Texts for readers who cannot see the figures."""


def has_real_networks(found: Comparison) -> bool:
    """Whether networks were trained on the real alphabet; without PyTorch none is."""
    return any(row["family"] in figures.FAMILIES for row in found.of("frontier", alphabet="real"))


def learnt(found: Comparison) -> list[dict[str, Any]]:
    """Success of the trained k-HRNN by size and optimiser."""
    out = []
    for (n, k, how), own in _groups(found.of("learning"), "n", "k", "optimiser").items():
        out.append(
            {
                "n": n,
                "k": k,
                "optimiser": "coordinate ascent, curriculum, restarts" if how == "coordinates" else "plain Adam",
                "seeds": len(own),
                "success": sum(row["success"] for row in own),
                "recovered": sum(row["recovered"] for row in own),
                "excess": median(row["excess_nll"] for row in own),
                "worst": max(row["excess_nll"] for row in own),
                "sentences": median(row["sentences_seen"] for row in own),
                "restarts": sum(row["restarts"] for row in own),
                "seconds": max(row["seconds"] for row in own),
            }
        )
    return out


def training(found: Comparison) -> list[dict[str, Any]]:
    """What every family got at every size and latent, and its best and median score over seeds."""
    rows = [row for row in found.of("frontier", probe="all") if row["family"] in NETWORKS]
    groups = _groups(rows, "alphabet", "n", "k", "family", "latent")
    out = []
    for key in sorted(groups):
        alphabet, n, k, family, latent = key
        own = groups[key]
        out.append(
            {
                "alphabet": alphabet,
                "n": n,
                "k": k,
                "family": NETWORKS[family],
                "latent": latent,
                "memory": own[0]["memory"],
                "seeds": len(own),
                "best": min(row["excess_nll"] for row in own),
                "median": median(row["excess_nll"] for row in own),
                "violation": min(row["violation_rate"] for row in own),
                "steps": median(row["steps"] for row in own),
                "sentences": median(row["sentences_seen"] for row in own),
                "rate": own[0]["learning_rate"],
                "seconds": sum(row["seconds"] for row in own),
            }
        )
    return out


def _memoryless(found: Comparison) -> list[tuple[int, int, float]]:
    """n, k and the excess over all answers of the best law without a memory, of every size that networks were given."""
    sizes = sorted({one.size for one in found.config.networks if one.alphabet != "real"})
    if not sizes:
        return []
    from qumode_khrnn.classical.batches import memoryless_excess

    return [(n, k, memoryless_excess(k, n)) for n, k in sizes]


def _groups(rows: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by the values of some fields, in order of appearance."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


LEARNT_EXCESS_NATS = 0.02
"""A network has learnt the task if its excess over all answers is below this, in nats."""


def network_verdict(found: Comparison) -> list[str]:
    """Whether each family learns each size with enough memory, in words."""
    out = []
    for (alphabet, n, k, family), own in _groups(training(found), "alphabet", "n", "k", "family").items():
        able = [row for row in own if row["best"] < LEARNT_EXCESS_NATS]
        if able:
            least = min(able, key=lambda row: float(row["memory"]))
            text = f"learns it, with as few as {least['memory']:g} numbers (best excess {least['best']:.2g} nats)"
        else:
            best = min(own, key=lambda row: float(row["best"]))
            text = (
                f"did not learn it: best excess {best['best']:.2g} nats, with {best['memory']:g} numbers; nothing "
                "follows about memory, as optimisation may be what failed"
            )
        out.append(f"{alphabet}, n = {n}, k = {k}: {family} {text}.")
    return out
