"""Every example of the documentation's gallery runs as it stands, is short, and draws a figure with labelled axes."""

import os
import re
import subprocess
import sys

import pytest
from absent_packages import skip_if_absent
from places import DOCS

from hardware_profiles.extras import absence

EXAMPLES = sorted((DOCS / "gallery").glob("*.py"))
NEEDS = {
    "04_strawberry_fields": "strawberryfields",
    "05_ions_to_jaqal": "jaqalpaq",
    "08_sweep_on_a_cluster": "distributed",
}
"""Packages of extras that an example uses."""

DRAWN = """
import runpy, sys
if __name__ == "__main__":
    runpy.run_path(sys.argv[1], run_name="__main__")
    import matplotlib.pyplot as plt
    for number in plt.get_fignums():
        for axis in plt.figure(number).axes:
            print("AXES", len(axis.lines) + len(axis.patches) + len(axis.collections), bool(axis.get_xlabel()))
"""


def test_there_are_at_least_eight_examples():
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_is_short_and_begins_with_a_title(example):
    text = example.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    title, line = re.match(r'"""\n(.+)\n(=+)\n\n\w', text).groups()
    assert len(title) == len(line)
    assert not re.search(r"(from|import) (?:\w+\.)*_\w+|\._[a-z]", text), "an example uses public names only"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_runs_and_draws_a_labelled_figure(example, tmp_path):
    needed = NEEDS.get(example.stem)
    if needed is not None:
        skip_if_absent(absence(needed))
    started = tmp_path / "started.py"
    started.write_text(DRAWN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(started), str(example)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    axes = re.findall(r"^AXES (\d+) (True|False)$", done.stdout, re.MULTILINE)
    assert axes, "the example draws no figure"
    assert all(int(marks) > 0 for marks, _ in axes), "an axis of the figure is empty"
    assert any(label == "True" for _, label in axes), "no axis of the figure has a label"
