"""Figures of the comparison: points are rows, every mark has its own entry in the legend; long tables are folded."""

from dataclasses import replace

import pytest
from places import ROOT

from qumode_khrnn.comparison.study import read_comparison
from qumode_khrnn.reports.comparison_figures import frontier_figure, left_figure, left_rows
from qumode_khrnn.reports.comparison_report import write_comparison
from qumode_khrnn.reports.separation_figures import decisive_figure


@pytest.fixture(scope="module")
def found():
    return read_comparison(ROOT / "results" / "compare" / "report.json")


def row(probe, scale, left, low, high):
    ends = {"share_left": left, "share_left_low": low, "share_left_high": high}
    return {
        "study": "frontier",
        "family": "compiled k-HRNN",
        "n": 4,
        "k": 2,
        "probe": probe,
        "loss_scale": scale,
        **ends,
    }


def test_the_share_that_is_left_is_drawn_with_its_interval(found):
    rows = (
        row("matched", 1.0, 0.75, 0.5, 0.875),
        row("matched", 0.0, 1.0, None, None),
        row("decoy", 1.0, None, None, None),
    )
    few = replace(found, rows=rows)
    assert len(left_rows(few)) == 2
    (axes,) = left_figure(few).axes
    drawn = {box.get_label(): box for box in axes.containers if len(box.lines[0].get_xdata())}
    assert set(drawn) == {"matched"}
    line, _, (bars,) = drawn["matched"].lines
    assert list(zip(*line.get_data(), strict=True)) == [(0, 100.0), (1, 75.0)]
    assert [list(segment[:, 1]) for segment in bars.get_segments()] == [[100.0, 100.0], [50.0, 87.5]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1"]


def test_every_mark_and_line_of_the_decisive_figure_has_its_own_entry(found):
    figure = decisive_figure(found)
    (legend,) = figure.legends
    entries = [text.get_text() for text in legend.get_texts()]
    assert len(set(entries)) == len(entries)
    looks = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            line = handle.lines[0] if hasattr(handle, "lines") else handle
            looks.setdefault(label, set()).add((line.get_color(), line.get_marker()))
    assert set(looks) == set(entries) and all(len(look) == 1 for look in looks.values())


def below_mark(axes, line):
    """Return by how many points the lowest mark of a line stays above the lower end of the axes."""
    heights = axes.transData.transform([(1.0, y) for y in line.get_ydata()])[:, 1]
    lowest = heights.min() - axes.bbox.y0
    return lowest * 72.0 / axes.figure.dpi - 0.5 * line.get_markersize()


@pytest.mark.parametrize("measure", ["excess_nll", "violation_rate"])
def test_no_mark_at_0_is_cut_by_the_axis(found, measure):
    figure = frontier_figure(found, measure)
    figure.draw_without_rendering()
    seen = set()
    for axes in figure.axes:
        for line in axes.get_lines():
            if line.get_marker() not in ("", "None", None) and 0.0 in line.get_ydata():
                seen.add(line.get_label())
                assert below_mark(axes, line) > 0.0
    assert {"budgeted tracker", "ideal k-HRNN", "phase-space sampler"} <= seen


def test_marks_of_models_that_meet_are_all_seen(found):
    """The pair model and the ideal network violate nothing, at every n: one mark stands around the other."""
    figure = decisive_figure(found)
    figure.draw_without_rendering()
    last = figure.axes[3]
    marks = {box.get_label(): box.lines[0] for box in last.containers}
    pair, ideal = marks["pair model"], marks["ideal k-HRNN"]
    assert set(pair.get_ydata()) == set(ideal.get_ydata()) == {0.0}
    assert pair.get_markerfacecolor() == "none" and pair.get_markersize() > ideal.get_markersize()
    assert all(below_mark(last, line) > 0.0 for line in (pair, ideal))
    choosers = next(axes for axes in frontier_figure(found, "violation_rate").axes if "choose" in axes.get_title())
    both = {line.get_label(): line for line in choosers.get_lines()}
    sampler, network = both["phase-space sampler"], both["ideal k-HRNN"]
    assert sampler.get_markerfacecolor() == "none" and sampler.get_markersize() > network.get_markersize()


def test_long_tables_are_folded(found, tmp_path):
    write_comparison(found, tmp_path, "khrnn compare", 1.0, "2026-11-30")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    open_parts = html
    while "<details>" in open_parts:
        before, rest = open_parts.split("<details>", 1)
        open_parts = before + rest.split("</details>", 1)[1]
    assert html.count("<tr>") > 500 and 5 < open_parts.count("<tr>") < 40
    scores = (tmp_path / "tables" / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert len(scores) == 1 + len(found.of("frontier"))
