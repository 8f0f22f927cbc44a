"""A command goes on with its own output, replaces no other in silence, and shares its folder with no other run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import InputError
from compiler.files import read_json
from compiler.files.folders import READY
from qumode_khrnn.jobs import Job, run_jobs
from qumode_khrnn.jobs.folder import remove_run
from qumode_khrnn.jobs.output import OUTPUT_LOCK, RECORD, difference, held_output, output_folder, require_replaceable


def make(folder: Path, settings: dict[str, Any], text: str, *, command: str = "khrnn run", force: bool = False) -> bool:
    with output_folder(folder, command, settings, ("result.json",), force=force) as replaced:
        (folder / "result.json").write_text(text)
    return replaced


def test_the_same_settings_go_on_and_others_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert not make(out, {"seed": 1, "sizes": (2, 3)}, "first")
    assert not make(out, {"seed": 1, "sizes": [2, 3]}, "second")
    assert sorted(path.name for path in out.iterdir()) == [RECORD, "result.json"]
    with pytest.raises(InputError, match=r"other settings \(seed: 1 there, 2 now\); .* --force to replace it"):
        make(out, {"seed": 2, "sizes": [2, 3]}, "third")
    with pytest.raises(InputError, match="holds the output of khrnn run; "):
        make(out, {"seed": 1, "sizes": [2, 3]}, "third", command="khrnn compare")
    assert (out / "result.json").read_text() == "second"
    assert make(out, {"seed": 2, "sizes": [2, 3]}, "third", force=True)
    assert (out / "result.json").read_text() == "third"
    assert read_json(out / RECORD)["settings"] == {"seed": 2, "sizes": [2, 3]}


def test_files_of_unknown_settings_are_refused_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert not make(tmp_path, {"seed": 1}, "made")
    (tmp_path / RECORD).unlink()
    with pytest.raises(InputError, match=r"result\.json exists, and its settings are not recorded"):
        make(tmp_path, {"seed": 1}, "again")
    (tmp_path / RECORD).write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"khrnn\.json is a file of another program"):
        make(tmp_path, {"seed": 1}, "again")
    (tmp_path / RECORD).write_text("{")
    with pytest.raises(InputError, match=r"khrnn\.json: not valid JSON: .*, or --force"):
        make(tmp_path, {"seed": 1}, "again")
    assert (tmp_path / "result.json").read_text() == "made" and (tmp_path / "notes.txt").read_text() == "mine"
    assert make(tmp_path, {"seed": 1}, "again", force=True)


def test_a_run_that_makes_nothing_leaves_nothing(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        with output_folder(folder, "khrnn run", {}, (), force=False):
            raise InputError("it cannot be done")

    with pytest.raises(InputError, match="cannot be done"):
        broken(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="cannot be done"):
        broken(tmp_path / "mine")
    assert not list((tmp_path / "mine").iterdir())
    (tmp_path / "mine" / RECORD).write_text("of a run that was killed before it made anything")
    assert not make(tmp_path / "mine", {"seed": 2}, "made")


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        held_output(tmp_path),
        pytest.raises(InputError, match=rf"in use by another run \(process {os.getpid()} on "),
        held_output(tmp_path),
    ):
        pass
    assert not (tmp_path / OUTPUT_LOCK).exists()


def test_what_a_killed_run_left_is_finished_first(tmp_path: Path) -> None:
    (tmp_path / READY).mkdir()
    (tmp_path / READY / "result.json").write_text("left")
    (tmp_path / READY / ".plan").write_text("[]")
    with held_output(tmp_path):
        assert (tmp_path / "result.json").read_text() == "left"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, "a.b: [ 1 ] there, [ 2 ] now"),
        ({"a": 1}, {}, "a: 1 there, absent now"),
        ({}, {"a": "x"}, "a: absent there, x now"),
        (None, {"a": 1}, 'settings: null there, { "a": 1 } now'),
        ({"a": "y" * 50}, {"a": 1}, f"a: {'y' * 37}... there, 1 now"),
    ],
)
def test_the_first_difference_is_named(old: Any, new: Any, words: str) -> None:
    assert difference(old, new) == words


def test_a_file_is_replaced_only_if_it_is_the_same_or_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    require_replaceable(path, force=False)
    path.write_text("")
    require_replaceable(path, force=True)
    require_replaceable(path, force=False, same=True)
    with pytest.raises(InputError, match="a exists; give another name, or --force"):
        require_replaceable(path, force=False)


def test_only_files_of_runs_are_removed(tmp_path: Path) -> None:
    out = tmp_path / "d.parts"
    tasks = {"hsmt": "qumode_khrnn.answers.generation:sentences_of_part"}
    from qumode_khrnn.hsmt.spec import HsmtSpec

    spec = HsmtSpec(3, 2, 2, probes=1).to_json()
    run_jobs([Job("a", "hsmt", {"spec": spec, "start": 0, "stop": 2}, 0)], out, tasks, workers=1)
    (out / "jobs" / "mine.json").write_text("{}")
    (out / "notes.txt").write_text("mine")
    remove_run(out)
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*")) == ["jobs", "jobs/mine.json", "notes.txt"]
    (out / "jobs" / "mine.json").unlink()
    (out / "notes.txt").unlink()
    remove_run(out)
    assert not out.exists()
