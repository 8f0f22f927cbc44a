"""Help texts are the same for every version of typer: words for values, defaults, examples that can be copied."""

import shlex
from pathlib import Path
from typing import Annotated

import pytest
import typer
from command import ok

from qumode_khrnn.cli.front.page import command_lines, notes_of, option_row, word_of
from qumode_khrnn.cli.main import COMMANDS


class Option:
    """An option as a parser holds it."""

    def __init__(self, *opts, name, text=""):
        self.opts, self.name, self.help = opts, name, text


def command(
    ratio: Annotated[float, typer.Option(help="A ratio.")] = 2.0,
    names: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Names.")] = None,
    out: Annotated[Path, typer.Option(help="A file.")] = ...,
    quick: Annotated[bool, typer.Option("--quick", help="Be quick.")] = False,
) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("ratio", ("--ratio NUMBER", "A ratio.  [default: 2]")),
        ("names", ("--names NAME", "Names.")),
        ("quick", ("--quick", "Be quick.")),
    ],
)
def test_an_option_shows_its_kind_of_value_and_its_default(name, row):
    assert option_row(Option(f"--{name}", name=name, text=row[1].split("  [")[0]), notes_of(command)[name]) == row


def test_words_for_values_are_plain():
    assert [word_of(kind) for kind in (int, float | None, list[str] | None, Path)] == [
        "INTEGER",
        "NUMBER",
        "TEXT",
        "PATH",
    ]


@pytest.mark.parametrize("width", [30, 50, 78])
def test_a_wrapped_example_is_the_same_command(width):
    line = "khrnn compile examples/triangle.json --profile photonic-cubic --format all --out compiled"
    lines = command_lines(line, width, "  ")
    assert max(map(len, lines)) <= max(width, 36)
    assert all(one.endswith(" \\") for one in lines[:-1])
    assert shlex.split("\n".join(lines).replace(" \\\n", " ")) == line.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_word_of_a_parser_is_shown(name):
    text = ok(name, "--help")
    assert not any(word in text for word in ("<", "{INPUT}", "list[", "FLOAT", "TEXT...", "None"))
    assert "cv-\n" not in text and "non-\n" not in text
