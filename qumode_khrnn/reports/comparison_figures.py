"""Figures of the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import comb, log
from statistics import median
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hardware_profiles.display.figures import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from qumode_khrnn.comparison.study import NETWORKS, Comparison
from qumode_khrnn.hsmt.bounds import least_excess_nll, least_violation, optimal_excess_nll

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PURPLE, PINK, BROWN = "#6b4fa0", "#b5446e", "#8a6d3b"
FAMILIES = {"gru": (PURPLE, "o"), "lstm": (PINK, "s"), "ssm": (BROWN, "^"), "transformer": (INK, "v")}
MEASURES = {
    "excess_nll": ("excess NLL on neighbour probes (nats)", least_excess_nll),
    "violation_rate": ("violation rate on neighbour probes", least_violation),
}
TOP = {"excess_nll": 0.85, "violation_rate": 0.6}
"""Upper ends of the axes: above guessing."""

BELOW = -0.04
"""Lower ends of the axes as shares of the upper ends: marks at 0 are not cut."""

UNTRAINED: dict[str, dict[str, Any]] = {
    "qubits": {"color": BLUE, "marker": "*", "ms": 7, "mfc": "white", "mew": 0.8, "lw": 0, "zorder": 6},
    "compiled k-HRNN": {"color": BLUE, "marker": "*", "ms": 7, "mfc": "white", "mew": 0.8, "lw": 0},
    "k-HRNN": {"color": BLUE, "marker": "*", "ms": 10, "lw": 0, "zorder": 5},
    "phase-space sampler": {"color": GREEN, "marker": "P", "ms": 11, "mfc": "none", "mew": 1.2, "lw": 0, "zorder": 5},
}
"""Marks of models that are not trained, by family; where two meet, both are seen."""

COIN = {"excess_nll": log(2.0), "violation_rate": 0.5}
"""A coin on a determined answer: what no memory gives."""

NO_MEMORY: dict[str, Any] = {"color": INK, "marker": "x", "ms": 5, "lw": 0}
"""Mark of models without a memory."""

PROBES = ("matched", "neighbour", "contextual")
"""Kinds with determined answers."""

LEARNERS = {
    "free": "k-HRNN, gates of unknown modes",
    "cells": "k-HRNN, gates of known modes",
    "hea, free": "hardware-efficient ansatz, depth as the first",
    "hea, cells": "hardware-efficient ansatz, depth as the second",
}
LOSSES = {"error": "mean error probability", "nll": "negative log-likelihood"}

Row = dict[str, Any]


def frontier_figure(found: Comparison, measure: str) -> Figure:
    """Draw the error on neighbour probes against memory, one panel per size: every family, and the bounds.

    Parameters
    ----------
    found : Comparison
    measure : str
        ``excess_nll`` or ``violation_rate``.
    """
    sizes = found.sizes
    choosers = found.of("frontier", family="k-HRNN", alphabet="modular(2)", probe="neighbour")
    panels = len(sizes) + bool(choosers)
    columns = min(3, panels)
    lines = -(-panels // columns)
    with mpl.rc_context(STYLE):
        handles = _frontier_legend(found, measure)
        entries = (1, 2, 2)[columns - 1]  # side by side, in the width of so many panels
        figure = Figure(figsize=(3.1 * columns, 2.9 * lines + 0.2 * -(-len(handles) // entries) + 0.4))
        grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
        for axes, (n, k) in zip(grid.flat, sizes, strict=False):
            _frontier_panel(axes, found, n, k, measure)
        if choosers:
            _choosers_panel(grid.flat[len(sizes)], found, measure)
        for axes in list(grid.flat)[panels:]:
            axes.set_visible(False)
        for axes in list(grid.flat)[:panels]:  # pages show every panel by itself
            axes.set_ylabel(MEASURES[measure][0], fontsize=8)
            axes.tick_params(labelleft=True)
            axes.set_xlabel("bits (qubits) carried between tokens", fontsize=8)
        figure.legend(handles=handles, loc="outside lower center", ncols=entries, fontsize=8)
        return figure


def _frontier_panel(axes: Axes, found: Comparison, n: int, k: int, measure: str) -> None:
    total = comb(n, k)
    where = {"alphabet": "modular(2)", "n": n, "k": k, "probe": "neighbour"}
    _, bound = MEASURES[measure]
    bits = np.linspace(0.0, total, 200)
    axes.fill_between(bits, 0.0, [bound(n, k, m) for m in bits], color=GREY, alpha=0.3, lw=0)
    axes.axvline(total, color=GREY, lw=1.0, ls="--", label="binom(n, k)")
    axes.plot(bits, [bound(n, k, m) for m in bits], color=GREY, lw=0.0, label="bound for m bits")
    weights = sorted(found.of("frontier", family="budgeted tracker", **where), key=lambda row: row["memory"])
    axes.plot(
        [r["memory"] for r in weights],
        [r[measure] for r in weights],
        color=ORANGE,
        marker="D",
        ms=3.5,
        lw=1.2,
        label="budgeted tracker",
    )
    most = max(2.0 * n, total, _networks(axes, found, where, measure, "bits"))
    for family, (colour, marker) in FAMILIES.items():
        best = _least(found.of("rounded", family=family, **where), measure)
        if best:
            axes.plot(
                *zip(*best, strict=True),
                color=colour,
                marker=marker,
                ms=3.5,
                mfc="white",
                mew=0.7,
                lw=0.8,
                ls=":",
                label=f"{family}, rounded",
            )
    if measure == "excess_nll" and (n, k) == (3, 2):
        optimum = [(m, optimal_excess_nll(m)) for m in range(4)]
        axes.plot(
            *zip(*optimum, strict=True), color=INK, marker="_", ms=9, mew=1.6, lw=0, label="least of all encoders"
        )
    axes.plot(0.0, COIN[measure], clip_on=False, label="coin", **NO_MEMORY)
    _memory_axis(axes, most)
    axes.set_ylim(BELOW * TOP[measure], TOP[measure])
    axes.set_title(f"n = {n}, k = {k}: binom(n, k) = {total}", fontsize=9)


def _choosers_panel(axes: Axes, found: Comparison, measure: str) -> None:
    """Draw models that choose themselves the positions that a neighbour probe reads, which is another quantity."""
    most = 1.0
    for n, k in found.sizes:
        where = {"alphabet": "modular(2)", "n": n, "k": k, "probe": "neighbour"}
        _untrained(axes, found, where, measure)
        most = max(most, 2.0 * n)
    _memory_axis(axes, most)
    axes.set_ylim(BELOW * TOP[measure], TOP[measure])
    axes.set_title("models that choose the positions, all sizes", fontsize=9)


def _least(rows: Sequence[Row], measure: str) -> list[tuple[float, float]]:
    """Return bits and error of those rows that no other row beats in both."""
    out: list[tuple[float, float]] = []
    for bits, value in sorted((row["bits"], row[measure]) for row in rows):
        if not out or value < out[-1][1]:
            out.append((bits, value))
    return out


def real_figure(found: Comparison) -> Figure:
    """Draw the excess NLL on neighbour probes over the real alphabet against numbers carried."""
    sizes = sorted({(row["n"], row["k"]) for row in found.of("frontier", alphabet="real") if row["family"] in FAMILIES})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.8 * len(sizes) + 2.2, 3.3))
        for axes, (n, k) in zip(figure.subplots(1, len(sizes), squeeze=False)[0], sizes, strict=True):
            where = {"alphabet": "real", "n": n, "k": k, "probe": "neighbour"}
            most = max(2.0 * n, _networks(axes, found, where, "excess_nll", "memory"))
            for row in found.of("frontier", family="compiled k-HRNN", **where):
                if row["loss_scale"] >= 1.0:
                    scale = "the profile's loss" if row["loss_scale"] == 1.0 else f"{row['loss_scale']:g} times"
                    place = {"xytext": (8, 1), "textcoords": "offset points", "fontsize": 7}
                    axes.annotate(scale, (n, row["excess_nll"]), **place)
            axes.axvline(comb(n, k), color=GREY, lw=1.0, ls="--")
            axes.axvline(comb(n, k) - 1, color=GREY, lw=1.0, ls=":")
            _untrained(axes, found, where, "excess_nll")
            _memory_axis(axes, most)
            axes.set_xlabel("real numbers (qumodes) carried between tokens")
            axes.set_ylabel(MEASURES["excess_nll"][0])
            axes.set_title(f"real alphabet, n = {n}, k = {k}", fontsize=9)
        untrained = {
            "k-HRNN": "ideal k-HRNN, n qumodes",
            "compiled k-HRNN": "compiled k-HRNN, by loss",
            "phase-space sampler": "phase-space sampler, 2n numbers",
        }
        present = {row["family"] for n, k in sizes for row in found.of("frontier", alphabet="real", n=n, k=k)}
        handles = [
            *(Line2D([], [], label=label, **UNTRAINED[one]) for one, label in untrained.items() if one in present),
            *_trained(found, "real", ""),
            _key("binom(n, k): needed (ours)", GREY, "", "--"),
            _key("binom(n, k) - 1 (the paper's)", GREY, "", ":"),
        ]
        figure.legend(handles=handles, loc="outside right center", fontsize=8)
        return figure


def _networks(axes: Axes, found: Comparison, where: dict[str, Any], measure: str, amount: str) -> float:
    """Draw trained networks, every seed and the medians; return the largest memory."""
    most = 0.0
    for family, (colour, marker) in FAMILIES.items():
        rows = found.of("frontier", family=family, **where)
        amounts = sorted({row[amount] for row in rows})
        for row in rows:
            axes.plot(row[amount], row[measure], color=colour, marker=marker, ms=2.5, alpha=0.4, lw=0, label=family)
        middle = [median(row[measure] for row in rows if row[amount] == one) for one in amounts]
        axes.plot(amounts, middle, color=colour, marker=marker, ms=4, lw=1.0, label=f"{family}, median")
        most = max([most, *amounts])
    return most


def _untrained(axes: Axes, found: Comparison, where: dict[str, Any], measure: str) -> None:
    for family, style in UNTRAINED.items():
        for row in found.of("frontier", family=family, **where):
            if row[measure] is not None:
                axes.plot(row["memory"], row[measure], clip_on=False, label=row["model"], **style)


def _memory_axis(axes: Axes, most: float) -> None:
    axes.set_xscale("symlog", linthresh=1.0)
    step = 1 if most < 200 else 3 if most < 10_000 else 5
    ticks = [0, *(2**power for power in range(0, 18, step) if 2**power <= 1.3 * most)]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(-0.15, 1.5 * most)
    axes.set_ylim(bottom=BELOW * axes.get_ylim()[1])


def _key(label: str, colour: str, marker: str = "", style: str = "-", **more: Any) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, ls=style, label=label, **more)


def _trained(found: Comparison, alphabet: str, more: str) -> list[Line2D]:
    trained = {row["family"] for row in found.of("frontier", alphabet=alphabet)}
    return [_key(f"{NETWORKS[one]}{more}", *FAMILIES[one], ms=4) for one in FAMILIES if one in trained]


def _frontier_legend(found: Comparison, measure: str) -> list[Any]:
    labels = {
        "k-HRNN": "ideal k-HRNN, n qubits",
        "qubits": "qubits on Aer with CNOT errors",
        "phase-space sampler": "phase-space sampler, 2n bits",
    }
    asked = found.of("frontier", alphabet="modular(2)", probe="neighbour")
    optimum = measure == "excess_nll" and (3, 2) in found.sizes
    out: list[Any] = [
        Line2D([], [], label=label, **UNTRAINED[family])
        for family, label in labels.items()
        if any(row["family"] == family and row[measure] is not None for row in asked)
    ]
    out += [
        _key("budgeted tracker, one bit per weight", ORANGE, "D", ms=4),
        Line2D([], [], label="no memory: a coin", **NO_MEMORY),
        *([_key("least of all encoders, n = 3 (ours)", INK, "_", "", ms=9, mew=1.6)] if optimum else []),
        _key("binom(n, k) bits: needed without error (ours)", GREY, "", "--"),
        mpl.patches.Patch(color=GREY, alpha=0.3, lw=0, label="excluded for m bits (ours)"),
        *_trained(found, "modular(2)", ", 32 bits per number"),
    ]
    if found.of("rounded"):
        out.append(_key("rounded, best for their bits", INK, "o", ":", ms=3.5, mfc="white", lw=0.8))
    return out


def probe_figure(rows: Sequence[Row], measure: str) -> Figure:
    """Draw a table in colour: models against probe kinds, each rate with its 95 % interval."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    value = {(row["model"], row["probe"]): row[measure] for row in rows}
    ends = {(row["model"], row["probe"]): (row[f"{measure}_low"], row[f"{measure}_high"]) for row in rows}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 0.42 * len(models) + 0.6))
        axes = figure.add_subplot()
        table = np.array([[value.get((model, probe)) or 0.0 for probe in PROBES] for model in models])
        axes.imshow(np.sqrt(table), cmap="Oranges", vmin=0.0, vmax=1.0, aspect="auto")
        for y, model in enumerate(models):
            for x, probe in enumerate(PROBES):
                entry = value.get((model, probe))
                low, high = ends.get((model, probe), (None, None))
                interval = "" if low is None or high is None else f"\n({low:.2g} to {high:.2g})"
                text = "–" if entry is None else f"{entry:.3g}{interval}"
                dark = entry is not None and entry > 0.5
                axes.text(x, y, text, ha="center", va="center", fontsize=7.5, color="white" if dark else INK)
        axes.set_xticks(range(len(PROBES)), PROBES)
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(models)), models, fontsize=8)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        return figure


def left_rows(found: Comparison) -> tuple[Row, ...]:
    """Return the rows of the compiled network that say which share of the value of a memory is left."""
    return tuple(row for row in found.of("frontier", family="compiled k-HRNN") if row.get("share_left") is not None)


def left_figure(found: Comparison) -> Figure:
    """Draw the share of the value of a memory that the compiled network keeps against loss, one panel per size."""
    rows = left_rows(found)
    sizes = sorted({(row["n"], row["k"]) for row in rows})
    looks = (("matched", GREEN, "o"), ("decoy", ORANGE, "s"), ("neighbour", BLUE, "D"))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.9 * len(sizes) + 0.3, 3.0))
        for axes, (n, k) in zip(figure.subplots(1, len(sizes), squeeze=False)[0], sizes, strict=True):
            here = [row for row in rows if (row["n"], row["k"]) == (n, k)]
            scales = sorted({row["loss_scale"] for row in here})
            for probe, colour, marker in looks:
                own = sorted((row for row in here if row["probe"] == probe), key=lambda row: float(row["loss_scale"]))
                at, share = [scales.index(row["loss_scale"]) for row in own], [100.0 * row["share_left"] for row in own]
                low, high = (
                    [100.0 * (row["share_left"] if row[name] is None else row[name]) for row in own]
                    for name in ("share_left_low", "share_left_high")
                )
                spread = [np.subtract(*ends).clip(0.0).tolist() for ends in ((share, low), (high, share))]
                axes.errorbar(at, share, spread, color=colour, marker=marker, ms=4, lw=1.2, capsize=2, label=probe)
            axes.set_xticks(range(len(scales)), [f"{scale:g}" for scale in scales])
            axes.set_xlabel("loss, in multiples of the profile's dB", fontsize=8)
            axes.set_ylabel("share left, %")
            axes.set_ylim(min(0.0, axes.get_ylim()[0]), max(105.0, axes.get_ylim()[1]))
            axes.set_title(f"real alphabet, n = {n}, k = {k}", fontsize=9)
        first = figure.axes[0]
        first.legend(fontsize=8, title="probe", title_fontsize=8, loc="lower left")
        return figure


def learning_figure(curves: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the validation excess of the trained k-HRNN against sentences processed, one line per seed, beside Adam."""
    orders = sorted({(row["n"], row["k"]) for row in curves})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * len(orders), 3.0))
        panels = figure.subplots(1, len(orders), squeeze=False, sharey=True)[0]
        for axes, (n, k) in zip(panels, orders, strict=True):
            for how, colour, label in (("adam", ORANGE, "plain Adam"), ("coordinates", BLUE, "coordinate ascent")):
                rows = [row for row in curves if (row["n"], row["k"], row["optimiser"]) == (n, k, how)]
                for seed in sorted({row["seed_of_training"] for row in rows}):
                    own = [row for row in rows if row["seed_of_training"] == seed]
                    seen, value = _positive((row["sentences_seen"], row["excess_nll"]) for row in own)
                    axes.plot(seen, value, color=colour, lw=0.8, alpha=0.8, label=f"_{label}, seed {seed}")
                if any((row["n"], row["k"], row["optimiser"]) == (n, k, how) for row in curves):
                    axes.plot([], [], color=colour, label=label)
            axes.axhline(0.01, color=GREY, lw=1.0, ls="--", label="0.01: success")
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("sentences processed")
            axes.set_title(f"n = {n}, k = {k}", fontsize=9)
        panels[0].set_ylabel("excess NLL, validation (nats)")
        panels[0].legend(fontsize=8)
        return figure


def _positive(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return points with x above 0, and y not below 1e-6, for logarithmic axes."""
    kept = [(x, max(y, 1e-6)) for x, y in points if x > 0]
    return [x for x, _ in kept], [y for _, y in kept]


def gradient_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the variance of a derivative of the loss at random starts against n, by model, k and loss."""
    panels = sorted({(row["loss"], row["k"]) for row in rows})
    models = list(dict.fromkeys(row["model"] for row in rows))
    colours = dict(zip(models, (BLUE, GREEN, ORANGE, PURPLE, PINK), strict=False))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.8 * len(panels), 3.2))
        grid = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (loss, k) in zip(grid, panels, strict=True):
            for model in models:
                own = [r for r in rows if (r["loss"], r["k"], r["model"]) == (loss, k, model) and r["variance"] > 0]
                n = [row["n"] for row in own]
                value = np.array([row["variance"] for row in own])
                low = value - np.array([row["variance_low"] for row in own])
                high = np.array([row["variance_high"] for row in own]) - value
                spread = np.clip(np.array([low, high]), 0.0, None).tolist()
                axes.errorbar(
                    n, value, spread, color=colours[model], marker="o", ms=3, lw=1, capsize=2, label=LEARNERS[model]
                )
            axes.set_yscale("log")
            axes.set_xlabel("modes n")
            axes.set_title(f"{LOSSES[loss]}, k = {k}", fontsize=9)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        grid[0].set_ylabel("variance of a derivative")
        figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
        return figure
