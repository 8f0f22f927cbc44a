"""Commands where optional packages are not installed: one line says which extra brings them, and the rest works."""

import csv
import json
import subprocess
import sys

import first_commands
import pytest
from absent_packages import OPTIONAL, WITHOUT_OPTIONAL, needs
from command import ok
from places import DATA, EXAMPLES, ROOT

from qumode_khrnn.jobs import table

CORE_ONLY = WITHOUT_OPTIONAL + "from qumode_khrnn.cli.main import main\nmain()\n"
"""The command line in a process in which no optional package is found."""


def core(*args):
    return subprocess.run(
        [sys.executable, "-c", CORE_ONLY, *map(str, args)], capture_output=True, text=True, cwd=ROOT, check=False
    )


def refusal(*args):
    done = core(*args)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("args", "package", "extra"),
    [
        (("compile", DATA / "programs" / "cubic.xbb"), "Blackbird", "sf"),
        (("compile", DATA / "programs" / "cubic.xir"), "XIR", "sf"),
        (("convert", DATA / "programs" / "cubic.py", "cubic.xbb"), "Strawberry Fields", "sf"),
        (("train", "--model", "khrnn", "--modes", 3), "PyTorch", "learning"),
        (("sweep", EXAMPLES / "sweep.toml", "--scheduler", "tcp://127.0.0.1:1"), "Dask", "cluster"),
        (("sweep", EXAMPLES / "sweep.toml", "--workers", 2), "Dask", "cluster"),
    ],
)
def test_a_command_that_needs_an_absent_package_names_its_extra(tmp_path, args, package, extra):
    out = () if args[0] == "convert" else ("--out", tmp_path / "out")
    line = refusal(*args, *out)
    assert line.startswith(f"khrnn: {package} is not installed: pip install 'qumode-khrnn[{extra}]'; "), line
    assert "without it" in line
    assert not (tmp_path / "out").exists() and not (ROOT / "cubic.xbb").exists()


def test_the_first_commands_of_a_user_run_in_one_process_on_the_core(tmp_path):
    names = {command.split()[0] for command in first_commands.COMMANDS}
    assert names >= {"compile", "verify", "simulate", "budget", "devices", "hsmt", "sweep"}
    code = WITHOUT_OPTIONAL + "import runpy\nrunpy.run_path(sys.argv[1], run_name='__main__')\n"
    done = subprocess.run(
        [sys.executable, "-c", code, first_commands.__file__], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert "holds: " in done.stdout and "table: sweep/table.csv" in done.stdout
    assert "is not installed" not in done.stderr


def test_formats_of_absent_packages_are_skipped_and_the_others_written(tmp_path):
    done = core("compile", EXAMPLES / "triangle.json", "--format", "all", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    outcomes = {form["name"]: form["outcome"] for form in json.loads(done.stdout)["formats"]}
    skipped = {name for name, outcome in outcomes.items() if outcome.startswith("skipped: ")}
    assert skipped == {"blackbird", "xir", "cv-openqasm", "openqasm3", "device"}
    assert "pip install 'qumode-khrnn[sf]'" in outcomes["blackbird"]
    assert "pip install 'qumode-khrnn[qubits]'" in outcomes["openqasm3"]
    assert {name for name, outcome in outcomes.items() if outcome.startswith("written, ")} == {
        "program", "strawberryfields", "latex", "svg"
    }  # fmt: skip
    assert not (tmp_path / "out" / "program.xbb").exists()
    assert core("verify", tmp_path / "out").stdout.startswith("holds: ")
    assert core("simulate", tmp_path / "out", "--shots", 10).returncode == 0
    assert "Strawberry Fields is not installed" in refusal(
        "simulate", tmp_path / "out", "--shots", 10, "--backend", "strawberryfields"
    )


@pytest.mark.parametrize(("name", "extra"), [("blackbird", "sf"), ("openqasm3", "qubits"), ("cv-openqasm", "qubits")])
def test_a_format_that_is_asked_for_by_name_needs_its_package(tmp_path, name, extra):
    args = ("compile", EXAMPLES / "triangle.json", "--effort", 0, "--format", "svg", "--out", tmp_path / "out")
    line = refusal(*args, "--format", name)
    assert f"is not installed: pip install 'qumode-khrnn[{extra}]'; " in line and line.startswith("khrnn: "), line
    assert not (tmp_path / "out").exists()
    assert core(*args).returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    refusal(*args, "--format", name, "--force")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@needs("strawberryfields", "blackbird")
def test_verify_says_which_files_it_could_not_read(tmp_path):
    ok("compile", EXAMPLES / "triangle.json", "--format", "blackbird", "--out", tmp_path / "out")
    done = core("verify", tmp_path / "out")
    assert done.returncode == 0 and "holds: " in done.stdout
    assert "program.xbb was not read back: Blackbird is not installed: pip install 'qumode-khrnn[sf]'" in done.stdout
    text = (tmp_path / "out" / "program.json").read_text(encoding="utf-8")
    (tmp_path / "out" / "program.json").write_text(text.replace("CubicPhase", "Kerr"), encoding="utf-8")
    assert core("verify", tmp_path / "out").returncode != 0


def test_a_sweep_runs_in_one_process_and_writes_csv(tmp_path):
    settings = tmp_path / "sweep.toml"
    settings.write_text(
        'task = "noise"\nseed = 7\n[base]\nprofile = "photonic-cubic"\nsentences = 1\nmodes = 3\nk = 2\n'
        "[grid]\nloss_scale = [0.0, 1.0]\n",
        encoding="utf-8",
    )
    done = core("sweep", settings, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    with (tmp_path / "out" / "table.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows) == 2
    assert [float(row["loss_scale"]) for row in found] == [0.0, 1.0]
    assert [row["squared_error"] for row in found] == [str(row["squared_error"]) for row in rows]


def test_the_comparison_leaves_out_what_needs_absent_packages(monkeypatch):
    from qumode_khrnn.comparison.config import QUICK
    from qumode_khrnn.comparison.study import absent_parts, jobs_of

    every = {job.key for job in jobs_of(QUICK)}
    for name in OPTIONAL:
        monkeypatch.setitem(sys.modules, name, None)
    kept = {job.key for job in jobs_of(QUICK)}
    assert not any("qubits" in key or key.startswith(("registers", "network")) for key in kept)
    assert kept <= every
    assert [line.split(" is ")[0] for line in absent_parts(QUICK)] == ["Qiskit"]
    assert {key.split("-")[0] for key in kept} >= {"ideal", "sampler", "tracker", "examination", "compiled"}


def test_a_table_replaces_the_one_of_the_other_format(tmp_path, monkeypatch):
    (tmp_path / "table.parquet").write_bytes(b"old")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = table.write_table(tmp_path, [{"a": 1}, {"b": "x, y"}])
    assert path.read_text(encoding="utf-8") == 'a,b\n1,\n,"x, y"\n'
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
