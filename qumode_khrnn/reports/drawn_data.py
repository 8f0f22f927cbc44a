"""Read the data of a figure back from what it draws, so that the data and the drawing cannot differ."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = dict[str, Any]
Ticks = tuple[dict[float, str], dict[float, str]]
"""Labels of ticks along x and along y, by place."""

COLUMNS = ("panel", "series", "x_axis", "y_axis", "x", "y", "y_low", "y_high", "value")
"""Columns of the data of a figure: place of a point, ends of its error bar, value of its colour."""


def drawn_rows(figure: Figure) -> list[Row]:
    """Return one row for every point, bar and cell that a figure draws, in the order of drawing.

    The series is the label of the artist. Labels that start with an underscore are hidden from legends by matplotlib;
    here they are shown without it.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> _ = figure.add_subplot().plot([1.0, 2.0], [3.0, 4.0], label="error")
    >>> [(row["series"], row["x"], row["y"]) for row in drawn_rows(figure)]
    [('error', 1.0, 3.0), ('error', 2.0, 4.0)]
    """
    found: list[Row] = []
    for axes in figure.axes:
        if not axes.get_visible() or axes.get_label() == "<colorbar>":
            continue
        place = {
            "panel": " ".join(axes.get_title().split()),
            "x_axis": axes.get_xlabel() or _shared_label(figure, axes, "x"),
            "y_axis": axes.get_ylabel() or _shared_label(figure, axes, "y"),
        }
        found += [{**place, **row} for row in _points(axes)]
    return found


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as comma-separated values under one header; columns that are empty in every row are left out.

    >>> csv_text([{"n": 3, "error": 0.25, "note": None}])
    'n,error\\n3,0.25\\n'
    """
    names = [
        name for name in dict.fromkeys(key for row in rows for key in row) if any(_text(r.get(name)) for r in rows)
    ]
    if set(names) <= set(COLUMNS):
        names.sort(key=COLUMNS.index)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_text(row.get(name)) for name in names] for row in rows)
    return buffer.getvalue()


def _text(value: object) -> str:
    return "" if value is None else f"{value:.8g}" if isinstance(value, float) else str(value)


def _shared_label(figure: Figure, axes: Axes, side: str) -> str:
    """Return the label of the first panel that has one, because panels in a row share it."""
    labels = (getattr(other, f"get_{side}label")() for other in figure.axes if other.get_label() != "<colorbar>")
    return next((label for label in labels if label), "")


def _points(axes: Axes) -> Iterator[Row]:
    from matplotlib.collections import PathCollection, QuadMesh
    from matplotlib.container import BarContainer, ErrorbarContainer

    ticks = _tick_labels(axes.xaxis), _tick_labels(axes.yaxis)
    skipped: set[int] = set()
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            line, caps, bars = container.lines
            skipped.update(id(part) for part in (line, *caps) if part is not None)
            ends = [segment[:, 1] for bar in bars for segment in bar.get_segments()]
            ends = ends if line is not None and len(ends) == len(np.asarray(line.get_xdata())) else []
            if line is not None:
                for i, row in enumerate(_line(axes, ticks, line, str(container.get_label()))):
                    low_high = {"y_low": float(ends[i][0]), "y_high": float(ends[i][1])} if ends else {}
                    yield {**row, **low_high}
        elif isinstance(container, BarContainer):
            yield from _bars(ticks, container)
    for line in axes.get_lines():
        if id(line) not in skipped:
            yield from _line(axes, ticks, line, str(line.get_label()))
    for collection in axes.collections:
        if isinstance(collection, PathCollection):
            for x, y in np.asarray(collection.get_offsets()):
                yield _row(ticks, _series(str(collection.get_label())), x, y)
        elif isinstance(collection, QuadMesh):
            yield from _cells(ticks, collection)


def _line(axes: Axes, ticks: Ticks, line: Any, label: str) -> Iterator[Row]:
    xs, ys = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
    series = _series(label)
    if line.get_transform() == axes.get_xaxis_transform(which="grid"):  # a line across the panel, at one x
        yield _row(ticks, series, xs[0], None)
    elif line.get_transform() == axes.get_yaxis_transform(which="grid"):
        yield _row(ticks, series, None, ys[0])
    else:
        for x, y in zip(xs, ys, strict=True):
            yield _row(ticks, series, x, y)


def _bars(ticks: Ticks, bars: Any) -> Iterator[Row]:
    label = str(bars.get_label())
    if label.startswith("_container") and bars.patches:  # a histogram names its first bar
        label = str(bars.patches[0].get_label())
    series = _series(label)
    for bar in bars.patches:
        if bars.orientation == "horizontal":
            yield _row(ticks, series, bar.get_width(), bar.get_y() + 0.5 * bar.get_height())
        else:
            yield _row(ticks, series, bar.get_x() + 0.5 * bar.get_width(), bar.get_height())


def _cells(ticks: Ticks, mesh: Any) -> Iterator[Row]:
    corners = np.asarray(mesh.get_coordinates())
    centres = 0.25 * (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:])
    values = np.asarray(mesh.get_array()).reshape(centres.shape[:2])
    for index in np.ndindex(values.shape):
        yield {**_row(ticks, "", *centres[index]), "value": float(values[index])}


def _row(ticks: Ticks, series: str, x: float | None, y: float | None) -> Row:
    names = (
        None if at is None else labels.get(round(float(at), 9), float(at))
        for at, labels in zip((x, y), ticks, strict=True)
    )
    return {"series": series, **dict(zip("xy", names, strict=True))}


def _tick_labels(axis: Any) -> dict[float, str]:
    """Return the labels of ticks by place, where ticks bear labels of their own, such as names of devices."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    formatter, locator = axis.get_major_formatter(), axis.get_major_locator()
    if not isinstance(locator, FixedLocator) or not isinstance(formatter, FixedFormatter | FuncFormatter):
        return {}
    places: Iterable[float] = locator()
    return {round(float(place), 9): " ".join(formatter(place, i).split()) for i, place in enumerate(places)}


def _series(label: str) -> str:
    return "" if label.startswith("_child") or label.startswith("_container") else label.removeprefix("_")
