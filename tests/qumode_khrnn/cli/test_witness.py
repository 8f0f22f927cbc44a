"""``khrnn witness`` as a user meets it."""

import csv
import json
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from command import khrnn, ok, refused
from places import DOCS, ROOT

from qumode_khrnn.witness.law import BOUND

PAGE = (DOCS / "witness.md").read_text(encoding="utf-8")


def test_the_witness_fits_on_a_screen_and_says_what_counts():
    text = ok("witness", "--weight", 1, "--squeezing", 1)
    for part in (
        "S = 3.424451",
        "<B> = 0.899162",
        "<A> = -0.726966",
        "violated by 0.596024",
        "at most 2 sqrt 2",
        "phase-space sampler: S = 1.970520",
        "r = 0.58290 (5.06 dB)",
        "4.9 % per mode (8.4 % at infinite squeezing)",
        "27 per context, 108 in all",
    ):
        assert part in text, part
    assert text.count("\n") <= 12


def test_the_exit_code_is_0_without_a_violation_too():
    text = ok("witness", "--loss", 0.05, "--shots", 500)
    assert "S = 2.820321: not violated, 0.008106 below the bound" in text and "S = 2.000635" in text
    assert text.count("sampled, 500 shots per context") == 2 and " +- " in text


def test_thresholds_that_do_not_exist_are_said_in_words():
    assert "least squeezing for a violation at this weight and loss: none is needed" in ok("witness", "--weight", 5)
    assert "no squeezing is enough" in ok("witness", "--loss", 0.2)
    assert "no violation even without loss (8.4 % at infinite squeezing)" in ok("witness", "--squeezing", 0.5)


def test_json_holds_all_of_it():
    data = json.loads(ok("witness", "--loss", 0.05, "--shots", 4000, "--seed", 3, "--json"))
    assert data["S"] == pytest.approx(2.820321, abs=6e-7) and data["violated"] is False
    assert data["phase_space_sampler"]["S"] == pytest.approx(2.000635, abs=6e-7)
    assert data["branch_simulator"]["S"] == pytest.approx(data["S"], abs=1e-12)
    assert data["shots_per_context"] is None and data["noncontextual_bound"] == BOUND
    network, sampler = data["sampled"]
    for found, exact in ((network, data["S"]), (sampler, data["phase_space_sampler"]["S"])):
        assert abs(found["S"] - exact) < 5.0 * found["standard_error"]  # each fails falsely with 6e-7
    again = json.loads(ok("witness", "--loss", 0.05, "--shots", 4000, "--seed", 3, "--json"))
    assert again == data
    assert (
        json.loads(ok("witness", "--loss", 0.05, "--shots", 4000, "--seed", 4, "--json"))["sampled"] != data["sampled"]
    )


def test_ions_answer_with_pulses(tmp_path):
    out = tmp_path / "made"
    args = ("witness", "--profile", "trapped-ion-motional", "--spin-error", 0.01, "--heating", 10, "--out", out)
    text = ok(*args, "--duration-ms", 0.2, "--coherence-ms", 1000)
    first, *rest = text.split("trapped-ion-motional:\n  ")[1].splitlines()
    assert "needs a motional coherence time T of at least" in first
    assert any("proved equal to their sources" in line for line in rest)
    assert any("S = 3.228808" in line for line in rest)
    for context in ("B0", "B1", "B2", "A"):
        assert (out / context / "ions.json").exists()
    assert "holds: program.json equals source.json" in ok("verify", out / "A")


def test_the_folder_holds_numbers_points_and_figure(tmp_path):
    made = json.loads(ok("witness", "--out", tmp_path, "--json"))
    names = ["khrnn.json", "witness.csv", "witness.json", "witness.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert len(made["files"]) == 3
    data = json.loads((tmp_path / "witness.json").read_text())
    assert data["format"] == "qumode-khrnn/witness" and data["S"] == made["S"]
    rows = list(csv.DictReader((tmp_path / "witness.csv").open()))
    assert len(rows) == len(data["points"]) > 300
    assert {row["player"] for row in rows} == {"network", "phase-space sampler"}
    assert float(rows[0]["value"]) == data["points"][0]["value"]
    assert (tmp_path / "witness.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("profile", ["photonic-cubic", "mqc3-quadrail", "xanadu-x8", "trapped-ion-qscout"])
def test_a_refusal_is_an_answer(profile):
    data = json.loads(ok("witness", "--profile", profile, "--json"))
    assert data["device"]["verdict"] == "refused" and data["device"]["profile"] == profile
    assert f"{profile}:\n  refused: " in ok("witness", "--profile", profile)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--weight", 0), "weight"),
        (("--weight", -1), "weight"),
        (("--weight", "1e400"), "weight"),
        (("--weight", "nan"), "weight"),
        (("--squeezing", -0.1), "squeezing"),
        (("--squeezing", 1e6), "squeezing"),
        (("--loss", 1), "loss"),
        (("--loss", -0.01), "loss"),
        (("--shots", 0), "shots"),
        (("--shots", 10**12), "shots"),
        (("--seed", -1), "seed"),
        (("--profile", "trapped-ion"), "found 'trapped-ion'; did you mean 'trapped-ion-"),
        (("--heating", 1), "--heating is for a profile of trapped ions"),
        (("--profile", "photonic-cubic", "--coherence-ms", 1), "for trapped ions"),
        (("--profile", "trapped-ion-motional", "--coherence-ms", 0), "coherence time"),
        (("--profile", "trapped-ion-motional", "--duration-ms", -1), "duration"),
        (("--profile", "trapped-ion-motional", "--duration-ms", "1e400"), "duration"),
        (("--profile", "trapped-ion-motional", "--heating", "inf"), "heating"),
        (("--profile", "trapped-ion-motional", "--spin-error", 0.5), "spin flip"),
        (("--weight", "much"), "weight"),
    ],
)
def test_bad_input_gives_one_line(args, message, tmp_path):
    assert message in refused("witness", *args, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused_first(tmp_path):
    (tmp_path / "file").write_text("")
    assert "not a folder" in refused("witness", "--out", tmp_path / "file" / "x")


def test_a_context_that_cannot_be_written_is_refused_before_anything_is(tmp_path):
    (tmp_path / "A").write_text("")
    assert "not a folder" in refused("witness", "--profile", "ideal-cubic", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["A"]


def test_extreme_numbers_do_not_break_it():
    for args in (("--weight", 100, "--squeezing", 4), ("--weight", 0.01, "--squeezing", 0), ("--loss", 0.999)):
        done = khrnn("witness", *args, "--shots", 3, "--profile", "trapped-ion-motional", "--heating", 1e9, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["S"] >= 0.0


def test_the_commands_of_the_page_print_what_it_says(tmp_path):
    """All console blocks, in one folder; rounding errors such as 1e-15 may differ, and "..." leaves lines out."""
    blocks = re.findall(r"```console\n\$ khrnn (.*?)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 6

    def settled(text):
        return re.sub(r"\d(\.\d)?e-1\d", "0", text)

    for command, expected in blocks:
        done = khrnn(*command.split(), cwd=tmp_path)
        assert done.returncode == 0, (command, done.stderr)
        rest = settled(done.stdout)
        for part in settled(expected).split("...\n"):
            assert part in rest, (command, part)
            rest = rest[rest.index(part) + len(part) :]
        assert "...\n" in expected or settled(expected) == settled(done.stdout)


def test_the_tables_of_the_page_are_those_of_the_benchmark():
    spec = spec_from_file_location("benchmark_of_the_witness", ROOT / "benchmarks" / "witness.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    tables = module.tables()
    assert len(tables) == 6
    for table in tables:
        assert table in PAGE
    for name in ("witness.png", "lattice-witness.png"):
        assert (module.DOCS / name).read_bytes().startswith(b"\x89PNG")
