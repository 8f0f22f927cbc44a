"""The figure of the witness draws the points of its study, the bound, and the sampler."""

import numpy as np
import pytest

from qumode_khrnn.reports.drawn_data import drawn_rows
from qumode_khrnn.reports.style import png
from qumode_khrnn.reports.witness_figure import witness_figure
from qumode_khrnn.witness.law import BOUND, exponents, network_value, sampler_value
from qumode_khrnn.witness.study import run_witness, study_of
from qumode_khrnn.witness.triangle import Triangle


@pytest.fixture(scope="module")
def study():
    return study_of(run_witness(Triangle(1.5)), np.random.default_rng(0), 100)


def test_the_points_are_the_laws(study):
    curves = [point for point in study.points if point.shots is None]
    assert len(curves) == 2 * 8 * 41
    for point in curves:
        r = np.inf if point.squeezing_r is None else point.squeezing_r
        law = network_value if point.player == "network" else sampler_value
        assert point.value == pytest.approx(law(*exponents(1.5, r, point.loss)), abs=1e-12)
    sampled = [point for point in study.points if point.shots == 100]
    assert len(sampled) == 16
    for point in sampled:  # 5 standard errors: all sixteen together fail falsely with 1e-5
        law = network_value if point.player == "network" else sampler_value
        exact = law(*exponents(1.5, point.squeezing_r, point.loss))
        assert abs(point.value - exact) < 5.0 * point.standard_error


def test_the_figure_shows_bound_curves_and_points(study):
    figure = witness_figure(study)
    for axes, curve, key in zip(figure.axes[:2], ("squeezing", "loss"), ("loss", "squeezing_r"), strict=True):
        lines = [line for line in axes.get_lines() if len(line.get_xdata()) == 41]
        bounds = [line for line in axes.get_lines() if list(line.get_ydata()) == [BOUND, BOUND]]
        assert len(lines) == 8 and len(bounds) == 1
        own = [point for point in study.points if point.curve == curve and point.shots is None]
        drawn = sorted(tuple(line.get_ydata()) for line in lines)
        known = {(getattr(p, key), p.player): [] for p in own}
        for point in own:
            known[getattr(point, key), point.player].append(point.value)
        assert drawn == sorted(map(tuple, known.values()))
    assert len(figure.axes[0].containers) == 4  # error bars of both players, without and with loss
    assert len(figure.axes[1].get_legend().get_texts()) == 5
    for axes in figure.axes[:2]:
        assert [text.get_position() for text in axes.texts if text.get_text() == "2√2"]
    assert png(figure).startswith(b"\x89PNG")  # and is drawn: the legend stands above the bound's line
    lowest = figure.axes[1].get_legend().get_window_extent().y0
    assert lowest > figure.axes[1].transData.transform((0.0, BOUND))[1]


def test_squares_that_meet_are_both_seen_and_every_series_has_a_name_of_its_own(study):
    figure = witness_figure(study)
    (filled, open_) = (box.lines[0] for box in figure.axes[0].containers if "sampler" in box.get_label())
    assert open_.get_markerfacecolor() == "none" and open_.get_markersize() > filled.get_markersize() + 2.0
    points = {}
    for row in drawn_rows(figure):
        points.setdefault((row["x_axis"], row["series"]), []).append(row["x"])
    for (_, series), places in points.items():
        assert series and (series == "noncontextual bound" or len(set(places)) == len(places))
