"""``khrnn lattice-witness`` as a user meets it."""

import csv
import json

import pytest
from command import ok, refused

from qumode_khrnn.cli.witness import write_lattice
from qumode_khrnn.reports.lattice_figure import lattice_figure
from qumode_khrnn.witness import lattice_study
from qumode_khrnn.witness.lattice_study import LatticeAnswer, LatticePoint

FAST = ("--squeezing", 1.5, "--envelope", 0.8)


def test_the_answer_as_text_and_as_json():
    text, data = ok("lattice-witness", *FAST), json.loads(ok("lattice-witness", *FAST, "--json"))
    assert data["value"] == pytest.approx(data["momenta"] - data["positions"] - 6.0 * data["wrong"])
    assert data["violated"] and data["noncontextual_bound"] == 0.0 and data["qubits"] == 0.5
    assert f"I = {data['value']:.5f} violates the bound" in text
    assert f"r = {data['least_squeezing_r']:.3f} ({data['least_squeezing_db']:.2f} dB)" in text


def test_the_exit_code_is_0_without_a_violation_too():
    text = ok("lattice-witness", "--squeezing", 0.8, "--envelope", 0.8, "--loss", 0.4)
    assert "misses the bound by" in text and "r = 2 (17.37 dB) is not enough" in text


def test_a_folder_with_table_and_figure(tmp_path, monkeypatch):
    monkeypatch.setattr(lattice_study, "CURVES", ((0.8, 0.0), (0.8, 0.1)))
    monkeypatch.setattr(lattice_study, "CURVE_SQUEEZINGS", (1.0, 1.5))
    counted = []
    points = lattice_study.lattice_curves(counted.append)
    write_lattice(tmp_path, LatticeAnswer(points[1], None), points)
    data = json.loads((tmp_path / "lattice.json").read_text(encoding="utf-8"))
    with (tmp_path / "lattice.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert counted == [1, 2, 3, 4]
    assert [float(row["value"]) for row in rows] == [point["value"] for point in data["points"]]
    assert [row["loss"] for row in rows] == ["0.0", "0.0", "0.1", "0.1"]
    assert data["points"][1]["value"] == data["value"] > data["points"][3]["value"]
    assert (tmp_path / "lattice.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [
        ("--squeezing", 9, "the squeezing of a lattice state must lie in 0.3..2.5, found 9"),
        ("--envelope", "nan", "the envelope of a lattice state must lie in 0.3..2.0, found nan"),
        ("--loss", 1, "the loss must lie in [0, 1), found 1"),
    ],
)
def test_bad_numbers(option, value, found):
    assert found in refused("lattice-witness", option, value)


def test_the_figure_draws_every_curve_and_both_bounds():
    points = [
        LatticePoint(r, envelope, loss, 0.0, 0.0, 0.0, r - loss)
        for envelope, loss in ((None, 0.0), (1.0, 0.0), (1.0, 0.05))
        for r in (1.0, 1.5)
    ]
    (axes,) = lattice_figure(points, points[3]).axes
    drawn = [list(line.get_ydata()) for line in axes.get_lines()]
    assert drawn == [[1.0, 1.5], [1.0, 1.5], [0.95, 1.45], [1.5], [0.0, 0.0], [0.5, 0.5]]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["symmetric, E = eʳ", "E = exp(1.0)", "E = exp(1.0), 5 % loss", "asked for"]
