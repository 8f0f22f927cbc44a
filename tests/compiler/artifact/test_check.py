"""An artifact holds as it was written, and every change to it is found, also by one who forges the digests."""

import json
from hashlib import sha256

import pytest
from random_programs import edge

from compiler.artifact import (
    changed_files,
    check_artifact,
    own_files,
    read_program,
    recorded_settings,
    write_artifact,
)
from compiler.errors import InputError
from compiler.exports.strawberryfields.blackbird import to_blackbird
from compiler.files import json_text, read_text
from compiler.files.folders import READY
from compiler.imports.files import is_program
from compiler.imports.files import read_program as read_any_program
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.ir.circuit import Circuit
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile

PHOTONIC = load_profile("photonic-cubic")
TELEPORTED = load_profile("ideal-teleported")


@pytest.fixture
def artifact(tmp_path):
    write_artifact(tmp_path, compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC))
    return tmp_path


def test_an_artifact_holds_and_every_tampering_is_found(artifact):
    assert not check_artifact(artifact).problems

    def tampered(name, change):
        path = artifact / name
        text = path.read_text()
        data = json.loads(text)
        change(data)
        path.write_text(json.dumps(data))
        try:
            return " ".join(check_artifact(artifact).problems)
        finally:
            path.write_text(text)

    def scale(data):
        data["operations"][2]["gamma"] *= 1 + 1e-6

    assert "not equivalent" in tampered("program.json", scale)
    assert "SHA-256" in tampered("source.json", lambda d: d["operations"].append(d["operations"][0]))
    assert "SHA-256" in tampered("certificate.json", lambda d: d["sha256"].update({"program.json": "0"}))
    assert "costs" in tampered("resources.json", lambda d: d.update(depth=1))
    assert "SHA-256" in tampered("resources.json", lambda d: d.pop("synthesis"))
    assert "does not fit" in tampered(
        "profile.json", lambda d: d["operations"]["CubicPhase"].update(availability="unavailable")
    )
    with pytest.raises(InputError, match="version"):
        tampered("certificate.json", lambda d: d.update(version=99))
    assert not check_artifact(artifact).problems


def forged(folder, name, change):
    """The problems after a change whose author also recomputes every digest."""
    kept = {path: path.read_text() for path in folder.iterdir()}
    path = folder / name
    if callable(change):
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))
    else:
        path.write_text(change)
    body = json.loads((folder / "certificate.json").read_text())
    del body["digest"]
    body["sha256"] = {file: sha256((folder / file).read_bytes()).hexdigest() for file in body["sha256"]}
    digest = sha256(json_text(body).encode()).hexdigest()
    (folder / "certificate.json").write_text(json_text({**body, "digest": digest}))
    try:
        return " ".join(check_artifact(folder).problems)
    finally:
        for file, text in kept.items():
            file.write_text(text)


def test_what_a_certificate_claims_is_computed_again(tmp_path):
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED)
    write_artifact(tmp_path, program, {"program.xbb": to_blackbird(program.circuit)})
    assert forged(tmp_path, "certificate.json", lambda d: None) == ""
    for change, found in (
        (lambda d: d["source"].update(monomials=2), "'source' does not describe"),
        (lambda d: d["source"]["polynomials"][0]["terms"][0].__setitem__(0, 0.4), "'source' does not describe"),
        (lambda d: d.update(ideal_resources=0), "'ideal_resources' must be 4"),
        (lambda d: d.update(passes="all"), "list of passes"),
        (lambda d: d.update(equivalent=False), "'equivalent' must be True"),
    ):
        assert found in forged(tmp_path, "certificate.json", change)
    limit = {"source": "made up for this test", "date": "2026-11-22", "mark": "A", "value": 9.0}
    raised = forged(
        tmp_path, "profile.json", lambda d: d["operations"]["PrepareCubic"]["ranges"]["r"].update(maximum=limit)
    )
    assert "differs from the shipped profile ideal-teleported" in raised
    assert "not Blackbird" in forged(tmp_path, "program.xbb", "garbage, not a program")
    other = compile_circuit(Circuit(3, (edge(0, 1, 2, weight=0.31),)), TELEPORTED)
    assert "differs" in forged(tmp_path, "program.xbb", to_blackbird(other.circuit))

    def free(data):
        data["symbols"] = ["w"]

    source = (tmp_path / "source.json").read_text()
    (tmp_path / "source.json").write_text(json.dumps({**json.loads(source), "symbols": ["w"]}))
    assert "symbols without values" in forged(tmp_path, "program.json", free)
    (tmp_path / "source.json").write_text(source)
    edited = (tmp_path / "certificate.json").read_text().replace('"polarization"', '"perfection"')
    (tmp_path / "certificate.json").write_text(edited)
    assert "its own digest" in " ".join(check_artifact(tmp_path).problems)


def test_exports_of_an_earlier_program_do_not_stay(artifact):
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC)
    write_artifact(artifact, program, {"program.xbb": to_blackbird(program.circuit)})
    assert (artifact / "program.xbb").exists()
    write_artifact(artifact, program)
    assert not (artifact / "program.xbb").exists() and not check_artifact(artifact).problems


def test_a_missing_file_is_named(artifact):
    (artifact / "source.json").unlink()
    with pytest.raises(InputError, match=r"source\.json"):
        check_artifact(artifact)


def test_a_profile_of_another_version_is_told_from_one_that_was_changed(artifact):
    shipped = PHOTONIC.version
    other = forged(artifact, "profile.json", lambda d: d.update(version=shipped + 41))
    assert (
        f"of version {shipped + 41} (this release ships {shipped}) differs from the shipped profile photonic-cubic"
        in other
    )
    reworded = forged(artifact, "profile.json", lambda d: d.update(description="the same device in other words"))
    assert reworded == ""
    changed = forged(artifact, "profile.json", lambda d: d.update(status="device"))
    assert (
        f"of version {shipped} differs from the shipped profile photonic-cubic" in changed
        and "this release ships" not in changed
    )
    renamed = {"name": "mine", "version": shipped + 41}
    found = forged(artifact, "profile.json", lambda d: d.update(renamed))
    assert "shipped" not in found and "'profile' must be 'mine'" in found


def test_an_export_of_another_digest_is_not_read(artifact, monkeypatch):
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC)
    write_artifact(artifact, program, {"program.xbb": to_blackbird(program.circuit)})
    read = []
    blackbird = "compiler.exports.strawberryfields.blackbird.read_blackbird"
    monkeypatch.setattr(blackbird, lambda text, where: read.append(text) or read_blackbird(text, where))
    assert not check_artifact(artifact).problems and len(read) == 1
    with (artifact / "program.xbb").open("a") as file:
        file.write("Vacuum() | 99999999\n")
    problems = check_artifact(artifact).problems
    assert len(problems) == 1 and "does not certify this program.xbb" in problems[0] and len(read) == 1


def test_files_saved_again_by_another_editor_are_named(artifact):
    assert not any("saved again" in text for text in check_artifact(artifact).caveats)
    for name, change, words in (
        ("program.json", lambda b: b.replace(b"\n", b"\r\n"), "Windows line ends (CRLF)"),
        ("certificate.json", lambda b: b"\xef\xbb\xbf" + b, "a byte-order mark (BOM)"),
    ):
        path = artifact / name
        kept = path.read_bytes()
        path.write_bytes(change(kept))
        found = check_artifact(artifact)
        assert not found.problems
        assert [text for text in found.caveats if "saved again" in text] == [
            f"{name} was saved again with {words}: its text is certified, but its bytes do not have the SHA-256 of the "
            "certificate"
        ]
        path.write_bytes(kept)


def test_files_that_no_program_has_written_are_kept(tmp_path):
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC)
    (tmp_path / "circuit.svg").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"circuit\.svg belongs to no program"):
        write_artifact(tmp_path, program)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["circuit.svg", "notes.txt"]
    write_artifact(tmp_path, program, force=True)
    assert not (tmp_path / "circuit.svg").exists() and (tmp_path / "notes.txt").read_text() == "mine"
    assert not check_artifact(tmp_path).problems


def test_a_certificate_records_the_settings_and_the_files_that_were_changed(artifact):
    assert recorded_settings(artifact) is None and changed_files(artifact) == []
    write_artifact(artifact, compile_circuit(Circuit(3, (edge(0, 1, 2),)), PHOTONIC), settings={"seed": 3})
    assert recorded_settings(artifact) == {"seed": 3} and not check_artifact(artifact).problems
    assert own_files(artifact) == {path.name for path in artifact.iterdir()}
    (artifact / "source.json").write_text("{}")
    assert changed_files(artifact) == ["source.json"]
    (artifact / "certificate.json").write_text("[]")
    assert recorded_settings(artifact) is None and own_files(artifact) == set()


@pytest.mark.parametrize("read", [check_artifact, read_program, read_any_program, is_program])
def test_a_program_whose_run_was_killed_while_it_came_into_place_is_whole(read, artifact, monkeypatch):
    other = compile_circuit(Circuit(3, (edge(0, 1, 2, weight=0.7),)), PHOTONIC)
    monkeypatch.setattr("compiler.files.folders._move", lambda folder: None)
    write_artifact(artifact, other)
    monkeypatch.undo()
    (artifact / READY / "program.json").replace(artifact / "program.json")  # the first of its moves
    read(artifact)
    assert not (artifact / READY).exists()
    assert read_program(artifact).source == other.source and not check_artifact(artifact).problems


def test_a_program_that_is_replaced_while_it_is_read_is_read_again(artifact, monkeypatch):
    other = compile_circuit(Circuit(3, (edge(0, 1, 2, weight=0.7),)), PHOTONIC)
    left = [other]

    def slow(path, **options):
        text = read_text(path, **options)
        if path.name == "program.json" and left:
            write_artifact(artifact, left.pop())
        return text

    monkeypatch.setattr("compiler.artifact.check.read_text", slow)
    assert not check_artifact(artifact).problems and not left
    assert read_program(artifact).circuit == other.circuit
