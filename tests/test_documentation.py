"""The Python examples of README and docs run and print what they say."""

import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest
from absent_packages import needs, skip_if_absent
from places import DOCS, ROOT

from hardware_profiles import extensions
from hardware_profiles.extras import is_installed

README = (ROOT / "README.md").read_text(encoding="utf-8")

counts_of_qiskit = pytest.mark.skipif(
    is_installed("qiskit") and not version("qiskit").startswith("2.4."),
    reason="the page states the gates that Qiskit 2.4 counts; other versions transpile to other numbers",
)


def test_python_example():
    code, expected = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL).groups()
    assert len(code.split("\n\n")[1].strip().splitlines()) + 5 <= 11
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected


def table(text, title):
    """The rows of the first table after a title, by column."""
    lines = text[text.index(title) :].splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def test_the_table_of_the_compiler_is_that_of_the_benchmark():
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    dense = {row["n"]: row for row in table(results, "## Compiler, objective cubics: dense")}
    layers = {row["n"]: row for row in table(results, "## Compiler, objective depth: dense")}
    efforts = table(results, "With more effort:")
    shown = table((DOCS / "compiler.md").read_text(encoding="utf-8"), "Dense random 3-uniform hypergraphs")
    assert {"4", "20", "24", "40", "100"} <= {row["n"] for row in shown}
    for row in shown:
        known = dense[row["n"]]
        assert row["by hand"] == known["polarization"] and row["seconds"] == known["seconds"]
        for name in ("edges", "eigen-peeling", "chosen", "chosen / generic"):
            assert row[name] == known[name], name
        assert row["by hand / chosen"] == known["polarization / chosen"]
        assert row["strength / by hand"] == known["strength / polarization's"]
        if row["layers (counting bound)"]:
            depth = layers[row["n"]]
            assert row["layers (counting bound)"] == f"{depth['non-Gaussian layers']} ({depth['counting bound']})"
        if row["with more effort"]:
            reached = [f"{more['cubic gates']} ({more['/ generic']})" for more in efforts if more["n"] == row["n"]]
            assert row["with more effort"] in reached


def test_the_readme_fits_on_one_screen_and_quotes_the_benchmark():
    assert len(README.splitlines()) <= 120
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    (largest,) = (row for row in table(results, "## Compiler, objective cubics: dense") if row["n"] == "100")
    assert f"all {largest['edges']} 3-edges on 100 modes in {largest['chosen']} cubic gates" in README


def test_every_command_of_the_readme_and_the_docs_exists():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *DOCS.rglob("*.md"))]
    commands = {
        found for text in texts for found in re.findall(r"^\s*(?:\$ )?khrnn ((?:hsmt |profiles )?[a-z-]+)", text, re.M)
    }
    assert {"compile", "verify", "simulate", "hsmt generate", "hsmt score", "profiles show", "budget"} <= commands
    assert {"compare", "sweep", "train", "witness", "convert", "compare-programs"} <= commands
    for command in sorted(commands):
        done = subprocess.run(
            [sys.executable, "-m", "qumode_khrnn", *command.split(), "--help"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, command


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        ("compiler", 5),
        ("devices", 1),
        pytest.param("exports", 1, marks=needs("strawberryfields", "openqasm3")),
        ("extending", 3),
        ("guides/compiler_author", 3),
        ("hypergraphs", 1),
        ("photonics", 1),
        ("programs", 1),
        pytest.param("qubits", 1, marks=counts_of_qiskit),
        ("simulation", 4),
        ("start", 1),
        ("witness", 2),
    ],
)
def test_examples_of_the_docs(name, examples):
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == examples
    code = "\n".join(block for block, _ in blocks)  # they build on one another
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    skip_if_absent(done.stderr)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(expected for _, expected in blocks)


PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), ROOT / "benchmarks" / "RESULTS.md"])
GROUPS = (
    extensions.PROFILES,
    extensions.MACHINES,
    extensions.FORMATS,
    extensions.READERS,
    extensions.BACKENDS,
    extensions.MODELS,
)
FOLDERS = "compiler|simulations|qumode_khrnn|hardware_profiles|tests|benchmarks|docs|examples|results"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_name_that_a_page_mentions_exists(page):
    text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"`((?:{FOLDERS})/[\w/.-]*)`", text):
        assert (ROOT / path).exists(), f"{page.name} names {path}"
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"
    for name in re.findall(r"`((?:compiler|simulations|qumode_khrnn|hardware_profiles)(?:\.\w+)+)(?:\(.*?\))?`", text):
        assert resolves(name) or name in GROUPS, f"{page.name} names {name}"


def resolves(name):
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for attribute in parts[length:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False
