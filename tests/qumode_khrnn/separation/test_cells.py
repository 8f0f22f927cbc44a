"""Examinations as jobs: they go on where they were, do not depend on workers, and are a task of sweeps."""

import json

import pytest
from separation_support import call

from compiler.errors import InputError
from qumode_khrnn.separation.cells import (
    PROBES_PER_PART,
    check_examine,
    examination_lines,
    examine,
    flat,
    run_examination,
)
from qumode_khrnn.studies.sweep import SweepConfig, expand, run_sweep

ROW = {"model", "memory_bits", "kind", "probes", "answers", "violations", "ci95"}


def jobs_of(folder):
    return {path.name: path for path in (folder / "jobs").iterdir()}


def test_a_second_call_reuses_what_is_finished(tmp_path):
    heard = []
    models, probes = ("phase-space-sampler", "tracker:3"), PROBES_PER_PART + 40
    rows = run_examination(models, 4, 2, "triple", probes, 3, folder=tmp_path, progress=heard.append)
    assert heard == [0, 1, 2, 3, 4]
    files = jobs_of(tmp_path)
    assert set(files) == {
        f"{name}-n4-k2-triple-{part}.json"
        for name in ("phase-space-sampler", "tracker-3")
        for part in ("0-200", "200-240")
    }
    kept = {name: (path.read_bytes(), path.stat().st_mtime_ns) for name, path in files.items()}
    files["tracker-3-n4-k2-triple-200-240.json"].unlink()
    heard.clear()
    assert run_examination(models, 4, 2, "triple", probes, 3, folder=tmp_path, progress=heard.append) == rows
    assert heard == [3, 4]  # three were there
    for name, path in jobs_of(tmp_path).items():
        assert path.read_bytes() == kept[name][0]
        assert (path.stat().st_mtime_ns == kept[name][1]) == (name != "tracker-3-n4-k2-triple-200-240.json")
    # more probes: the parts that are whole are kept
    heard.clear()
    (more, _) = run_examination(models, 4, 2, "triple", probes + 1, 3, folder=tmp_path, progress=heard.append)
    assert heard[0] == 2 and more["probes"] == probes + 1


def test_an_examination_without_a_folder_is_the_same(tmp_path):
    rows = run_examination(["coin"], 3, 2, None, 30, 3)
    assert rows == run_examination(["coin", "coin"], 3, 2, None, 30, 3, folder=tmp_path)
    assert rows != run_examination(["coin"], 3, 2, None, 30, 4)
    assert [row["kind"] for row in rows] == ["matched", "decoy", "context", "neighbour", "contextual", "triple"]
    assert all(row["probes"] == 30 for row in rows)


def test_examinations_do_not_depend_on_workers(tmp_path):
    models = ("phase-space-sampler", "ideal")
    rows = run_examination(models, 4, 3, "triple", PROBES_PER_PART + 10, 5, workers=1)
    again = run_examination(models, 4, 3, "triple", PROBES_PER_PART + 10, 5, workers=2, folder=tmp_path)
    assert again == rows and len(jobs_of(tmp_path)) == 4


def test_the_sweep_task_gives_the_rows_of_examinations(tmp_path):
    base = {"modes": 4, "k": 2, "probes": 50, "kind": None}
    config = SweepConfig(task="examine", seed=2, base=base, grid={"model": ["constant", "phase-space-sampler"]})
    done = run_sweep(config, tmp_path, workers=1)
    assert (done.ran, done.reused, len(done.rows)) == (2, 0, 12)
    for name in ("constant", "phase-space-sampler"):
        rows = [row for row in done.rows if row["model"] == name]
        (seed,) = {row["seed"] for row in rows}
        for row, expected in zip(rows, run_examination([name], 4, 2, None, 50, seed), strict=True):
            assert {column: row.get(column) for column in flat(expected)} == flat(expected)
    by_kind = {(row["model"], row["kind"]): row for row in done.rows}
    triple = by_kind["constant", "triple"]
    assert triple["violations_low"] < triple["violations"] / 50 < triple["violations_high"]
    assert "impossible answers" in triple["caught_by"] and triple["memory_bits"] == 0
    assert by_kind["phase-space-sampler", "matched"]["violations"] == 0
    assert run_sweep(config, tmp_path, workers=1).reused == 2


def test_settings_of_a_cell_are_filled_in_and_checked():
    full = check_examine({})
    assert full == {"model": "phase-space-sampler", "modes": 8, "k": 2, "kind": "triple", "probes": 600}
    rows = examine({**full, "modes": 3, "probes": 20}, 1)
    assert [row["kind"] for row in rows] == ["triple"] and not any(isinstance(v, list) for v in rows[0].values())
    for wrong, words in (
        ({"model": "nobody"}, "model must be one of"),
        ({"modes": 2}, "kind must be one of matched, decoy, neighbour"),
        ({"modes": 1}, r"the cell with the settings of \[base\] is refused: examine: modes: must be >= 2, found 1"),
        ({"modes": 3, "k": 4}, "modes must lie in 4..200, found 3"),
        ({"probes": 0}, "examine: probes: must be >= 1, found 0"),
        ({"probes": 1.5}, "examine: probes: must be a whole number, found 1.5"),
        ({"model": "tracker:99"}, r"0\.\.28 for n = 8"),
        ({"kinds": "triple"}, r"examine: kinds: there is no such key; did you mean 'kind'\?$"),
    ):
        with pytest.raises(InputError, match=words):
            expand(SweepConfig(task="examine", base=wrong))


def test_the_command_prints_rows_as_json():
    args = ("--model", "constant", "--model", "ideal", "--modes", 4, "--probes", 20, "--seed", 7)
    code, text, _ = call("hsmt", "examine", *args, "--json")
    assert code == 0
    data = json.loads(text)
    assert set(data) == {"rows"} and all(set(row) >= ROW for row in data["rows"])
    assert data["rows"] == run_examination(["constant", "ideal"], 4, 2, None, 20, 7)
    triples = {row["model"]: row for row in data["rows"] if row["kind"] == "triple"}
    assert triples["ideal"]["violations"] == 0 < triples["constant"]["violations"]
    low, high = triples["constant"]["ci95"]
    assert low < triples["constant"]["violations"] / 20 < high
    assert (triples["ideal"]["memory_bits"], triples["ideal"]["memory_unit"]) == (4, "qubits")


def test_the_command_prints_a_line_for_each_row(tmp_path):
    args = ("--model", "constant", "--model", "tracker:2", "--modes", 4, "--probes", 20)
    code, text, _ = call("hsmt", "examine", *args, "--out", tmp_path)
    assert len(jobs_of(tmp_path)) == 10
    rows = run_examination(["constant", "tracker:2"], 4, 2, None, 20, 0, folder=tmp_path)
    lines = text.splitlines()
    assert code == 0 and lines == examination_lines(rows)
    for row, line in zip(rows, lines[1:], strict=False):
        assert line.split()[:4] == [row["model"], f"{row['memory_bits']:g}", row["kind"], "20"]
        assert f"{row['violations'] / 20:.2%}" in line
    assert len(lines) == 1 + len(rows) + 3 and "Wilson's interval" in lines[-3]
