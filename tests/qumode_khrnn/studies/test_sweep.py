"""Sweeps: grids as jobs, seeds of cells, the task ``noise``."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from places import DOCS
from sweep_probes import TASKS
from tables import read_rows

from compiler.errors import InputError
from qumode_khrnn.settings import read_config
from qumode_khrnn.studies.noise_task import check_noise, noise
from qumode_khrnn.studies.sweep import SweepConfig, expand, extends, run_sweep
from qumode_khrnn.studies.sweep_tasks import TASKS as REGISTRY

NOISE = {"sentences": 2, "repeats": 5, "edges": 1, "modes": 3}


def sweep(**fields: Any) -> SweepConfig:
    return SweepConfig(**{"task": "probe", **fields})


def test_the_grid_in_its_order_and_the_columns_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(
        'task = "probe"\nseed = 5\nrepeats = 2\n[base]\ny = 9\ndeep.a = 1\n[grid]\nx = [4, 2]\n'
        '"deep.b" = [[1, 2], [3]]\ndeep.c.d = ["s"]\n'
    )
    config = read_config(SweepConfig, tmp_path / "sweep.toml")
    jobs = expand(config, TASKS)
    assert [(j.columns["x"], j.columns["deep.b"], j.columns["repeat"]) for j in jobs] == [
        (x, b, r) for x in (4, 2) for b in ("[1,2]", "[3]") for r in (0, 1)
    ]
    assert jobs[0].settings == {"x": 4, "y": 9, "deep": {"a": 1, "b": [1, 2], "c": {"d": "s"}}}
    done = run_sweep(config, tmp_path / "out", workers=1, tasks=TASKS)
    table = read_rows(done.paths[0])
    assert list(table[0]) == ["x", "deep.b", "deep.c.d", "repeat", "seed", "value", "even", "name"]
    assert table == list(done.rows) and len(done.rows) == done.ran == 8
    assert len({row["seed"] for row in done.rows}) == len({row["value"] for row in done.rows}) == 8
    assert done.lines()[0] == "8 cells: 8 run, 0 finished before; 8 rows"
    assert done.to_json()["rows"] == list(done.rows)


def test_the_sweep_of_the_documentation(tmp_path: Path) -> None:
    page = (DOCS / "sweep.md").read_text(encoding="utf-8")
    (tmp_path / "sweep.toml").write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert len(expand(read_config(SweepConfig, tmp_path / "sweep.toml"))) == 200


def test_a_cell_is_the_same_in_every_grid(tmp_path: Path) -> None:
    def cells(**fields: Any) -> dict[tuple[Any, ...], tuple[str, int]]:
        jobs = expand(sweep(**fields), TASKS)
        return {(j.settings["x"], j.settings["y"], j.columns["repeat"]): (j.key, j.seed) for j in jobs}

    whole = cells(grid={"x": [1, 2, 3], "y": [1, 2]}, repeats=2)
    assert len({key for key, _ in whole.values()}) == len({seed for _, seed in whole.values()}) == 12
    assert whole == cells(grid={"y": [2, 1], "x": [3, 1, 2]}, repeats=2)
    # part of the grid; a default stated or left out; a value of the base or of the grid
    for part in (
        cells(grid={"x": [2]}),
        cells(base={"y": 1}, grid={"x": [2]}),
        cells(base={"x": 2}),
        cells(base={"x": 7}, grid={"x": [2, 1], "y": [1]}),
    ):
        assert part.items() <= whole.items()
    other = cells(grid={"x": [1, 2, 3], "y": [1, 2]}, repeats=2, seed=2)
    assert {k: v[0] for k, v in other.items()} == {k: v[0] for k, v in whole.items()}
    assert not {v[1] for v in other.values()} & {v[1] for v in whole.values()}


def test_a_larger_grid_runs_only_its_new_cells(tmp_path: Path) -> None:
    run_sweep(sweep(grid={"x": [5, 3]}), tmp_path / "out", workers=1, tasks=TASKS)
    done = run_sweep(sweep(grid={"y": [1, 2], "x": [3, 4, 5]}), tmp_path / "out", workers=1, tasks=TASKS)
    assert (done.ran, done.reused, done.warnings) == (4, 2, ())
    whole = run_sweep(sweep(grid={"y": [1, 2], "x": [3, 4, 5]}), tmp_path / "new", workers=1, tasks=TASKS)
    assert done.rows == whole.rows and done.paths[0].read_bytes() == whole.paths[0].read_bytes()


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"grid": {"x": [3, 2]}, "repeats": 2}, True),
        ({"grid": {"y": [1, 2], "x": [1, 3, 2]}, "repeats": 3}, True),  # y = 1 is the default
        ({"grid": {"x": [2, 1]}, "repeats": 2}, False),
        ({"grid": {"x": [2, 3]}, "repeats": 1}, False),
        ({"grid": {"x": [2, 3]}, "repeats": 2, "seed": 2}, False),
        ({"grid": {"x": [2, 3], "y": [2]}, "repeats": 2}, False),
    ],
)
def test_a_sweep_extends_another_if_it_has_all_of_its_cells(fields: dict[str, Any], wanted: bool) -> None:
    recorded = sweep(grid={"x": [2, 3]}, repeats=2).model_dump(mode="json")
    assert extends(sweep(**fields), recorded, TASKS) is wanted


@pytest.mark.parametrize("recorded", [None, {}, {"task": "none"}, {"task": "probe", "grid": {"x": ["a"]}}, []])
def test_a_sweep_extends_no_record_that_it_cannot_read(recorded: object) -> None:
    assert not extends(sweep(grid={"x": [2]}), recorded, TASKS)


def test_cells_with_the_same_settings_run_once_and_are_counted(tmp_path: Path) -> None:
    once = run_sweep(sweep(grid={"x": [1, 2]}, repeats=2), tmp_path / "once", workers=1, tasks=TASKS)
    assert once.repeated == 0 and not any("repeat" in line for line in once.lines())
    twice = run_sweep(sweep(grid={"x": [1, 2, 1, 1]}, repeats=2), tmp_path / "twice", workers=1, tasks=TASKS)
    assert (twice.ran, twice.reused, twice.repeated) == (4, 0, 4) and twice.rows == once.rows
    assert "4 more cells repeat the settings of others, and ran with them" in twice.lines()
    assert twice.to_json()["repeated"] == 4


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"task": "nothing"}, "sweep: task must be one of probe, found 'nothing'"),
        ({"grid": {"x": [1, 100]}}, r"the cell with x = 100 is refused: probe: x: must lie in 0..99, found 100"),
        ({"grid": {"x": [1], "y.z": [2]}, "base": {"y": 3}}, r"grid: y.z: y must be a table of settings, found 3"),
        ({"grid": {"x": []}}, r"grid: x: must be a list of at least one value, found \[\]"),
        ({"grid": {"x": 3}}, "grid: x: must be a list of at least one value, found 3"),
        ({"grid": {"x": [1], "typo": [1, 2]}}, "the cell with x = 1, typo = 1 is refused: probe: typo: is not"),
        (
            {"base": {"x": -1}},
            r"the cell with the settings of \[base\] is refused: probe: x: must lie in 0\.\.99, found -1",
        ),
        ({"grid": {"x": [1], "y": [float("nan")]}}, "x = 1, y = nan: must be JSON data with finite numbers"),
        ({"grid": {"seed": [1]}}, "grid: seed: is set by the sweep itself"),
        (
            {"grid": {"deep.a": [1], "deep": {"a": [2]}}},
            "grid: deep.a: must be given once, found a dotted name and a table",
        ),
        ({"grid": {"x": [1]}, "repeats": 100_001}, "at most 100000 cells with repeats, found 100001"),
    ],
)
def test_bad_sweeps(fields: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        run_sweep(sweep(**fields), tmp_path / "out", workers=1, tasks=TASKS)
    assert not (tmp_path / "out").exists()  # nothing ran


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = 1", "sweep.toml: task: must be given"),
        ("task = 'a'\nseeds = 1", "sweep.toml: seeds: there is no such key; did you mean 'seed'\\?$"),
        ("task = 'a'\nseed = '1'", "sweep.toml: seed: must be a whole number, without quotes, found '1'"),
        ("task = 'a'\nrepeats = 0", "sweep.toml: repeats: must be >= 1, found 0"),
        ("task = 'a'\ngrid = 3", "sweep.toml: grid: must be a table, found 3"),
        ("task = ", "sweep.toml: not valid TOML"),
    ],
)
def test_bad_sweep_files(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        read_config(SweepConfig, tmp_path / "sweep.toml")


def test_noise_follows_the_exact_law_without_noise_and_not_with_it(tmp_path: Path) -> None:
    config = sweep(
        task="noise", base={"k": 2, "sentences": 40, "repeats": 10}, grid={"modes": [4], "loss_scale": [0.0, 3.0]}
    )
    quiet, loud = run_sweep(config, tmp_path / "out", workers=1).rows
    assert (quiet["n"], quiet["k"], quiet["modes"], quiet["answers"], quiet["probe"]) == (4, 2, 4, 400, "all")
    # the mean of 400 squares of standard normals: 5 deviations are left once in a million
    assert abs(quiet["squared_error"] - 1.0) < 5.0 * sqrt(2.0 / 400)
    assert quiet["violation_rate"] == 0.0
    assert loud["squared_error"] > 1.0 + 5.0 * sqrt(2.0 / 400)
    assert quiet["squared_error_low"] < quiet["squared_error"] < quiet["squared_error_high"]


def test_noise_depends_on_its_arguments_alone() -> None:
    settings = check_noise(NOISE)
    assert noise(settings, 3) == noise(settings, 3) == noise(NOISE, 3) != noise(settings, 4)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("modes", 2, "noise: modes: must be >= 3, found 2"),
        ("modes", 3.5, "noise: modes: must be a whole number, found 3.5"),
        ("k", 4, "noise: k: must be <= 3, found 4"),
        ("loss_scale", -1, "noise: loss_scale: must be >= 0.0, found -1"),
        ("edges", 7, "noise: edges: must be at most 1 for 3 modes and k = 3, found 7"),
        ("profile", "nowhere", "nowhere"),
        ("squeezing", 9.0, "noise: squeezing: must be <= 4.0, found 9.0"),
        ("mode", 3, "noise: mode: there is no such key; did you mean 'modes'"),
    ],
)
def test_noise_names_the_setting_that_is_wrong(name: str, value: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        expand(sweep(task="noise", base=NOISE, grid={name: [value]}))


def test_every_registered_task_is_there() -> None:
    from qumode_khrnn.jobs.job import function_of

    for task in REGISTRY.values():
        assert callable(function_of(task.run)) and callable(function_of(task.check))
