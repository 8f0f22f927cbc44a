"""Folders that version 0.5.0 wrote, and programs for earlier versions of profiles, still verify."""

import json
import shutil

import pytest
from places import DATA

from compiler.artifact import check_artifact, read_program, write_artifact
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Displacement, PrepareSqueezed
from compiler.machines import machine_of
from compiler.pipeline import compile_circuit
from hardware_profiles import earlier_versions, load_profile, profile_names

FOLDERS = sorted((DATA / "written-by-0.5.0").iterdir())
EARLIER = [old for name in profile_names() for old in earlier_versions(name)]


def test_both_folders_are_there():
    assert [folder.name for folder in FOLDERS] == ["photonic-teleported", "trapped-ion-motional"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_of_an_older_version_verifies(folder):
    check = check_artifact(folder)
    assert check.problems == () and check.equivalence.equivalent
    stored = read_program(folder)
    assert (stored.layout is None) == (machine_of(stored.profile).layout_file(stored.profile) is None)


@pytest.mark.parametrize("old", EARLIER, ids=lambda old: f"{old.name}-{old.version}")
def test_a_program_for_an_earlier_profile_verifies(old, tmp_path):
    r = machine_of(old).default_squeezing(old)
    start = () if old.spins is not None else (PrepareSqueezed((0,), -r),)
    write_artifact(tmp_path, compile_circuit(Circuit(1, (*start, Displacement((0,), 0.1, 0.2))), old))
    assert read_program(tmp_path).profile == old != load_profile(old.name)
    assert check_artifact(tmp_path).problems == ()
    profile = json.loads((tmp_path / "profile.json").read_text())
    profile["status"] = "fixture" if old.status != "fixture" else "device"
    (tmp_path / "profile.json").write_text(json.dumps(profile))
    assert any(f"differs from the shipped profile {old.name}" in text for text in check_artifact(tmp_path).problems)


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
