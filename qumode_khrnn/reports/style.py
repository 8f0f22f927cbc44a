"""How figures of reports are written; their colours and style are those of `hardware_profiles.display.figures`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox, TransformedBbox

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def decibels_above(axes: Axes) -> None:
    """Mark squeezing in dB above an axis of squeezing parameters r (1 dB is r = 0.115)."""
    from qumode_khrnn.witness.law import decibels

    def there(r: Any) -> Any:
        return np.asarray(r) * decibels(1.0)

    def back(db: Any) -> Any:
        return np.asarray(db) / decibels(1.0)

    axes.secondary_xaxis("top", functions=(there, back)).set_xlabel("squeezing (dB)")


PADDING_INCHES = 0.06
"""White space around a panel that is written by itself."""


def svg_panels(figure: Figure) -> tuple[str, ...]:
    """Return every panel of the figure as SVG text of its own (no XML header), legends of the figure last.

    Pages put panels side by side where there is room and below each other where there is not, so that letters need not
    shrink. A colour bar stays with the panel whose colours it explains.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # axes stay where they are
    colour_bars: dict[int, list[Artist]] = {}
    for axes in figure.axes:
        if axes.get_label() == "<colorbar>":
            colour_bars.setdefault(id(axes._colorbar.mappable.axes), []).append(axes)  # type: ignore[attr-defined]
    bars = {id(axes) for found in colour_bars.values() for axes in found}
    panels = [axes for axes in figure.axes if axes.get_visible() and id(axes) not in bars]
    groups: list[list[Artist]] = [[axes, *colour_bars.get(id(axes), ())] for axes in panels]
    if len(panels) > 1:
        groups += [[legend] for legend in figure.legends]
    else:
        groups = [[*groups[0], *figure.legends]]
    everything = [artist for artist in (*figure.axes, *figure.legends) if artist.get_visible()]
    out = []
    for group in groups:
        for artist in everything:
            artist.set_visible(artist in group)
        out.append(_svg(figure, group))
    for artist in everything:
        artist.set_visible(True)
    return tuple(out)


def _svg(figure: Figure, artists: Sequence[Artist]) -> str:
    boxes = [box for artist in artists if (box := artist.get_tightbbox()) is not None]
    inches = TransformedBbox(Bbox.union(boxes), figure.dpi_scale_trans.inverted()).padded(PADDING_INCHES)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches=inches)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def png(figure: Figure) -> bytes:
    """The figure as PNG at 160 dots per inch."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()
