"""A figure as a page shows it: its panels, a text for who cannot see it, its data, and the command that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from qumode_khrnn.reports.drawn_data import csv_text, drawn_rows
from qumode_khrnn.reports.style import png, svg_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One figure of a page, drawn.

    Attributes
    ----------
    name : str
        Name of its files, ``figures/NAME.png`` and ``figures/NAME.csv``.
    number : int
        Its number on the page.
    alt : str
        What it shows, for readers who cannot see it.
    command : str
        The command that makes it.
    panels : tuple of Markup
        SVG of every panel.
    picture : bytes
        The whole figure as PNG.
    data : str
        What is drawn, as CSV.
    """

    name: str
    number: int
    alt: str
    command: str
    panels: tuple[Markup, ...]
    picture: bytes
    data: str


def exhibits(
    figures: Mapping[str, Figure],
    alts: Mapping[str, str],
    command: str,
    *,
    commands: Mapping[str, str] | None = None,
    data: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> dict[str, Exhibit]:
    """Return the figures of a page by name, numbered in the order given.

    Parameters
    ----------
    figures, alts : mapping from name to Figure and to text
    command : str
        The command that makes the page.
    commands : mapping from name to str, optional
        Commands that make one figure alone.
    data : mapping from name to rows, optional
        Data of figures that are not drawn point by point, such as circuits.
    """
    out = {}
    for number, (name, figure) in enumerate(figures.items(), start=1):
        rows = (data or {}).get(name)
        text = csv_text(drawn_rows(figure) if rows is None else rows)
        panels = tuple(Markup(panel) for panel in svg_panels(figure))
        out[name] = Exhibit(name, number, alts[name], (commands or {}).get(name, command), panels, png(figure), text)
    return out


def files_of(shown: Iterable[Exhibit]) -> dict[str, str | bytes]:
    """Return the files of figures by name: a picture and its data beside it."""
    out: dict[str, str | bytes] = {}
    for one in shown:
        out[f"figures/{one.name}.png"] = one.picture
        out[f"figures/{one.name}.csv"] = one.data
    return out
