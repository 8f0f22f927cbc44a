"""Make matplotlib figures, one style for all, and turn them into pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from hardware_profiles.display.picture import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, BLUE, ORANGE, GREEN, GREY = "#1b1f24", "#2563a8", "#c8501e", "#2f7d4f", "#8a929c"

STYLE: dict[str, Any] = {
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


NODE = {"boxstyle": "round,pad=0.3", "fc": "white", "ec": INK, "lw": 0.9}
"""Box around the name of a node, which grows with the name."""


def styled() -> AbstractContextManager[None]:
    """Return the context in which figures are made."""
    import matplotlib as mpl

    return mpl.rc_context(STYLE)


def literal(name: str, most: int = 24) -> str:
    r"""Return a name from a file as text for a figure: dollar signs start no formula, and long names are cut.

    >>> literal("$x$"), literal("a long name", 7)
    ('\\$x\\$', 'a long…')
    """
    cut = name if len(name) <= most else f"{name[: most - 1]}…"
    return cut.replace("$", r"\$")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure; the size is in inches. Without pyplot, no window opens and nothing must be closed."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def figure_picture(title: str, facts: tuple[tuple[str, str], ...], figure: Figure) -> Picture:
    """Return a figure as a picture that can be written as SVG, PNG (160 dots per inch) and PDF."""

    def writer(kind: str, **options: Any) -> Callable[[], bytes]:
        def write() -> bytes:
            buffer = io.BytesIO()
            with styled():
                figure.savefig(buffer, format=kind, **options)
            return buffer.getvalue()

        return write

    writers = {
        ".svg": writer("svg", metadata={"Date": None}),
        ".png": writer("png", dpi=160),
        ".pdf": writer("pdf", metadata={"CreationDate": None}),
    }
    return Picture(title, facts, writers, figure)
