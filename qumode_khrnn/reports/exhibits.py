"""Hold a figure as a page shows it: panels, a text for who cannot see it, its data, and the command that makes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from qumode_khrnn.reports.drawn_data import csv_text, drawn_rows
from qumode_khrnn.reports.style import png, svg_panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hardware_profiles.display import Drawable


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One figure of a page, drawn.

    Attributes
    ----------
    name : str
        Name of its files: the picture, and ``figures/NAME.csv``.
    number : int
        Its number on the page.
    alt : str
        What it shows, for readers who cannot see it.
    command : str
        The command that makes it.
    panels : tuple of Markup
        SVG of every panel.
    picture : bytes
        The whole figure as a file.
    kind : str
        Kind of this file: ``png``, or ``svg`` for a drawing that is not made by matplotlib.
    data : str
        What is drawn, as CSV.
    """

    name: str
    number: int
    alt: str
    command: str
    panels: tuple[Markup, ...]
    picture: bytes
    kind: str
    data: str


def exhibits(
    figures: Mapping[str, Figure | str],
    alts: Mapping[str, str],
    command: str,
    *,
    commands: Mapping[str, str] | None = None,
    data: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> dict[str, Exhibit]:
    """Return the figures of a page by name, numbered in the order given.

    Parameters
    ----------
    figures : mapping from name to Figure, or to the text of an SVG file
    alts : mapping from name to str
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
        if isinstance(figure, str):
            panels, picture, kind = [_inside_page(figure, name)], figure.encode("utf-8"), "svg"
            text = csv_text(rows or ())
        else:
            panels = [_with_own_names(svg, f"{name}-{i}-") for i, svg in enumerate(svg_panels(figure))]
            picture, kind = png(figure), "png"
            text = csv_text(drawn_rows(figure) if rows is None else rows)
        made_by = (commands or {}).get(name, command)
        out[name] = Exhibit(name, number, alts[name], made_by, tuple(map(Markup, panels)), picture, kind, text)
    return out


def _inside_page(svg: str, name: str) -> str:
    """Return an SVG drawing whose styles hold in its figure only; the figure around it has the role of an image."""
    before, rest = svg.replace(' role="img"', "", 1).split("<style>", 1)
    styles, after = rest.split("</style>", 1)
    confined = re.sub(r"([^{}]+)\{", rf"#figure-{name} \1{{", styles)
    return f"{before}<style>{confined}</style>{after}"


def _with_own_names(svg: str, before: str) -> str:
    """Return an SVG drawing whose parts bear names of their own on the page; names that nothing uses are left out.

    >>> _with_own_names('<g id="text_1"><path id="m1"/><use xlink:href="#m1" clip-path="url(#p2)"/></g>', "loss-0-")
    '<g><path id="loss-0-m1"/><use xlink:href="#loss-0-m1" clip-path="url(#loss-0-p2)"/></g>'
    """
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    named = re.sub(r' id="([^"]*)"', lambda one: f' id="{before}{one[1]}"' if one[1] in used else "", svg)
    return re.sub(r'(href="|url\()#', rf"\1#{before}", named)


def figure_of(value: Drawable) -> Figure:
    """Return the figure of a value that matplotlib draws, the one that a notebook shows."""
    figure = value.draw().figure
    assert figure is not None
    return figure


def files_of(shown: Iterable[Exhibit]) -> dict[str, str | bytes]:
    """Return the files of figures by name: a picture and its data beside it."""
    out: dict[str, str | bytes] = {}
    for one in shown:
        out[f"figures/{one.name}.{one.kind}"] = one.picture
        out[f"figures/{one.name}.csv"] = one.data
    return out
