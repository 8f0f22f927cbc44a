"""The report of the comparison: one self-contained HTML file, its data as JSON, its figures as PNG."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from markupsafe import Markup

from compiler.files import json_text
from compiler.files.folders import write_files
from qumode_khrnn.comparison.memory import EXCESS_NATS
from qumode_khrnn.comparison.study import NETWORKS, Comparison
from qumode_khrnn.reports import comparison_figures as figures
from qumode_khrnn.reports.pages import environment, origin_of
from qumode_khrnn.reports.separation_figures import decisive_figure
from qumode_khrnn.reports.style import png, svg

PACKAGES = ("qumode-khrnn", "numpy", "torch", "qiskit", "qiskit-aer", "dask", "pyarrow")


def write_comparison(found: Comparison, folder: Path, command: str, seconds: float, date: str) -> tuple[Path, ...]:
    """Write ``report.html``, ``report.json`` and ``figures/*.png``; returns the paths, HTML first.

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
        **({"learning": figures.learning_figure(found)} if found.of("learning curve") else {}),
        **({"gradients": figures.gradient_figure(found)} if found.of("gradients") else {}),
    }
    origin = {**origin_of(command, seconds, date, PACKAGES), "ran": found.ran, "reused": found.reused}
    html = (
        environment()
        .get_template("comparison.html.j2")
        .render(
            found=found,
            origin=origin,
            figures={name: Markup(svg(figure)) for name, figure in made.items()},
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
        )
    )
    data = {"origin": origin, "failed": list(found.failed_checks()), **found.to_json()}
    pictures = {f"figures/{name}.png": png(figure) for name, figure in made.items()}
    return write_files(folder, {"report.html": html, "report.json": json_text(data), **pictures})


def has_real_networks(found: Comparison) -> bool:
    """Whether networks were trained on the real alphabet."""
    return any(one.alphabet == "real" for one in found.config.networks)


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
