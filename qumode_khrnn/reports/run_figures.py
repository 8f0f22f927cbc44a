"""Draw the figures of the report, as matplotlib figures."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from compiler.exports.drawings.drawing import draw
from compiler.exports.drawings.svg import to_svg
from compiler.ir.circuit import Circuit
from compiler.typing import Array
from hardware_profiles.display.figures import BLUE, GREEN, GREY, INK, ORANGE, STYLE
from qumode_khrnn.hsmt.language import ProbeKind
from simulations.laws.discrete import DiscreteLaw

if TYPE_CHECKING:
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


CIRCUIT_WIDTH = 520
"""Width in pixels: long circuits go on below, so that their letters stay readable on a telephone."""


def circuit_drawing(circuit: Circuit) -> str:
    """Return a circuit as SVG text, in systems that are narrow enough for a page."""
    return to_svg(circuit, width=CIRCUIT_WIDTH)


def circuit_rows(circuit: Circuit) -> list[dict[str, Any]]:
    """Return the drawn operations as rows: column, name, modes, and the numbers that the drawing shows.

    >>> from compiler.ir import operations as ops
    >>> circuit_rows(Circuit(2, (ops.Rotation((0,), 0.5), ops.ControlledZ((0, 1), 0.25))))[1]["modes"]
    '0 1'
    """
    return [
        {
            "column": element.column,
            "operation": type(element.operation).__name__,
            "modes": " ".join(map(str, element.operation.modes)),
            "numbers": "; ".join(element.label.numbers),
        }
        for element in draw(circuit).elements
    ]


def answers_figure(points: tuple[LossPoint, ...]) -> Figure:
    """Answers of the compiled network: neighbour probes against the exact mean; matched and decoy probes as strips."""
    lossless = [p for p in points if p.scale == 0.0][:1]
    shown = (lossless + [p for p in points if p.scale == 1.0][:1]) or list(points[:1])
    names = ["lossless" if p.scale == 0.0 else f"loss × {p.scale:g}" for p in shown]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.1 * (len(shown) + 1), 3.2))
        for i, (point, name) in enumerate(zip(shown, names, strict=True), start=1):
            axes = figure.add_subplot(1, len(shown) + 1, i)
            mean, value, _ = _answers(point, ProbeKind.NEIGHBOUR)
            reach = 1.05 * float(max(np.abs(mean).max(initial=1.0), np.abs(value).max(initial=1.0)))
            axes.plot([-reach, reach], [-reach, reach], color=GREY, lw=0.8, zorder=0, label="_answer = exact mean")
            axes.scatter(mean, value, s=8, alpha=0.55, color=BLUE, lw=0, label="_answers")
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="exact mean of the answer")
            axes.set_title(f"neighbour probes, {name}", fontsize=9)
            axes.set_ylabel("answer of the network")  # pages show every panel by itself
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
        strips.set_ylabel("answer of the network")
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
