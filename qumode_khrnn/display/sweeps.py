"""Picture of a sweep: what its cells found against one setting of its grid, one line for each value of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from compiler.errors import InputError
from hardware_profiles.display import Picture
from hardware_profiles.display.figures import BLUE, GREEN, INK, ORANGE, figure_picture, literal, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qumode_khrnn.studies.sweep import SweepResult

Rows = Sequence[Mapping[str, Any]]

MOST_MEASURES = 4
"""Largest number of columns that are drawn."""

MOST_SERIES = 8
"""Largest number of lines in each panel."""

LOOKS = (
    (BLUE, "o"),
    (ORANGE, "s"),
    (GREEN, "D"),
    (INK, "^"),
    ("#6b4fa0", "v"),
    ("#b5446e", "P"),
    ("#8a6d3b", "X"),
    ("#2a9d9d", "*"),
)
"""Colour and marker of each line, no two alike."""

TICKS_APART = 0.06
"""Smallest distance of two numbers under an axis, as a share of its length."""


def grid_of(rows: Rows) -> list[str]:
    """Return the columns of the grid whose values differ, which stand before ``repeat``.

    >>> grid_of([{"k": 2, "loss": 0.0, "repeat": 0, "error": 1.0}, {"k": 2, "loss": 1.0, "repeat": 0, "error": 2.0}])
    ['loss']
    """
    names = list(rows[0])
    return [name for name in names[: names.index("repeat")] if _differs(rows, name)]


def measures_of(rows: Rows) -> list[str]:
    """Return the columns of numbers that a task found, without ends of intervals and copies of settings.

    >>> measures_of([{"n": 3, "repeat": 0, "seed": 1, "modes": 3, "error": 1.0},
    ...              {"n": 4, "repeat": 0, "seed": 1, "modes": 4, "error": 2.0}])
    ['error']
    """
    grid = grid_of(rows)
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        copied = any(all(row.get(name) == row[setting] for row in rows) for setting in grid)
        own = name in (*grid, "repeat", "seed") or name.endswith(("_low", "_high"))
        if not own and not copied and _differs(rows, name) and all(_is_number(v) or v is None for v in values):
            found.append(name)
    return found


def sweep_picture(found: SweepResult) -> Picture:
    """Return what a sweep found against the setting of its grid that has the most values.

    Points are the rows of cells, lines join their means over repeats.

    Raises
    ------
    InputError
        If the sweep has no rows, or no column of numbers that differ.
    """
    rows = found.rows
    if not rows:
        raise InputError("a drawing of a sweep needs at least one row, found none")
    grid, measures = grid_of(rows), measures_of(rows)
    if not measures:
        raise InputError("a drawing of a sweep needs a column of numbers that differ between its rows, found none")
    along = max(grid, key=lambda name: len({row[name] for row in rows}), default="repeat")
    told = [name for name in grid if name != along] + _texts(rows, grid)
    series: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        series.setdefault(", ".join(f"{name} = {_text(row.get(name))}" for name in told), []).append(row)
    drawn, shown = dict(list(series.items())[:MOST_SERIES]), measures[:MOST_MEASURES]
    facts = [
        ("cells", f"{found.ran} run now, {found.reused} finished before"),
        ("rows", str(len(rows))),
        ("settings that differ", ", ".join(grid) or "none"),
    ]
    for what, all_of, some in (("lines", series, drawn), ("columns", measures, shown)):
        if len(some) < len(all_of):
            facts.append(("not drawn", f"{len(all_of) - len(some)} of {len(all_of)} {what}"))
    facts += [("warning", text) for text in found.warnings]
    with styled():
        columns = min(2, len(shown))
        lines = -(-len(shown) // columns)
        figure = new_figure(3.6 * columns, 2.8 * lines + (0.18 * len(drawn) if len(drawn) > 1 else 0.0))
        panels = list(figure.subplots(lines, columns, squeeze=False).flat)
        for axes, measure in zip(panels, shown, strict=False):
            for (name, own), (colour, marker) in zip(drawn.items(), LOOKS, strict=False):
                _draw(axes, own, along, measure, {"color": colour, "marker": marker, "label": literal(name, 60)})
            _name_axes(axes, rows, along, measure)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        if len(drawn) > 1:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", fontsize=8)
    return figure_picture(f"Sweep: {', '.join(shown)} against {along}", tuple(facts), figure)


def _draw(axes: Axes, rows: Rows, along: str, measure: str, look: dict[str, Any]) -> None:
    own = [(row[along], row[measure]) for row in rows if row.get(measure) is not None]
    places = list(dict.fromkeys(x for x, _ in own))
    if all(_is_number(x) for x in places):
        places.sort()
    means = [sum(y for x, y in own if x == place) / sum(x == place for x, _ in own) for place in places]
    axes.plot(_at(places), means, ms=4, lw=1.2, **look)
    if len(own) > len(places):
        axes.scatter(_at([x for x, _ in own]), [y for _, y in own], color=look["color"], s=6, alpha=0.5, lw=0)


def _at(values: Sequence[Any]) -> list[Any]:
    """Return numbers as they are, and everything else as text, which matplotlib places in order of appearance."""
    return [value if _is_number(value) else literal(_text(value), 24) for value in values]


def _name_axes(axes: Axes, rows: Rows, along: str, measure: str) -> None:
    places = sorted({row[along] for row in rows}) if all(_is_number(row[along]) for row in rows) else []
    if 1 < len(places) <= 8:
        told = _apart(places)
        axes.set_xticks(places, [f"{place:g}" if place in told else "" for place in places])
    axes.set_xlabel(literal(along, 40))
    axes.set_ylabel(literal(measure, 40))


def _texts(rows: Rows, grid: Sequence[str]) -> list[str]:
    """Return the columns of text that tell rows of one cell apart, such as kinds of probes."""
    names = dict.fromkeys(name for row in rows for name in row if isinstance(row[name], str) and name not in grid)
    cells: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        cells.setdefault((*(row[name] for name in grid), row["repeat"]), []).append(row)
    return [name for name in names if any(_differs(own, name) for own in cells.values())]


def _apart(places: Sequence[float]) -> list[float]:
    """Return those of the sorted places whose numbers do not overlap under an axis.

    >>> _apart([0.0, 0.3, 1.0, 3.0, 10.0])
    [0.0, 1.0, 3.0, 10.0]
    """
    told: list[float] = []
    for place in places:
        if not told or place - told[-1] >= TICKS_APART * (places[-1] - places[0]):
            told.append(place)
    return told


def _differs(rows: Rows, name: str) -> bool:
    return len({str(row.get(name)) for row in rows}) > 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
