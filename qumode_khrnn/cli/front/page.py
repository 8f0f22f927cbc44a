"""The parts of a help text, written the same for every version of typer: usage, sentences, examples, lists."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

KINDS: dict[Any, str] = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH"}
"""Words for values, by their type; options that have a metavar show that instead."""

MOST_NAME = 24
"""Widest name that shares its line with its text; the text of a longer one begins on the next line."""

EXAMPLE = "Example: "


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return the lines of a paragraph; words with hyphens, such as names of options, stay whole.

    >>> wrapped("of the back end cv-openqasm", 20, "  ")
    ['  of the back end', '  cv-openqasm']
    """
    flat = re.sub(r"\[default: (\S+)\]$", "[default:\xa0\\1]", " ".join(text.split()))
    lines = textwrap.wrap(
        flat, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return [line.replace("\xa0", " ") for line in lines]


def paragraphs(text: str, width: int, indent: str = "  ") -> str:
    """Return the paragraphs of a docstring; an example stands below its heading, to be copied as it stands.

    >>> print(paragraphs("Run it.\\n\\nExample: khrnn run --quick --out report", 30))
      Run it.
    <BLANKLINE>
      Example:
        khrnn run --quick \\
          --out report
    <BLANKLINE>
    """
    blocks = []
    for block in inspect.cleandoc(text).split("\n\n"):
        if block.startswith(EXAMPLE):
            lines = [f"{indent}{EXAMPLE.strip()}", *command_lines(block.removeprefix(EXAMPLE), width, f"{indent}  ")]
        else:
            lines = wrapped(block, width, indent)
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def command_lines(command: str, width: int, indent: str) -> list[str]:
    """Return a command as lines that a shell joins again; an option stays beside its value."""
    words: list[str] = []
    for word in command.split():
        if words and words[-1].startswith("-") and " " not in words[-1] and not word.startswith("-"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    lines = [indent]
    for word in words:
        if lines[-1].strip() and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"{indent}  ")
        lines[-1] += f" {word}" if lines[-1].strip() else word
    return lines


def listed(rows: Iterable[tuple[str, str]], width: int, indent: str = "  ") -> str:
    """Return names and their texts in two columns.

    >>> print(listed([("-h, --help", "Show this message.")], 24), end="")
      -h, --help  Show this
                  message.
    """
    rows = list(rows)
    column = len(indent) + 2 + max((len(name) for name, _ in rows if len(name) <= MOST_NAME), default=0)
    lines = []
    for name, text in rows:
        first, *others = wrapped(text, width - column) or [""]
        if len(name) <= MOST_NAME:
            lines.append(f"{indent}{name}".ljust(column) + first)
        else:
            lines += [f"{indent}{name}", " " * column + first]
        lines += [" " * column + line for line in others]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def notes_of(function: Callable[..., Any] | None) -> dict[str, tuple[Any, Any, Any]]:
    """Return the type, the default and typer's note of every parameter of a command's function, by name.

    >>> def command(source: Annotated[str, typer.Argument(help="A file.")] = "a.json") -> None: ...
    >>> kind, default, note = notes_of(command)["source"]
    >>> kind.__name__, default, note.help
    ('str', 'a.json', 'A file.')
    """
    if function is None:
        return {}
    plain = inspect.unwrap(function)
    defaults = {name: one.default for name, one in inspect.signature(plain).parameters.items()}
    found = {}
    for name, kind in get_type_hints(plain, include_extras=True).items():
        for note in get_args(kind)[1:] if get_origin(kind) is Annotated else ():
            if isinstance(note, typer.models.ParameterInfo):
                found[name] = (get_args(kind)[0], defaults.get(name), note)
    return found


def word_of(kind: Any) -> str:
    """Return the word for values of a type: ``INTEGER``, ``NUMBER``, ``PATH`` or ``TEXT``.

    >>> word_of(list[int] | None), word_of(Path)
    ('INTEGER', 'PATH')
    """
    if kind in KINDS:
        return KINDS[kind]
    inner = [word for one in get_args(kind) if one is not type(None) and (word := word_of(one))]
    return inner[0] if inner else ""


def argument_name(name: str, kind: Any, default: Any, note: Any, *, usage: bool) -> str:
    """Return the word for an argument; the usage line has brackets around what may be left out."""
    word = str(note.metavar or name.upper())
    more = "..." if list in (get_origin(one) for one in (kind, *get_args(kind))) else ""
    optional = default is not inspect.Parameter.empty
    return f"[{word}]{more}" if usage and optional else f"{word}{more}"


def option_row(param: Any, known: tuple[Any, Any, Any] | None) -> tuple[str, str]:
    """Return the name and the text of an option, with its default; an option of typer itself has no note."""
    name, text = ", ".join(sorted(param.opts, key=len)), str(param.help or "")
    if known is None:
        return name, text
    kind, default, note = known
    if kind is not bool:
        name += f" {note.metavar or word_of(kind)}"
    if default is inspect.Parameter.empty:
        text += "  [required]"
    elif default is not None and not isinstance(default, bool):
        text += f"  [default: {f'{default:g}' if isinstance(default, float) else default}]"
    return name, text


def page(command: Any, context: Any, width: int, tail: str = "") -> str:
    """Return the help of a command: usage, sentences, example, arguments, options.

    ``tail`` follows in the usage line.
    """
    notes = notes_of(command.callback)
    arguments = {name: note for name, note in notes.items() if isinstance(note[2], typer.models.ArgumentInfo)}
    words = ["[OPTIONS]", *(argument_name(name, *note, usage=True) for name, note in arguments.items()), tail]
    usage = textwrap.wrap(f"Usage: {context.command_path} {' '.join(words)}", width, subsequent_indent=" " * 9)
    lists = {
        "Arguments": [(argument_name(name, *note, usage=False), note[2].help) for name, note in arguments.items()],
        "Options": [
            option_row(param, notes.get(param.name))
            for param in command.get_params(context)
            if param.param_type_name == "option"
        ],
    }
    parts = ["\n".join(usage) + "\n", paragraphs(command.help or "", width)]
    parts += [f"{heading}:\n{listed(rows, width)}" for heading, rows in lists.items() if rows]
    return "\n".join(parts)
