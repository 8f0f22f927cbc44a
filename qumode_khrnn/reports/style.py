"""Colours and style of all figures, and how they are written."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    pass


INK, BLUE, ORANGE, GREEN, GREY = "#1b1f24", "#2563a8", "#c8501e", "#2f7d4f", "#8a929c"


STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "qumode-khrnn",
    "figure.constrained_layout.use": True,
}


def svg(figure: Figure) -> str:
    """The figure as SVG text for embedding (no XML header)."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    figure.set_layout_engine("none")  # its axes stand where they stand: a PNG need not lay them out again
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def png(figure: Figure) -> bytes:
    """The figure as PNG at 160 dots per inch."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()
