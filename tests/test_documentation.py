"""The Python examples of README and docs run and print what they say."""

import re
import subprocess
import sys

import pytest
from places import DOCS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_example():
    code, expected = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL).groups()
    assert len(code.split("\n\n")[1].strip().splitlines()) + 5 <= 11
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected


def test_every_command_of_the_readme_exists():
    commands = set(re.findall(r"^\$ khrnn ((?:hsmt |profiles )?[a-z]+)", README, re.MULTILINE))
    assert {
        "compile",
        "verify",
        "simulate",
        "hsmt generate",
        "hsmt score",
        "profiles show",
        "budget",
        "backends",
    } <= commands
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "qumode_khrnn", *command.split(), "--help"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, command


@pytest.mark.parametrize(
    ("name", "examples"), [("compiler", 3), ("devices", 1), ("exports", 1), ("extending", 1), ("qubits", 1), ("simulation", 1)]
)
def test_examples_of_the_docs(name, examples):
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == examples
    code = "\n".join(block for block, _ in blocks)  # they build on one another
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(expected for _, expected in blocks)
