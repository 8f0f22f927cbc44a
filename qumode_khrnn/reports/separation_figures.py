"""The decisive figure: what must be remembered against the number of modes, and who fails triple probes."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from hardware_profiles.display.figures import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from qumode_khrnn.comparison.memory import EXCESS_NATS, SHOWN_MODES, SHOWN_ORDERS, memory_rows
from qumode_khrnn.comparison.study import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PURPLE, PINK = "#6b4fa0", "#b5446e"

Style = dict[str, Any]
LINES: dict[str, tuple[str, Style]] = {
    "ideal": ("k-HRNN: n qubits", {"color": BLUE, "lw": 2.2}),
    "phase-space-sampler": ("phase-space sampler: 2n bits", {"color": GREEN, "lw": 1.4}),
    "patched-sampler": ("patched sampler: bits", {"color": GREEN, "lw": 1.2, "ls": "--"}),
    "hashed-sampler": ("hashed sampler: bits", {"color": GREEN, "lw": 1.2, "ls": ":"}),
    "taylor-sampler": ("Taylor sampler: bits", {"color": PURPLE, "lw": 1.2, "ls": "-."}),
    "tracker": ("tracker of all N weights: exact", {"color": ORANGE, "lw": 1.2, "ls": "--"}),
    "N - 1 (ours)": ("theorem (ours): N − 1 bits, k = 2", {"color": INK, "lw": 1.8}),
    "N - 1 (the paper's)": ("theorem (the paper's): N − 1", {"color": PINK, "lw": 1.8}),
    "binom(n - k + 2, 2) - 1 (ours)": (
        "theorem (ours): binom(n − 1, 2) − 1, k = 3",
        {"color": INK, "lw": 1.8, "ls": "-."},
    ),
    f"excess at most {EXCESS_NATS} nats (ours)": (
        f"needed for at most {EXCESS_NATS} nats (ours)",
        {"color": GREY, "lw": 1.6},
    ),
}
"""Label and style of every line, by the name of its rows."""

MARKS: dict[str, tuple[str, Style]] = {
    "constant": ("constant 0", {"color": INK, "marker": "x"}),
    "coin": ("coin", {"color": INK, "marker": "+"}),
    "silent": ("silent model", {"color": PINK, "marker": "v", "mfc": "none", "ms": 11}),
    "phase-space-sampler": ("phase-space sampler", {"color": GREEN, "marker": "P"}),
    "patched-sampler": ("patched sampler", {"color": GREEN, "marker": "s", "mfc": "none", "ms": 8}),
    "hashed-sampler": ("hashed sampler", {"color": GREEN, "marker": "^"}),
    "taylor-sampler": ("Taylor sampler", {"color": PURPLE, "marker": "D"}),
    "tracker": ("tracker", {"color": ORANGE, "marker": "D", "mfc": "white"}),
    "pair": ("pair model", {"color": INK, "marker": "o", "mfc": "none", "ms": 10}),
    "ideal": ("ideal k-HRNN", {"color": BLUE, "marker": "*", "ms": 9}),
    "qubits": ("qubits with 1 % CNOT errors", {"color": BLUE, "marker": "*", "ms": 9, "mfc": "white"}),
}
"""Label and mark of every model that is examined."""


def decisive_figure(found: Comparison) -> Figure:
    """Bits against n for k = 2 and 3; violated triple probes against memory, and against n.

    What is drawn is in the rows ``memory`` and ``examination`` of the report's data.
    """
    size = _examined(found)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 10.0 if size else 6.0))
        figure.get_layout_engine().set(h_pad=0.08)  # type: ignore[union-attr, call-arg]
        panels = list(figure.subplots(2 if size else 1, 2, squeeze=False).flat)
        for axes, k in zip(panels, SHOWN_ORDERS, strict=False):
            _memory_panel(axes, k, found)
        if size is not None:
            _violations_by_memory(panels[2], found, *size)
            _violations_by_modes(panels[3], found, size[1])
        handles: dict[str, Any] = {}
        for axes in panels:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, handle)
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2, fontsize=8)
        return figure


def _examined(found: Comparison) -> tuple[int, int] | None:
    """The size whose violations are shown against memory: of the least k, the largest with every kind of model."""
    sizes = [(n, k) for _, n, k in found.triple_rates()]
    if not sizes:
        return None
    least = [size for size in sizes if size[1] == min(k for _, k in sizes)]
    return max([size for size in least if size[0] <= found.config.examination.dense_up_to] or least)


def _memory_panel(axes: Axes, k: int, found: Comparison) -> None:
    rows = [row for row in memory_rows() if row["k"] == k]
    for name, (label, style) in LINES.items():
        own = [(row["n"], row["bits"]) for row in rows if row["name"] == name and row["bits"] > 0]
        if own and not (name == "taylor-sampler" and k == 2):
            axes.plot(*zip(*own, strict=True), label=label, **style)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = [3, 4, 6, 8, 12, 16, 24, 32, 48]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(SHOWN_MODES[0], SHOWN_MODES[-1])
    axes.set_xlabel("modes n")
    axes.set_ylabel("bits (qubits) carried after the write")
    axes.set_title(f"k = {k}: N = binom(n, {k})", fontsize=9)
    shown = [f"{MARKS[name][0]}: {text}" for name, text in _failures(found, k)]
    if shown:
        text = "measured share of violated triple probes, n ≥ 4:\n" + "\n".join(shown)
        axes.text(0.03, 0.97, text, transform=axes.transAxes, fontsize=7, color=GREEN, va="top")


def _failures(found: Comparison, k: int) -> list[tuple[str, str]]:
    """Least and greatest measured rate of samplers, over the examined n of four modes and more."""
    out = []
    for name in ("phase-space-sampler", "patched-sampler", "hashed-sampler", "taylor-sampler"):
        rates = [
            row["violations"] / row["probes"]
            for (model, n, order), row in found.triple_rates().items()
            if (model, order) == (name, k) and n >= 4
        ]
        if rates and not (name == "taylor-sampler" and k == 2):
            low, high = f"{100 * min(rates):.0f}", f"{100 * max(rates):.0f}"
            out.append((name, f"{low} %" if low == high else f"{low} to {high} %"))
    return out


def _violations_by_memory(axes: Axes, found: Comparison, n: int, k: int) -> None:
    rates = found.triple_rates()
    for name, (label, style) in MARKS.items():
        own = [
            row
            for (model, modes, order), row in rates.items()
            if (modes, order) == (n, k) and model.split(":")[0] == name and not model.startswith("qubits:0.001")
        ]
        own.sort(key=lambda row: float(row["memory_bits"]))
        _points(axes, [row["memory_bits"] for row in own], own, label, style)
    total = comb(n, k)
    axes.axvline(total - 1, color=INK, lw=1.0)
    axes.text(total - 1, 0.52, f"N − 1 = {total - 1} ", fontsize=7, ha="right", va="top")
    axes.set_xscale("symlog", linthresh=1.0)
    ticks = [0, *(2**power for power in range(10) if 2**power <= 2 * total)]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(-0.2, 2.2 * total)
    axes.set_xlabel("bits (qubits) carried after the write")
    axes.set_title(f"triple probes, n = {n}, k = {k}", fontsize=9)
    _rate_axis(axes)


def _violations_by_modes(axes: Axes, found: Comparison, k: int) -> None:
    rates = found.triple_rates()
    for name in ("constant", "coin", "phase-space-sampler", "patched-sampler", "hashed-sampler", "pair", "ideal"):
        label, style = MARKS[name]
        own = [row for (model, _, order), row in rates.items() if (model, order) == (name, k)]
        own.sort(key=lambda row: int(row["modes"]))
        _points(axes, [row["modes"] for row in own], own, label, {**style, "lw": 0.8})
    axes.set_xscale("log")
    ticks = sorted({row["modes"] for (_, _, order), row in rates.items() if order == k})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("modes n")
    axes.set_title(f"triple probes, k = {k}", fontsize=9)
    _rate_axis(axes)


def _points(axes: Axes, at: list[float], rows: list[dict[str, Any]], label: str, style: Style) -> None:
    if not rows:
        return
    rate = [row["violations"] / row["probes"] for row in rows]
    low = [max(0.0, one - row["violations_low"]) for one, row in zip(rate, rows, strict=True)]
    high = [max(0.0, row["violations_high"] - one) for one, row in zip(rate, rows, strict=True)]
    shape = {"ms": 5, "lw": 1.0 if len(rows) > 1 else 0.0, "capsize": 2, "elinewidth": 0.8, **style}
    axes.errorbar(at, rate, [low, high], label=label, clip_on=False, **shape)


def _rate_axis(axes: Axes) -> None:
    axes.set_ylim(-0.025, 0.55)  # marks at 0 are not cut, and stand above the numbers of the axis
    axes.set_ylabel("violated triple probes, share")
