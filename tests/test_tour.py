"""The tour of the documentation works as it is typed: ten tasks, in one folder, one after the other."""

import re
import shlex
import subprocess
import sys

from absent_packages import needs
from places import DOCS

TOUR = (DOCS / "tour.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"```(console|python|text)\n(.*?)```", re.DOTALL)
LONGEST = 240
"""Seconds that one task may take on a slow machine."""


def tasks():
    """The title and the blocks of every task."""
    parts = re.split(r"^## (\d+\. .*)$", TOUR, flags=re.M)[1:]
    return [(title, BLOCKS.findall(text)) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def test_each_of_ten_tasks_takes_one_command_or_five_lines_of_python():
    found = tasks()
    assert [int(title.split(".")[0]) for title, _ in found] == list(range(1, 11))
    for title, blocks in found:
        typed = [(kind, text) for kind, text in blocks if kind != "text"]
        assert len(typed) == 1, title
        kind, text = typed[0]
        lines = [line for line in text.splitlines() if line and "pip install" not in line]
        assert len(lines) == 1 if kind == "console" else len(lines) <= 5, title


@needs("strawberryfields")
def test_the_tasks_work_as_typed(tmp_path):
    for title, blocks in tasks():
        said = ""
        for kind, text in blocks:
            if kind == "text":
                assert said == text, title
                continue
            lines = [line.removeprefix("$ ") for line in text.splitlines() if "pip install" not in line]
            command = [*shlex.split(lines[0])] if kind == "console" else []
            call = ["-m", "qumode_khrnn", *command[1:]] if command else ["-c", text]
            done = subprocess.run(
                [sys.executable, *call], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=LONGEST
            )
            assert done.returncode == 0, (title, done.stderr)
            said = done.stdout
    for name in ("compiled/program.json", "triangle.py", "loss.png"):
        assert (tmp_path / name).stat().st_size > 500, name
