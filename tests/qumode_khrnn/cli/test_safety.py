"""Nothing of a user's is lost: output of other settings, files of others, programs when the disk is full."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from places import EXAMPLES
from separation_support import call
from tables import TABLE


def ok(*args):
    """What a command prints that ends as it should, in this process."""
    code, text, errors = call(*args)
    assert code == 0, errors
    return text


def refused(*args):
    """The one line of a command that is refused, in this process."""
    code, text, line = call(*args)
    assert code == 2 and not text and line.count("\n") == 1 and line.startswith("khrnn: "), (code, text, line)
    return line


TRIANGLE = EXAMPLES / "triangle.json"
FAULTS = {
    "deep": b"task = " + b"[" * 3000,
    "dotted": b"a" + b".a" * 3000 + b" = 1",
    "digits": b"seed = " + b"9" * 5000,
    "nul": b"task = \x00",
    "utf16": "task = 'sweep'".encode("utf-16"),
    "huge": b"# " + b"x" * 5_000_000,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_reader_of_toml_says_what_is_wrong_in_one_line(fault, tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(FAULTS[fault])
    for command in ("sweep", "train", "run", "compare"):
        assert "x.toml" in refused(command, path, "--out", tmp_path / "o")
    assert "x.toml" in refused("profiles", "validate", path)
    assert "x.toml" in refused("compile", TRIANGLE, "--profile", path, "--out", tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_settings_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(
        b"\xef\xbb\xbf" + (EXAMPLES / "sweep.toml").read_bytes().replace(b"\n", b"\r\n") + b"\r\nrepeat = 1"
    )
    assert "repeat" in refused("sweep", path, "--out", tmp_path / "o")  # the last line was read, and is no setting


def test_a_compiled_folder_is_replaced_by_its_own_settings_alone(tmp_path):
    out = tmp_path / "out"
    first = ("compile", TRIANGLE, "--effort", 0, "--format", "xir", "--out", out)
    ok(*first)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    ok(*first)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    for other, words in (
        (("compile", TRIANGLE, "--effort", 1, "--format", "xir", "--out", out), "effort: 0.0 there, 1.0 now"),
        (("compile", TRIANGLE, "--effort", 0, "--out", out), "formats: "),
        (
            ("compile", TRIANGLE, "--profile", "photonic-cubic", "--effort", 0, "--out", out),
            "profile: ideal-cubic there, photonic-cubic now",
        ),
        (("compile", EXAMPLES / "cell.json", "--effort", 0, "--format", "xir", "--out", out), "source_sha256: "),
    ):
        line = refused(*other)
        assert words in line and "--force to replace it" in line
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    ok(*first, "--format", "svg")  # a further format replaces nothing by something else
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(after) - set(before) == {"circuit.svg"}
    assert all(after[name] == before[name] for name in set(before) - {"certificate.json"})
    (out / "notes.txt").write_text("mine")
    ok("compile", TRIANGLE, "--effort", 0, "--out", out, "--force")
    assert not (out / "program.xir").exists() and (out / "notes.txt").read_text() == "mine"
    with (out / "source.json").open("a") as file:
        file.write(" ")
    assert "source.json was changed after khrnn compile wrote it" in refused(
        "compile", TRIANGLE, "--effort", 0, "--out", out
    )
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "circuit.svg").write_text("mine")
    line = refused("compile", TRIANGLE, "--effort", 0, "--out", tmp_path / "other")
    assert "circuit.svg exists and does not belong to a compiled program" in line


def test_generate_keeps_what_is_not_its_own(tmp_path):
    out, parts = tmp_path / "d.jsonl", tmp_path / "d.jsonl.parts"
    parts.mkdir()
    (parts / "notes.txt").write_text("precious")
    args = ("hsmt", "generate", "--modes", 3, "--k", 2, "--probes", 1, "--out", out)
    ok(*args, "--sentences", 2)
    assert [path.name for path in parts.iterdir()] == ["notes.txt"]
    (parts / "notes.txt").unlink()
    first = out.read_bytes()
    ok(*args, "--sentences", 2)
    assert out.read_bytes() == first and not parts.exists()
    assert "d.jsonl exists; give another name, or --force" in refused(*args, "--sentences", 3)
    assert out.read_bytes() == first
    ok(*args, "--sentences", 3, "--force")
    answers = tmp_path / "answers.json"
    for seed, options in ((0, ()), (0, ()), (1, ("--force",))):
        ok("hsmt", "answer", out, "--seed", seed, "--out", answers, *options)
    assert "--force" in refused("hsmt", "answer", out, "--seed", 2, "--out", answers)
    assert "--force" in refused("hsmt", "answer", out, "--out", TRIANGLE)


def test_sweep_train_and_witness_keep_the_output_of_other_settings(tmp_path):
    settings = tmp_path / "x.toml"
    text = 'task = "tracker"\n[base]\nn = 3\nsentences = 5\n[grid]\nbudget = [0, 1]\n'
    calls = {
        "sweep": (("sweep", settings, "--workers", 1), TABLE),
        "train": (("train", "--modes", 2, "--k", 2), "result.json"),
        "witness": (("witness",), "witness.csv"),
    }
    settings.write_text(text)
    made = {}
    for name, (args, file) in calls.items():
        ok(*args, "--out", tmp_path / name)
        ok(*args, "--out", tmp_path / name)
        made[name] = (tmp_path / name / file).read_bytes()
    settings.write_text(text.replace("[0, 1]", "[0, 2]"))
    for name, change in (("sweep", ()), ("train", ("--seed", 1)), ("witness", ("--weight", 0.9))):
        args, file = calls[name]
        assert "with other settings (" in refused(*args, *change, "--out", tmp_path / name)
        assert (tmp_path / name / file).read_bytes() == made[name]
        ok(*args, *change, "--out", tmp_path / name, "--force")
        assert (tmp_path / name / file).read_bytes() != made[name]
    settings.write_text(text.replace("[0, 1]", "[2, 1, 0, 3]"))  # all earlier cells and a new one: nothing is lost
    assert "4 cells: 1 run, 3 finished before" in ok(*calls["sweep"][0], "--out", tmp_path / "sweep")


def small_files(most=4096):
    """Let a process write no file of more than some bytes, as if the disk were full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_a_full_disk_is_one_line_and_the_program_that_was_there_holds(tmp_path):
    out = tmp_path / "out"
    ok("compile", EXAMPLES / "karate_triangles.json", "--effort", 0, "--out", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    command = [sys.executable, "-m", "qumode_khrnn"]
    calls = (
        ["compile", str(EXAMPLES / "karate_triangles.json"), "--effort", "0", "--out", str(out)],
        ["hsmt", "generate", "--modes", "3", "--sentences", "40", "--out", str(tmp_path / "d.jsonl")],
        ["witness", "--out", str(tmp_path / "w")],
    )
    for arguments in calls:
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, preexec_fn=small_files()
        )
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith("khrnn: cannot write ") and "File too large" in done.stderr
        assert done.stderr.count("\n") == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert not (tmp_path / "w").exists() and not (tmp_path / "d.jsonl").exists()
    with open("/dev/full", "w") as full:
        done = subprocess.run([*command, "passes"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "khrnn: No space left on device: the standard output\n")


def test_a_second_run_in_a_folder_is_told_who_holds_it(tmp_path):
    command = [sys.executable, "-m", "qumode_khrnn", "compile", str(EXAMPLES / "karate_triangles.json")]
    options = ["--effort", "1000", "--out", str(tmp_path / "out")]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        try:
            limit = time.monotonic() + 60
            while not (tmp_path / "out" / "khrnn.lock").exists() and time.monotonic() < limit:
                time.sleep(0.05)
            line = refused("compile", TRIANGLE, "--out", tmp_path / "out")
            assert f"is in use by another run (process {first.pid} on " in line
        finally:
            first.send_signal(signal.SIGKILL)
    ok("compile", TRIANGLE, "--effort", 0, "--out", tmp_path / "out")  # the lock of a dead run is taken over
    assert not (tmp_path / "out" / "khrnn.lock").exists()


def test_a_batch_system_ends_a_sweep_without_leaving_a_lock(tmp_path):
    """SLURM sends SIGTERM when the time of a job is over: a lock that is left would stop the next job, elsewhere."""
    settings, out = tmp_path / "x.toml", tmp_path / "out"
    settings.write_text('task = "noise"\n[base]\nsentences = 20\nmodes = 3\n[grid]\nsqueezing = [0.1, 0.2, 0.3, 0.4]\n')
    command = [sys.executable, "-m", "qumode_khrnn", "sweep", str(settings), "--workers", "1", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        try:
            limit = time.monotonic() + 60
            while not list(out.glob("jobs/*.json")) and time.monotonic() < limit:
                time.sleep(0.02)
            child.send_signal(signal.SIGTERM)
            told = child.stderr.read()
        finally:
            child.kill()
    assert child.returncode == 130 and told.endswith("khrnn: interrupted\n") and "Traceback" not in told
    assert sorted(path.name for path in out.iterdir()) == ["jobs", "khrnn.json", TABLE]


def test_warnings_of_other_packages_do_not_reach_the_user():
    code = (
        "import sys; from qumode_khrnn.cli import main as front\n"
        "def loud():\n    import warnings, logging\n    warnings.simplefilter('always')\n"
        "    warnings.warn('old', DeprecationWarning); logging.getLogger('other').warning('said by a log')\n"
        "    logging.getLogger('qumode_khrnn.jobs').warning('heard')\n"
        "front.app = lambda **given: loud()\nsys.argv = ['khrnn']\nfront.main()"
    )
    quiet = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    for environment, heard in ((quiet, False), (quiet | {"PYTHONWARNINGS": "default"}, True)):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 0 and "khrnn: heard\n" in done.stderr
        assert ("DeprecationWarning" in done.stderr) == heard, done.stderr
        assert ("said by a log" in done.stderr) == heard, done.stderr


def test_a_bound_and_examples_are_not_replaced_in_silence(tmp_path):
    ok("hsmt", "bound", "--modes", 3, "--out", tmp_path / "b")
    assert "modes: 3 there, 4 now" in refused("hsmt", "bound", "--modes", 4, "--out", tmp_path / "b")
    assert "holds" in ok("verify", tmp_path / "b")
    ok("examples", "--out", tmp_path / "e")
    ok("examples", "--out", tmp_path / "e")
    (tmp_path / "e" / "cell.json").write_text("{}")
    assert "cell.json exists" in refused("examples", "--out", tmp_path / "e")
    assert json.loads((tmp_path / "e" / "cell.json").read_text()) == {}
    ok("examples", "--out", tmp_path / "e", "--force")


def test_a_bound_on_memory_and_one_line_for_damaged_programs(tmp_path):
    texts = {
        "a.xbb": "name a\nversion 1.0\n\nVacuum() | 99999999999999999999\n",
        "b.xbb": "name a\nversion 1.0\n\nVacuum() @@ | 0\n",
        "a.xir": "Vacuum | [100000000];",
        "b.xir": "Vacuum | [0]; # \n @@ | [0];",
        "a.qasm": 'OPENQASM 3.0;\ninclude "cvstdgates.inc";\nqumode[100000000] m;\n',
        "b.qasm": 'OPENQASM 3.0;\ninclude "cvstdgates.inc";\nqumode[2] m;\n@@ $$ m[0];\n',
        "a.py": "import strawberryfields as sf\nprogram = sf.Program(100000000)\n",
        "a.json": '{"format": "qumode-khrnn/program", "version": 1, "hbar": 2, "modes": 100000000, "operations": []}',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert name in refused("verify", tmp_path / name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4_000_000  # kB
