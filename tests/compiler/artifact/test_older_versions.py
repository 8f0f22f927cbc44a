"""Folders that version 0.5.0 wrote still verify, and still hold what they held."""

import json
import shutil

import pytest
from places import DATA

from compiler.artifact import check_artifact, read_program
from compiler.machines import machine_of

FOLDERS = sorted((DATA / "written-by-0.5.0").iterdir())


def test_both_folders_are_there():
    assert [folder.name for folder in FOLDERS] == ["photonic-teleported", "trapped-ion-motional"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_of_an_older_version_verifies(folder):
    check = check_artifact(folder)
    assert check.problems == () and check.equivalence.equivalent
    stored = read_program(folder)
    assert (stored.layout is None) == (machine_of(stored.profile).layout_file(stored.profile) is None)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_changed_number_in_it_is_found(folder, tmp_path):
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    program = json.loads((copy / "program.json").read_text())
    op = next(op for op in program["operations"] if op["op"] == "PrepareSqueezed")
    op["r"] += 1e-6
    (copy / "program.json").write_text(json.dumps(program))
    problems = check_artifact(copy).problems
    assert any("not equivalent" in text for text in problems) and any("SHA-256" in text for text in problems)
