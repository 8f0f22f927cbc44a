"""Files of a folder are replaced all at once, whenever the process is killed and whatever the disk does."""

import json
import os
import resource
import shutil
from pathlib import Path

import pytest

from compiler.errors import InputError
from compiler.files import folders, write_bytes
from compiler.files.folders import PLAN, READY, UNFINISHED, settle, write_files

OLD = {"a.json": "old a", "b.json": "old b", "figures/c.png": "old c", "stale.txt": "old stale"}
NEW = {"a.json": "new a", "b.json": b"new b", "figures/c.png": "new c", "added.txt": "new"}
OTHER = "notes.txt"


def contents(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def old_folder(folder):
    write_files(folder, OLD)
    (folder / OTHER).write_text("mine")
    return contents(folder)


def whole_new():
    text = {name: value if isinstance(value, str) else value.decode() for name, value in NEW.items()}
    return {**text, OTHER: "mine"}


def in_child(act):
    """The exit status of a process of its own that does something: -9 if it was killed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        except InputError:
            code = 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(step, folder):
    """Replace the files in a process that is killed before the given change of the file system."""
    left = [step]

    def counted(function):
        def call(*args, **kwargs):
            if left[0] == 0:
                os.kill(os.getpid(), 9)
            left[0] -= 1
            return function(*args, **kwargs)

        return call

    def act():
        os.replace, os.mkdir = counted(os.replace), counted(os.mkdir)
        for name in ("unlink", "write_bytes", "write_text", "mkdir"):
            setattr(Path, name, counted(getattr(Path, name)))
        shutil.rmtree = counted(shutil.rmtree)
        write_files(folder, NEW, ["stale.txt"])

    return in_child(act)


def test_a_process_killed_at_any_change_leaves_the_old_files_or_the_new_ones(tmp_path):
    seen = []
    for step in range(100):
        folder = tmp_path / str(step)
        old = old_folder(folder)
        status = killed_at(step, folder)
        settle(folder)
        found = {name: text for name, text in contents(folder).items() if not name.startswith(".")}
        assert found in (old, whole_new()), (step, found)
        seen.append(found == old)
        write_files(folder, NEW, ["stale.txt"])
        assert contents(folder) == whole_new() and not list(folder.glob(".*"))
        if status == 0:
            break
        assert status == -9
    assert status == 0 and seen.index(False) > 5 and seen.count(False) > 5
    assert seen == sorted(seen, reverse=True)  # first the old files, from one moment on the new ones


def limited(act):
    """Run in a process that may write no file of more than 4,096 bytes, as on a disk that is full."""

    def inside():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            act()
        except InputError as error:
            assert "File too large; free some space" in str(error) and "big" in str(error), error
            raise

    return in_child(inside)


def test_a_full_disk_leaves_everything_as_it_was(tmp_path):
    old = old_folder(tmp_path / "out")
    big = {"a.json": "new", "big.json": "x" * 5000, "z.json": "new"}
    assert limited(lambda: write_files(tmp_path / "out", big, ["stale.txt"])) == 2
    assert contents(tmp_path / "out") == old and not list((tmp_path / "out").glob(".*"))
    (tmp_path / "big").write_text("old")
    assert limited(lambda: write_bytes(tmp_path / "big", b"x" * 5000)) == 2
    assert (tmp_path / "big").read_text() == "old" and sorted(p.name for p in tmp_path.iterdir()) == ["big", "out"]


def test_temporary_files_of_a_killed_process_are_removed_and_others_stay(tmp_path, monkeypatch):
    def killed():
        real = os.replace
        os.replace = lambda *given: os.kill(os.getpid(), 9) or real(*given)
        write_bytes(tmp_path / "a.json", b"new")

    (tmp_path / ".a.json.mine").write_text("mine")
    assert in_child(killed) == -9
    assert len(list(tmp_path.glob(".a.json.*"))) == 2
    monkeypatch.setattr("compiler.files.writing._swept", set())
    with folders._unfinished(tmp_path) as stage:  # another run at work
        write_bytes(tmp_path / "b.json", b"new")
        write_files(tmp_path, {"c.json": "new"})
        assert stage.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".a.json.mine", "b.json", "c.json"]


def test_links_that_lead_in_a_circle_are_refused_in_one_line(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for write in (lambda: write_bytes(tmp_path / "a", b""), lambda: write_files(tmp_path / "a", {"x": ""})):
        with pytest.raises(InputError, match="a: its symbolic links lead in a circle"):
            write()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("plan", ["[", "{}", '["../victim"]', '["/victim"]', '["sub/victim"]', "[3]"])
def test_a_plan_of_another_hand_removes_nothing(plan, tmp_path):
    folder = tmp_path / "out"
    (folder / READY).mkdir(parents=True)
    (folder / "sub").mkdir()
    (folder / READY / PLAN).write_text(plan)
    victims = [tmp_path / "victim", folder / "sub" / "victim"]
    for victim in victims:
        victim.write_text("kept")
    with pytest.raises(InputError, match=r"\.plan"):
        settle(folder)
    assert all(victim.read_text() == "kept" for victim in victims)


def test_files_are_not_moved_through_links_out_of_the_folder(tmp_path):
    folder, away = tmp_path / "out", tmp_path / "away"
    away.mkdir()
    (folder / READY / "figures").mkdir(parents=True)
    (folder / READY / PLAN).write_text(json.dumps([]))
    (folder / READY / "figures" / "x.png").write_text("planted")
    (folder / "figures").symlink_to(away)
    settle(folder)
    assert not list(away.iterdir()) and not (folder / READY).exists()


def test_what_cannot_be_written_is_said_before_anything_is(tmp_path):
    (tmp_path / "b.json").mkdir()
    with pytest.raises(InputError, match="not a regular file"):
        write_files(tmp_path, {"a.json": "new", "b.json": "new"})
    assert not (tmp_path / "a.json").exists() and not list(tmp_path.glob(f"{UNFINISHED}*"))
