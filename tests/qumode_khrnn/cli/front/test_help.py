"""Help: groups in the order of use, whole sentences, a text for every argument; the version; completion."""

import os
import re
import subprocess
import sys
from importlib.metadata import version

import pytest
from command import ok

from qumode_khrnn.cli.main import COMMANDS, HEADINGS

GROUPS = ("hsmt", "profiles")

LEAVES = [
    *((name,) for name in COMMANDS),
    *(("hsmt", name) for name in ("generate", "score", "answer", "examine", "bound")),
    *(("profiles", name) for name in ("list", "show", "validate", "schema", "page")),
]


def paragraphs(text):
    """Return the rows of all lists: names and texts, unwrapped."""
    rows, column = {}, None
    for line in text.splitlines():
        if found := re.match(r"  (\S.*?)  +(\S.*)", line):
            column = found.start(2)
            name = found[1]
            rows[name] = found[2]
        elif column is not None and line.startswith(" " * column):
            rows[name] += " " + line.strip()
        else:
            column = None
    return rows


def test_every_command_stands_below_one_heading():
    listed = [name for names in HEADINGS.values() for name in names]
    assert sorted(listed) == sorted((*COMMANDS, *GROUPS))


@pytest.mark.parametrize("group", [(), *((name,) for name in GROUPS)], ids=str)
def test_lists_of_commands_hold_whole_sentences_within_80_columns(group):
    text = ok(*group, "-h")
    assert text == ok(*group, "--help")
    assert max(map(len, text.splitlines())) <= 80
    rows = paragraphs(text[text.index("Options:") :])
    sentences = {name: line for name, line in rows.items() if not name.startswith("-")}
    known = {leaf[-1] for leaf in LEAVES if leaf[:-1] == group} | (set(GROUPS) if group == () else set())
    assert set(sentences) == known
    assert all(line.endswith(".") and "..." not in line for line in sentences.values()), sentences


def test_headings_come_in_the_order_of_use():
    text = ok("-h")
    at = [text.index(f"\n{heading}:\n") for heading in HEADINGS]
    assert at == sorted(at)


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_every_argument_and_option_has_a_text(command):
    text = ok(*command, "-h")
    assert max(map(len, text.splitlines())) <= 80
    for name, line in paragraphs(text[text.index("\nOptions:") :]).items():
        assert not line.startswith("["), (name, line)
    if "\nArguments:" in text:
        lines = text[text.index("\nArguments:") : text.index("\nOptions:")].strip().splitlines()[1:]
        assert all(re.match(r"  (\[?[A-Z_]+\]?(\.\.\.)?\]?  +[A-Z]| {4})", line) for line in lines), lines


def test_the_version_is_that_of_the_package():
    assert ok("--version") == f"khrnn {version('qumode-khrnn')}\n"


def test_a_shell_completes_names_of_commands():
    words = {"_KHRNN_COMPLETE": "complete_bash", "COMP_WORDS": "khrnn com", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "qumode_khrnn"], env=os.environ | words, capture_output=True, text=True, check=False
    )
    assert sorted(done.stdout.split()) == ["compare", "compare-programs", "compile"]
