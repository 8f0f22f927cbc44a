"""A comparison in a second process against the same comparison in one process, also when either process is killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
from time import monotonic, sleep

import pytest

from qumode_khrnn.comparison import aside
from qumode_khrnn.comparison.aside import comparison_aside
from qumode_khrnn.comparison.config import (
    CompareConfig,
    ExaminationConfig,
    IdealConfig,
    QubitConfig,
    TrackerConfig,
)
from qumode_khrnn.comparison.study import jobs_of, run_comparison
from qumode_khrnn.jobs.folder import locked

CONFIG = CompareConfig(
    ideal=IdealConfig(alphabets=(), sizes=(), sentences=4),
    examination=ExaminationConfig(models=("constant", "pair"), sizes=((3, 2),), probes=20, tracker_shares=()),
    tracker=TrackerConfig(sizes=((3, 2), (4, 2)), sentences=20, points=2),
    compiled=(),
    qubits=QubitConfig(sizes=(), register_qubits=(), resource_qubits=()),
    networks=(),
)
JOBS = len(jobs_of(CONFIG))

SLOW = CONFIG.model_copy(update={"tracker": TrackerConfig(sizes=((4, 2), (5, 2)), sentences=3000, points=3)})
"""Jobs of tenths of a second each, so that a process can be killed between two of them."""

LONG = CONFIG.model_copy(update={"tracker": TrackerConfig(sizes=((4, 2),), sentences=100_000, points=3)})
"""After short jobs one of half a minute."""

SHORT_JOBS = [job.task for job in jobs_of(LONG)].index("tracker")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Rows of one process, by configuration."""
    return {
        name: run_comparison(config, tmp_path_factory.mktemp(name), workers=1).rows
        for name, config in (("quick", CONFIG), ("slow", SLOW))
    }


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1})


def wait_for(condition, seconds=60.0):
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"did not happen in {seconds} s"
        sleep(0.01)


def stored(folder):
    return len(list((folder / "jobs").glob("*.json")))


def free(folder):
    """Take and release the lock, which raises if another process holds it."""
    with locked(folder):
        return True


def alive(process):
    """Whether a process runs; one that ended and that nobody has waited for does not."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_second_process_finds_what_one_process_finds(tmp_path, expected):
    seen = []
    with comparison_aside(CONFIG, tmp_path) as finish:
        found = finish(seen.append)
    assert found.rows == expected["quick"] and found.config == CONFIG
    assert (found.ran, found.reused, found.warnings) == (JOBS, 0, ())
    assert seen == [*range(JOBS + 1), JOBS]  # told by the second process, then by this one, which only reads
    assert not multiprocessing.active_children() and free(tmp_path)


def test_finished_jobs_are_used_again_and_damaged_ones_are_named(tmp_path, expected):
    run_comparison(CONFIG, tmp_path, workers=1)
    first, second, third, *_ = sorted((tmp_path / "jobs").glob("*.json"))
    first.unlink()
    second.unlink()
    third.write_text(third.read_text().replace('"checksum": "', '"checksum": "0'))
    with comparison_aside(CONFIG, tmp_path) as finish:
        found = finish(lambda done: None)
    assert found.rows == expected["quick"]
    assert (found.ran, found.reused) == (3, JOBS - 3)
    (warning,) = found.warnings
    assert "the checksum does not match" in warning and third.name in warning


def test_one_processor_needs_no_second_process(tmp_path, monkeypatch, expected):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    monkeypatch.setattr(aside, "get_context", lambda method: pytest.fail("a process was started"))
    seen = []
    with comparison_aside(CONFIG, tmp_path) as finish:
        assert not tmp_path.joinpath("jobs").exists()  # nothing happens before it is waited for
        found = finish(seen.append)
    assert found.rows == expected["quick"] and (found.ran, found.reused) == (JOBS, 0)
    assert seen == list(range(JOBS + 1))


def test_what_a_killed_second_process_left_is_run_here(tmp_path, expected):
    with comparison_aside(SLOW, tmp_path) as finish:
        (helper,) = multiprocessing.active_children()
        wait_for(lambda: stored(tmp_path) >= 2)
        os.kill(helper.pid, signal.SIGKILL)
        helper.join()
        done, total = stored(tmp_path), len(jobs_of(SLOW))
        assert 2 <= done < total
        found = finish(lambda count: None)
    assert found.rows == expected["slow"]
    assert (found.ran, found.reused) == (total, 0)  # all of them in this run, wherever


def test_a_second_process_that_cannot_begin_costs_nothing_but_time(tmp_path, expected, capfd):
    with locked(tmp_path), comparison_aside(CONFIG, tmp_path) as finish:
        (helper,) = multiprocessing.active_children()
        helper.join()  # the folder was in use
        assert stored(tmp_path) == 0 and helper.exitcode == 0
        tmp_path.joinpath("run.lock").unlink()
        found = finish(lambda done: None)
    assert found.rows == expected["quick"] and (found.ran, found.reused) == (JOBS, 0)
    assert capfd.readouterr().err == ""  # this process would tell of an error that it meets too


def test_leaving_early_ends_the_second_process(tmp_path):
    with pytest.raises(KeyError), comparison_aside(SLOW, tmp_path):
        assert multiprocessing.active_children()
        wait_for(lambda: stored(tmp_path) >= 1)
        raise KeyError
    assert not multiprocessing.active_children() and free(tmp_path)
    assert stored(tmp_path) < len(jobs_of(SLOW))


PARENT = """
import multiprocessing, os, sys, time
from pathlib import Path
os.sched_getaffinity = lambda process: {0, 1}
from qumode_khrnn.comparison.aside import comparison_aside
from qumode_khrnn.comparison.config import CompareConfig
if __name__ == "__main__":
    with comparison_aside(CompareConfig.model_validate_json(sys.argv[1]), Path(sys.argv[2])):
        print(multiprocessing.active_children()[0].pid, flush=True)
        time.sleep(600)
"""


def test_the_second_process_ends_with_the_first(tmp_path):
    """``kill -9`` leaves the first process no time to end the second, which is in the middle of a long job."""
    script, folder = tmp_path / "parent.py", tmp_path / "run"
    script.write_text(PARENT)
    command = [sys.executable, str(script), LONG.model_dump_json(), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        helper = int(parent.stdout.readline())
        try:
            wait_for(lambda: stored(folder) >= SHORT_JOBS)
            assert alive(helper)
            parent.kill()
            wait_for(lambda: not alive(helper), 5.0)
        finally:
            parent.kill()
            if alive(helper):
                os.kill(helper, signal.SIGKILL)
        assert parent.stderr.read() == ""
    assert free(folder)
    assert stored(folder) == SHORT_JOBS


def test_an_interrupt_is_left_to_the_first_process(tmp_path, expected, capfd):
    """Ctrl-C reaches both: one of them tells of it, and ends the other."""
    with comparison_aside(SLOW, tmp_path) as finish:
        (helper,) = multiprocessing.active_children()
        wait_for(lambda: stored(tmp_path) >= 1)
        os.kill(helper.pid, signal.SIGINT)
        found = finish(lambda done: None)
        helper.join()
        assert helper.exitcode == 0
    assert found.rows == expected["slow"]
    assert capfd.readouterr().err == ""
