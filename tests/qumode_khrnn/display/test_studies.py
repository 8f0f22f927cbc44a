"""Pictures of studies and trainings: the points that are drawn are the numbers of the result."""

from types import SimpleNamespace

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn.classical.config import TrainConfig
from qumode_khrnn.classical.evaluation import Score
from qumode_khrnn.classical.fit import Evaluation
from qumode_khrnn.classical.training import Trained, TrainResult
from qumode_khrnn.learning.results import LearningConfig, LearningResult
from qumode_khrnn.learning.trainability import TrainabilityConfig, TrainabilityResult, VarianceRow
from qumode_khrnn.studies.sweep import SweepResult
from qumode_khrnn.witness.study import run_witness, study_of
from qumode_khrnn.witness.triangle import Triangle


def lines(axes):
    return {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in axes.lines}


def written(result, path):
    result.draw(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    return "<table>" in result._repr_html_()


def swept(rows):
    return SweepResult(tuple(rows), (), len(rows), 0, 0, ())


def test_a_sweep_shows_means_over_repeats_against_the_setting_with_most_values(tmp_path):
    rows = [
        {
            "modes": n,
            "loss": loss,
            "repeat": i,
            "seed": 7 * i,
            "model": f"loss x {loss:g}",
            "n": n,
            "error": n + loss + i,
        }
        for n in (3, 4)
        for loss in (0.0, 0.5, 1.0)
        for i in (0, 2)
    ]
    found = swept(rows)
    (axes,) = found.draw().figure.axes  # n repeats modes, and model follows from loss: one column is left
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("loss", "error")
    assert lines(axes) == {f"modes = {n}": [(0.0, n + 1.0), (0.5, n + 1.5), (1.0, n + 2.0)] for n in (3, 4)}
    points = {tuple(point) for dots in axes.collections for point in dots.get_offsets()}
    assert points == {(row["loss"], row["error"]) for row in rows}
    assert ("settings that differ", "modes, loss") in found.draw().facts
    assert repr(found) == "<SweepResult: 12 rows, 12 cells run, 0 finished before>"
    assert written(found, tmp_path / "sweep.png")


def test_rows_of_one_cell_are_told_apart_by_their_text_and_text_stands_along_the_axis():
    rows = [
        {"profile": name, "repeat": 0, "seed": 1, "kind": kind, "rate": rate, "answers": 2.0 * rate}
        for name, rate in (("b$", 0.5), ("a", 0.25), ("c", 1.0))
        for kind in ("matched", "triple")
    ]
    figure = swept(rows).draw().figure
    assert [axes.get_ylabel() for axes in figure.axes] == ["rate", "answers"]
    assert set(lines(figure.axes[0])) == {"kind = matched", "kind = triple"}
    assert [y for _, y in lines(figure.axes[1])["kind = triple"]] == [1.0, 0.5, 2.0]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [r"b\$", "a", "c"]


def test_what_a_sweep_leaves_out_is_said_and_empty_sweeps_are_refused():
    rows = [
        {"a": a, "b": b, "repeat": 0, "seed": 1, **{f"m{i}": float(i + a * b) for i in range(6)}}
        for a in range(12)
        for b in range(11)
    ]
    made = swept(rows).draw()
    assert sum(axes.get_visible() for axes in made.figure.axes) == 4
    assert ("not drawn", "3 of 11 lines") in made.facts and ("not drawn", "2 of 6 columns") in made.facts
    looks = {(line.get_color(), line.get_marker()) for line in made.figure.axes[0].lines}
    assert len(looks) == 8  # no two lines look alike
    with pytest.raises(InputError, match="at least one row"):
        swept([]).draw()
    with pytest.raises(InputError, match="column of numbers"):
        swept([{"a": 1, "repeat": 0, "seed": 1, "answer": "x"}]).draw()


def test_numbers_under_the_axis_do_not_overlap():
    rows = [{"loss": loss, "repeat": 0, "seed": 1, "error": 1.0 + loss} for loss in (0.0, 0.3, 1.0, 3.0, 10.0)]
    (axes,) = swept(rows).draw().figure.axes
    assert list(axes.get_xticks()) == [0.0, 0.3, 1.0, 3.0, 10.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "", "1", "3", "10"]


def test_a_training_of_networks_shows_the_curve_of_every_seed(tmp_path):
    curves = {3: ((100, 0.5), (200, 0.25)), 4: ((100, 0.4), (200, 0.125), (300, 0.2))}
    runs = tuple(
        Trained(
            seed,
            len(curve) * 100,
            1000,
            1.0,
            False,
            tuple(Evaluation(*point) for point in curve),
            (Score("all", 10, 5, 0.0625, None, 0.5, None),),
            SimpleNamespace(),
        )
        for seed, curve in curves.items()
    )
    found = TrainResult(TrainConfig("gru", 4, "modular(2)", 3), 4, 0.003, (), 0.0, runs)
    (axes,) = found.draw().figure.axes
    assert lines(axes) == {f"seed {seed}": list(curve) for seed, curve in curves.items()}
    facts = dict(found.draw().facts)
    assert "the best has seed 4" in facts["trainings"] and facts["test set"] == "excess NLL 0.0625 nats per answer"
    assert repr(found) == "<TrainResult: gru, 4 numbers carried, 2 seeds>"
    assert written(found, tmp_path / "training.png")


def test_a_training_of_the_khrnn_shows_its_history(tmp_path):
    history = ((1, 100, 0.5), (2, 250, 0.05), (3, 700, 0.002))
    config = LearningConfig(4, 2, 5)
    found = LearningResult(config, 0.002, (0.001, 0.003), 0.01, True, "target", 1, 3, 700, 2.0, history, ())
    (axes,) = found.draw().figure.axes
    drawn = lines(axes)
    assert [(100, 0.5), (250, 0.05), (700, 0.002)] in drawn.values()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["coordinate ascent", "0.01: success"]
    assert axes.get_title() == "n = 4, k = 2" and "success" in found.draw().title
    assert repr(found) == "<LearningResult: excess 0.002 nats per answer, all weights recovered, 3 steps>"
    assert written(found, tmp_path / "learning.png")


def test_gradients_are_drawn_with_their_intervals(tmp_path):
    rows = tuple(
        VarianceRow("free", loss, n, 2, 2.0**-n, (2.0**-n / 2, 2.0**-n * 2), 30, 0)
        for loss in ("nll", "error")
        for n in (2, 3, 4)
    )
    found = TrainabilityResult(TrainabilityConfig(), rows, ())
    figure = found.draw().figure
    assert [axes.get_title() for axes in figure.axes] == [
        "mean error probability, k = 2",
        "negative log-likelihood, k = 2",
    ]
    for axes in figure.axes:
        (drawn,) = [c for c in axes.containers if len(c.lines[0].get_xdata())]
        assert list(zip(*drawn.lines[0].get_data(), strict=True)) == [(n, 2.0**-n) for n in (2, 3, 4)]
        ends = [tuple(segment[:, 1]) for segment in drawn.lines[2][0].get_segments()]
        assert np.allclose(ends, [(2.0**-n / 2, 2.0**-n * 2) for n in (2, 3, 4)])
    assert repr(found) == "<TrainabilityResult: 6 variances, 0 fitted laws>"
    assert written(found, tmp_path / "gradients.png")


def test_a_study_of_the_witness_shows_both_curves_and_its_numbers(tmp_path):
    found = study_of(run_witness(Triangle()), np.random.default_rng(0), 20)
    figure = found.draw().figure
    assert [axes.get_xlabel() for axes in figure.axes] == ["squeezing of the modes (dB)", "loss per mode (%)"]
    facts = dict(found.draw().facts)
    assert "20 shots per context" in facts["points"]
    assert repr(found) == f"<WitnessStudy: S = 3.42445, bound violated, {len(found.points)} points>"
    assert facts["S"].startswith("3.424451;") and facts["least squeezing for a violation"] == "r = 0.5829"
    assert found.draw().title.endswith("is violated") and written(found, tmp_path / "witness.png")
