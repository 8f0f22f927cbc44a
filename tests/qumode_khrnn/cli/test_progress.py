"""Commands say within two seconds what they do, and how long it takes once that is known; quick ones say nothing."""

import os
import subprocess
import sys
import time

import pytest
from command import seen_on_a_terminal

from qumode_khrnn.cli import common
from qumode_khrnn.cli.common import _loading, _seconds, _Watch, status, tracker, watched

FIRST = "common.FIRST_SECONDS = common._age() + 0.2\n"
"""Code that lets a process speak after 0.2 s more."""


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(common, "monotonic", lambda: now[0])
    return now


def test_the_time_left_follows_from_what_is_done(clock):
    watch = _Watch("working")
    clock[0] += 2
    assert watch.line() == "khrnn: working, 2 s so far"
    watch.advance("cells", 20, 0)
    clock[0] += 10
    assert watch.line() == "khrnn: cells: 0 of 20, 12 s so far"
    watch.advance("cells", 20, 5)  # 5 in 10 s
    assert watch.line() == "khrnn: cells: 5 of 20, 12 s so far, about 30 s left"
    clock[0] += 4
    assert watch.line() == "khrnn: cells: 5 of 20, 16 s so far, about 26 s left"
    clock[0] += 30  # later than it thought
    assert watch.line() == "khrnn: cells: 5 of 20, 46 s so far"


def test_what_an_earlier_run_finished_does_not_count_for_the_time_left(clock):
    watch = _Watch("working")
    watch.stage("cells", 20)
    watch.advance("cells", 20, 10)  # found in the folder
    clock[0] += 8
    watch.advance("cells", 20, 12)
    assert watch.line() == "khrnn: cells: 12 of 20, 8 s so far, about 32 s left"


@pytest.mark.parametrize(("duration", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (7260, "2 h 1 min")])
def test_durations_are_for_people(duration, text):
    assert _seconds(duration) == text


def lines_of(code, **environment):
    """Seconds after which each line came on the standard error of a process, and the lines."""
    begin = "from qumode_khrnn.cli.common import *\nfrom qumode_khrnn.cli import common\nimport time\n"
    env = {**os.environ, "KHRNN_PROGRESS": "on", **environment}
    with subprocess.Popen([sys.executable, "-c", begin + code], stderr=subprocess.PIPE, text=True, env=env) as process:
        found = []
        for line in process.stderr:
            found.append((time.monotonic(), line))
    assert process.returncode == 0, found
    return found


def test_a_command_without_a_terminal_says_what_it_does_again_and_again():
    code = (
        "common.FIRST_SECONDS, common.EVERY_SECONDS = common._age() + 0.2, 0.3\n"
        "with watched('comparing'):\n"
        "    with tracker() as track:\n"
        "        advance = track('cells', 4)\n"
        "        for done in range(5):\n            advance(done)\n            time.sleep(0.25)\n"
        "    with status() as say:\n        say('drawing')\n        time.sleep(1)\n"
    )
    start = time.monotonic()
    found = lines_of(code)
    lines = [line for _, line in found]
    assert lines[0].startswith("khrnn: cells: ") and "khrnn: drawing, " in "".join(lines)
    assert 3 <= len(lines) <= (found[-1][0] - start) / 0.3 + 1  # no flood of lines


def test_a_quick_command_and_one_that_is_told_to_be_silent_say_nothing():
    assert lines_of("common.FIRST_SECONDS = 60\nwith watched('comparing'):\n    time.sleep(0.1)\n") == []
    code = f"{FIRST}with watched('comparing'):\n    time.sleep(0.5)\n"
    assert lines_of(code, KHRNN_PROGRESS="off") == [] and lines_of(code, KHRNN_PROGRESS="terminal") == []
    assert len(lines_of(code)) == 1
    assert 1.0 < common.FIRST_SECONDS < 2.0 and common.EVERY_SECONDS >= 10.0


def test_the_first_line_comes_within_two_seconds_of_the_start():
    code = "age = common._age()\ntime.sleep(0.3)\nassert 0.25 < common._age() - age < 30, age\nassert 0 < age < 60\n"
    assert lines_of(code) == []
    start = time.monotonic()
    ((when, _), *_) = lines_of("with watched('comparing'):\n    time.sleep(2.5)\n")
    assert when - start > 1.5  # the limit of 2 s holds on a computer that is not too busy to start a process


def test_a_closed_standard_error_stops_no_command():
    code = f"import sys, threading\n{FIRST}threading.excepthook = lambda given: os._exit(7)\n"
    assert lines_of(f"{code}with watched('a'):\n    sys.stderr.close()\n    time.sleep(0.5)\n") == []


def test_the_library_that_is_being_loaded_is_named(tmp_path):
    (tmp_path / "slow_library.py").write_text("import time\ntime.sleep(0.6)\n")
    code = f"{FIRST}import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    code += "common.LIBRARIES['slow_library'] = 'Slow Library'\nwith watched('simulating'):\n    import slow_library\n"
    ((_, line),) = lines_of(code)
    assert line.startswith("khrnn: simulating, loading Slow Library, ")
    assert _loading(-1) == ""


def test_without_a_command_line_nothing_is_watched(capsys, monkeypatch):
    monkeypatch.setenv("KHRNN_PROGRESS", "off")
    with tracker() as track, status() as say:
        track("cells", 3)(2)
        say("working")
    with watched("silent in tests"):
        assert not common._watches
    assert capsys.readouterr().err == ""


def test_on_a_terminal_there_are_bars_and_no_lines():
    code = (
        f"from qumode_khrnn.cli.common import *\nfrom qumode_khrnn.cli import common\nimport rich.progress, time\n"
        f"{FIRST.replace('0.2', '0.4')}with watched('comparing'):\n"
        "    with status() as say:\n        say('drawing')\n        time.sleep(0.5)\n"
        "    with tracker() as track:\n        track('cells', 4)(3)\n        time.sleep(0.5)\n"
        "    time.sleep(0.1)\n"
    )
    env = os.environ | {"COLUMNS": "200", "TERM": "xterm", "KHRNN_PROGRESS": "terminal"}
    ended, text = seen_on_a_terminal([sys.executable, "-c", code], "stderr", env=env)
    assert ended == 0 and "drawing" in text and "cells" in text and "3/4" in text and "left" in text, text
    assert "khrnn: " not in text
