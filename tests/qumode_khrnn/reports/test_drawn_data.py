"""The data of a figure are what it draws, and pages show all its panels."""

import csv
import io
import re

import numpy as np
from matplotlib.figure import Figure

from compiler import Circuit, operations
from qumode_khrnn.reports.drawn_data import csv_text, drawn_rows
from qumode_khrnn.reports.exhibits import exhibits, files_of
from qumode_khrnn.reports.run_figures import circuit_drawing, circuit_rows
from qumode_khrnn.reports.style import svg_panels


def test_lines_error_bars_bars_points_and_cells_are_read():
    figure = Figure()
    first, second, third = figure.subplots(1, 3)
    first.set_title("first")
    first.set_xlabel("loss")
    first.plot([1.0, 2.0], [0.5, 0.25], label="plain")
    first.errorbar([3.0], [0.5], [[0.1], [0.2]], label="_sampled")
    first.axvline(7.0, label="limit")
    second.barh([0, 1], [2.0, 3.0], label="gates")
    second.set_yticks([0, 1], ["ions", "light"])
    second.scatter([5.0], [6.0], label="_points")
    third.pcolormesh([10.0, 20.0], [1.0, 2.0, 3.0], np.arange(6.0).reshape(3, 2), shading="nearest")
    rows = drawn_rows(figure)

    def of(series):
        return [(row["x"], row["y"], row.get("y_low"), row.get("y_high")) for row in rows if row["series"] == series]

    assert of("plain") == [(1.0, 0.5, None, None), (2.0, 0.25, None, None)]
    assert [tuple(map(float, point)) for point in of("sampled")] == [(3.0, 0.5, 0.4, 0.7)]
    assert of("limit") == [(7.0, None, None, None)]
    assert [(x, y) for x, y, *_ in of("gates")] == [(2.0, "ions"), (3.0, "light")]
    assert of("points") == [(5.0, 6.0, None, None)]
    cells = {(row["x"], row["y"]): row["value"] for row in rows if "value" in row}
    assert cells == {(10.0 * (1 + i % 2), 1.0 + i // 2): float(i) for i in range(6)}
    assert rows[0]["panel"] == "first" and rows[0]["x_axis"] == "loss"


def test_a_number_between_named_ticks_stays_a_number():
    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([0.0, 0.05], [1.0, 1.0], label="answers")
    axes.set_xticks([0.0, 0.1], ["none", "some"])
    assert [row["x"] for row in drawn_rows(figure)] == ["none", 0.05]


def test_csv_reads_back():
    rows = [{"series": "a, b", "x": 1.5, "y": None}, {"series": 'say "c"', "x": "ions", "y": None}]
    read = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert read == [{"series": "a, b", "x": "1.5"}, {"series": 'say "c"', "x": "ions"}]


def test_every_panel_is_drawn_by_itself_and_the_legend_once():
    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("left", "right"), strict=True):
        axes.plot([0.0, 1.0], [0.0, 1.0], label="curve")
        axes.set_title(name)
    mesh = figure.axes[1].pcolormesh([[1.0, 2.0], [3.0, 4.0]])
    figure.colorbar(mesh, ax=figure.axes[1], label="colour")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center")
    panels = svg_panels(figure)
    texts = [set(re.findall(r"<!-- (.*?) -->", panel)) for panel in panels]
    assert len(panels) == 3 and all(panel.startswith("<svg") for panel in panels)
    assert [{"left", "right", "colour", "curve"} & found for found in texts] == [
        {"left"},
        {"right", "colour"},
        {"curve"},
    ]
    widths = [float(re.search(r'width="([\d.]+)pt"', panel)[1]) for panel in panels]
    assert max(widths) < 72.0 * 9.0 / 1.5  # each is narrower than the figure
    assert all(artist.get_visible() for artist in (*figure.axes, *figure.legends))


def test_exhibits_bear_numbers_texts_commands_and_files():
    figures = {name: Figure() for name in ("one", "two")}
    for figure in figures.values():
        figure.add_subplot().plot([0.0, 1.0], [2.0, 3.0], label="curve")
    found = exhibits(
        figures,
        {"one": "a line", "two": "another"},
        "khrnn run",
        commands={"two": "khrnn devices"},
        data={"two": [{"gate": "V", "mode": 0}]},
    )
    assert [(one.number, one.alt, one.command) for one in found.values()] == [
        (1, "a line", "khrnn run"),
        (2, "another", "khrnn devices"),
    ]
    files = files_of(found.values())
    assert set(files) == {f"figures/{name}.{end}" for name in ("one", "two") for end in ("png", "csv")}
    assert files["figures/two.csv"] == "gate,mode\nV,0\n" and files["figures/one.csv"].endswith("curve,1,3\n")


def test_a_drawing_as_svg_keeps_its_styles_to_itself_and_is_written_as_it_is():
    svg = '<svg role="img" width="9"><style>text{fill:red}.n{font-size:9px}</style><text class="n">a</text></svg>'
    (one,) = exhibits({"cell": svg}, {"cell": "a circuit"}, "khrnn run", data={"cell": [{"gate": "V"}]}).values()
    inside = '<svg width="9"><style>#figure-cell text{fill:red}#figure-cell .n{font-size:9px}</style>'
    assert one.panels == (f'{inside}<text class="n">a</text></svg>',)
    assert files_of([one]) == {"figures/cell.svg": svg.encode(), "figures/cell.csv": "gate\nV\n"}


def test_a_circuit_is_drawn_whole_and_listed():
    circuit = Circuit(
        2, (operations.Squeeze((0,), 0.5), operations.BeamSplitter((0, 1), 0.25), operations.Rotation((1,), 1.0))
    )
    shown = re.findall(r'<text class="s"[^>]*>(.*?)</text>', circuit_drawing(circuit))
    assert sorted(shown) == ["B", "B", "R", "S"]  # a beamsplitter has a box on each of its modes
    assert [(row["column"], row["operation"], row["modes"]) for row in circuit_rows(circuit)] == [
        (0, "Squeeze", "0"),
        (1, "BeamSplitter", "0 1"),
        (2, "Rotation", "1"),
    ]


def test_bars_of_a_histogram_bear_its_name():
    figure = Figure()
    figure.add_subplot().hist([0.25, 0.75, 0.75], bins=[0.0, 0.5, 1.0], label="answers")
    assert [(row["series"], row["x"], row["y"]) for row in drawn_rows(figure)] == [
        ("answers", 0.25, 1.0),
        ("answers", 0.75, 2.0),
    ]


def test_parts_of_drawings_bear_names_of_their_own_on_the_page():
    figures = {name: Figure() for name in ("one", "two")}
    for figure in figures.values():
        for axes in figure.subplots(1, 2):
            axes.plot([1.0, 10.0], [1.0, 10.0], marker="o")
            axes.set_yscale("log")
    panels = [
        panel for one in exhibits(figures, dict.fromkeys(figures, "two lines"), "x").values() for panel in one.panels
    ]
    page = "".join(panels)
    assert len(panels) == 4
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(names)) == len(names)
    for panel in panels:  # each uses its own parts, and all of them
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', panel))
        assert used == set(re.findall(r'\bid="([^"]+)"', panel)) and len(used) > 2
