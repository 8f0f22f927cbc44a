"""Figures of the report, as matplotlib figures; `svg` and `png` turn them into files."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array
from qumode_khrnn.hsmt.language import ProbeKind
from qumode_khrnn.network.hypergraph import Hypergraph
from qumode_khrnn.reports.style import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from simulations.laws.discrete import DiscreteLaw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qumode_khrnn.studies.experiment import ExperimentResult, LossPoint, StateCost


def synthesis_figure(states: tuple[StateCost, ...]) -> Figure:
    """Cubic gates of dense hypergraphs against the number of modes, by strategy; the generic rank as a line."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 3.2))
        axes = figure.add_subplot()
        n = [s.modes for s in states]
        series = (
            ([s.polarization for s in states], "polarization", ORANGE, "o"),
            ([s.eigen_peeling for s in states], "eigen-peeling", GREY, "s"),
            ([s.cubics for s in states], "chosen", BLUE, "D"),
        )
        axes.plot(n, [s.generic_rank for s in states], color=INK, lw=1.0, ls=":", zorder=1, label="generic Waring rank")
        for values, label, colour, marker in series:
            axes.plot(n, values, color=colour, marker=marker, ms=4, lw=1.2, label=label)
        axes.set_yscale("log")
        axes.set_xticks(n)
        axes.set_xlabel("modes n")
        axes.set_ylabel("cubic gates")
        axes.legend(loc="upper left")
        return figure


def hypergraph_figure(graph: Hypergraph) -> Figure:
    """Modes on a circle; every edge a shaded hull, coloured by the sign of its weight."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6, 3.4))
        axes = figure.add_subplot()
        angle = pi / 2 - 2 * pi * np.arange(graph.modes) / graph.modes
        at = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        for edge in graph.edges:
            points = at[list(edge.modes)]
            colour = BLUE if edge.weight > 0 else ORANGE
            centre = points.mean(axis=0)
            if len(edge.modes) > 2:
                axes.fill(*points.T, color=colour, alpha=0.16, lw=0)
            for point in points:
                axes.plot(*np.stack([centre, point]).T, color=colour, lw=0.8 + 3.0 * abs(edge.weight), alpha=0.8)
            axes.annotate(
                f"{edge.weight:+.2f}",
                centre,
                color=colour,
                ha="center",
                va="center",
                fontsize=8,
                bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"},
            )
        axes.scatter(at[:, 0], at[:, 1], s=190, color="white", edgecolor=INK, zorder=3)
        for mode, point in enumerate(at):
            axes.annotate(str(mode), point, ha="center", va="center", zorder=4)
        axes.set_aspect("equal")
        axes.axis("off")
        axes.margins(0.12)
    return figure


COLUMNS_PER_LINE = 8
"""Columns of a circuit beside each other: long circuits go on below, so that their letters stay readable."""


def circuit_figure(circuit: Circuit) -> Figure:
    """Draw a native circuit: one wire per mode, operations placed as soon as their modes are free, in lines."""
    used = sorted({m for op in circuit.operations for m in op.modes})
    row = {mode: len(used) - 1 - i for i, mode in enumerate(used)}
    placed = circuit_columns(circuit)
    columns = max((column for column, _ in placed), default=0) + 1
    lines = -(-columns // COLUMNS_PER_LINE)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.0, (0.3 + 0.5 * len(used)) * lines))
        for number, axes in enumerate(figure.subplots(lines, 1, squeeze=False)[:, 0]):
            first = number * COLUMNS_PER_LINE
            for mode in used:
                axes.plot([-0.7, COLUMNS_PER_LINE - 0.3], [row[mode]] * 2, color=GREY, lw=0.9, zorder=1)
                kind = "ancilla" if mode in circuit.ancillas else "mode"
                axes.annotate(f"{kind} {mode}", (-0.8, row[mode]), ha="right", va="center", fontsize=8)
            for column, op in placed:
                if first <= column < first + COLUMNS_PER_LINE:
                    _draw_operation(axes, column - first, [row[m] for m in op.modes], op)
            axes.set_xlim(-2.2, COLUMNS_PER_LINE)
            axes.set_ylim(-0.6, len(used) - 0.4)
            axes.axis("off")
    return figure


def circuit_columns(circuit: Circuit) -> list[tuple[int, ops.Operation]]:
    """Return every operation with the column of its drawing; wires between its modes count as used."""
    used = sorted({m for op in circuit.operations for m in op.modes})
    free = dict.fromkeys(used, 0)
    placed: list[tuple[int, ops.Operation]] = []
    for op in circuit.operations:
        span = [m for m in used if min(op.modes) <= m <= max(op.modes)]
        column = max(free[m] for m in span)
        placed.append((column, op))
        free.update(dict.fromkeys(span, column + 1))
    return placed


def circuit_rows(circuit: Circuit) -> list[dict[str, Any]]:
    """Return the operations of a drawn circuit as rows: column, name, modes, label."""
    return [
        {
            "column": column,
            "operation": type(op).__name__,
            "modes": " ".join(map(str, op.modes)),
            "label": _label(op),
        }
        for column, op in circuit_columns(circuit)
    ]


def _draw_operation(axes: Axes, column: float, rows: list[int], op: ops.Operation) -> None:
    label, colour = _label(op), ORANGE if not op.gaussian else INK
    if len(rows) == 2:
        axes.plot([column, column], rows, color=BLUE, lw=1.6, zorder=2)
        axes.scatter([column, column], rows, color=BLUE, s=16, zorder=3)
        axes.annotate(label, (column + 0.08, max(rows) - 0.5), fontsize=7, color=BLUE, va="center")
        return
    axes.annotate(
        label,
        (column, rows[0]),
        ha="center",
        va="center",
        fontsize=7,
        color=colour,
        zorder=4,
        bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": colour, "lw": 0.9},
    )


def _label(op: ops.Operation) -> str:
    def number(value: object) -> str:
        return "f(m)" if isinstance(value, Polynomial) else f"{value:.2f}"

    match op:
        case ops.BeamSplitter():
            return f"BS {number(op.theta)}"
        case ops.CubicPhase():
            return f"V {number(op.gamma)}"
        case ops.Squeeze() | ops.PrepareSqueezed():
            return f"{'S' if isinstance(op, ops.Squeeze) else 'prep S'} {number(op.r)}"
        case ops.Rotation():
            return f"R {number(op.theta)}"
        case ops.Homodyne():
            return (
                "read p" if abs(op.angle - pi / 2) < 1e-12 else "read x" if op.angle == 0.0 else f"read {op.angle:.2f}"
            )
        case ops.Loss():
            return f"loss {op.eta:.2f}"
    return type(op).__name__


def answers_figure(points: tuple[LossPoint, ...]) -> Figure:
    """Answers of the compiled network: neighbour probes against the exact mean; matched and decoy probes as strips."""
    lossless = [p for p in points if p.scale == 0.0][:1]
    shown = (lossless + [p for p in points if p.scale == 1.0][:1]) or list(points[:1])
    names = ["lossless" if p.scale == 0.0 else f"loss x {p.scale:g}" for p in shown]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.1 * (len(shown) + 1), 3.2))
        for i, (point, name) in enumerate(zip(shown, names, strict=True)):
            axes = figure.add_subplot(1, len(shown) + 1, i + 1)
            mean, value, _ = _answers(point, ProbeKind.NEIGHBOUR)
            reach = 1.05 * float(max(np.abs(mean).max(initial=1.0), np.abs(value).max(initial=1.0)))
            axes.plot([-reach, reach], [-reach, reach], color=GREY, lw=0.8, zorder=0, label="_answer = exact mean")
            axes.scatter(mean, value, s=8, alpha=0.55, color=BLUE, lw=0, label="_answers")
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="exact mean of the answer")
            axes.set_title(f"neighbour probes, {name}", fontsize=9)
            if i == 0:
                axes.set_ylabel("answer of the network")
        strips = figure.add_subplot(1, len(shown) + 1, len(shown) + 1)
        labels: list[str] = []
        for kind, colour in ((ProbeKind.MATCHED, GREEN), (ProbeKind.DECOY, ORANGE)):
            for point, name in zip(shown, names, strict=True):
                _, value, deviation = _answers(point, kind)
                at = len(labels)
                spread = 0.28 * np.sin(np.arange(len(value)) * 2.4)  # a fixed, even jitter
                strips.scatter(at + spread, value, s=6, alpha=0.5, color=colour, lw=0, label=f"_{kind.value}, {name}")
                if kind is ProbeKind.MATCHED and len(deviation):
                    band = 2.0 * float(deviation.max())
                    strips.fill_between([at - 0.42, at + 0.42], -band, band, color=GREY, alpha=0.25, lw=0, zorder=0)
                labels.append(f"{kind.value}\n{name}")
        strips.set_xticks(range(len(labels)), labels, fontsize=7)
        strips.set_title("matched and decoy probes", fontsize=9)
    return figure


def _answers(point: LossPoint, kind: ProbeKind) -> tuple[Array, Array, Array]:
    """Exact means, answers and exact deviations of one kind of probe."""
    found = [
        (law.mean, y, sqrt(law.variance))
        for sentence, ys, laws in zip(point.run.dataset.sentences, point.run.answers, point.run.laws, strict=True)
        for k, y, law in zip(sentence.kinds, ys, laws, strict=True)
        if k is kind and not isinstance(law, DiscreteLaw)
    ]
    mean, value, deviation = np.array(found).reshape(-1, 3).T
    return mean, value, deviation


def loss_figure(points: tuple[LossPoint, ...], profile: str) -> Figure:
    """Squared error of determined answers, in units of the exact variance, against the loss; loss-aware ones dotted."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.8, 3.4))
        axes = figure.add_subplot()
        smallest = min((p.scale for p in points if p.scale > 0.0), default=1.0)
        kinds = (("matched", GREEN), ("neighbour", BLUE))
        for probe, colour, aware in [(*kind, aware) for kind in kinds for aware in (False, True)]:
            x, y, low, high = [], [], [], []
            for point in points:
                rows = point.aware_rows if aware else point.rows
                row = next((r for r in rows if r.probe == probe), None)
                interval = row.ci95["squared_error"] if row is not None else None
                if row is None or row.squared_error is None or interval is None:
                    continue
                x.append(point.scale if point.scale > 0.0 else smallest / 4.0)
                y.append(row.squared_error)
                low.append(row.squared_error - interval[0])
                high.append(interval[1] - row.squared_error)
            look: dict[str, Any] = {"ls": "-", "marker": "o", "mfc": "white", "ms": 7, "lw": 4.0, "alpha": 0.4}
            if aware:  # thin, above the wide curve of plain cells: where both agree, both are seen
                look = {"ls": ":", "marker": "s", "ms": 3, "lw": 1.2}
            label = f"{probe}, loss-aware" if aware else probe
            axes.errorbar(x, y, yerr=[low, high], capsize=2, elinewidth=1.0, color=colour, label=label, **look)
        axes.axhline(1.0, color=GREY, lw=0.9, ls="--", label="_exact model")
        axes.annotate(
            "exact model", (0.99, 1.0), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        ticks = [p.scale if p.scale > 0.0 else smallest / 4.0 for p in points]
        axes.set_xticks(ticks, [f"{p.scale:g}" for p in points])
        axes.minorticks_off()
        high_end = max(3.0, *(r.squared_error or 1.0 for p in points for r in p.rows))
        marks = [v for v in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if 0.5 <= v <= 1.5 * high_end]
        axes.set_yticks(marks, [f"{v:g}" for v in marks])
        axes.set_xlabel(f"loss, in multiples of the dB of {profile} (0 = lossless)")
        axes.set_ylabel("squared error / exact variance")
        axes.legend(fontsize=8, title="probe", title_fontsize=8)
    return figure


def calibration_figure(result: ExperimentResult) -> Figure:
    """Standardised answers of the ideal network to matched probes, beside the normal density they must follow."""
    values = [
        (y - law.mean) / sqrt(law.variance)
        for s in result.ideal.sentences
        for kind, y, law in zip(s.kinds, s.answers, s.laws, strict=True)
        if kind is ProbeKind.MATCHED and not isinstance(law, DiscreteLaw)
    ]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.8, 2.8))
        axes = figure.add_subplot()
        axes.hist(values, bins=np.linspace(-4, 4, 33).tolist(), density=True, color=BLUE, alpha=0.5, label="answers")
        z = np.linspace(-4, 4, 161)
        axes.plot(z, np.exp(-0.5 * z**2) / sqrt(2 * pi), color=INK, lw=1.1, label="exact law")
        axes.set_xlabel("(answer - exact mean) / exact deviation")
        axes.set_ylabel("density")
        axes.legend(fontsize=8)
    return figure
