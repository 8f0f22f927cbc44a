"""The statements of a script, parsed piece by piece in a long block: a syntax tree takes some 12 kB per line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from compiler.errors import CircuitError
from compiler.imports.reading.call_script import parsed
from compiler.imports.strawberryfields.texts import MAX_WORDS, require_size, words

LINES = 5_000
"""Lines of a block that are parsed at once."""

BLOCK = re.compile(r"^with [^\n\"'\\]*:[ \t]*\n((?:    [^\s\\][^\n]*\n|[ \t]*\n)+)", re.MULTILINE)
"""A block of the outermost level in which every line is indented by four spaces."""


def statements(text: str, where: str) -> Iterator[ast.stmt]:
    """Yield the statements of a script in order, with their line numbers in the script.

    A long block ``with ..:`` of simple lines becomes several blocks; only the first of them names the modes.

    Raises
    ------
    CircuitError
        If the text is not Python, or too large to be parsed as a whole and without a long block to divide.
    """
    if words(text) <= MAX_WORDS:
        yield from parsed(text, where)
        return
    text = text if text.endswith("\n") else text + "\n"
    match = max(BLOCK.finditer(text), key=lambda found: len(found[1]), default=None)
    if match is None or '"""' in match[1] or "'''" in match[1] or "\\\n" in match[1]:
        require_size(text, where)
        raise CircuitError(
            f"{where}: the script is too large to be parsed, and has no long block of simple lines to divide"
        )
    before, after = text[: match.start()], text[match.end() :]
    for piece in (before, after, ""):
        require_size(piece, where)
    yield from parsed(before, where)
    header = text[match.start() : match.start(1)]
    first = before.count("\n") + header.count("\n")
    lines = match[1].splitlines(keepends=True)
    for start in range(0, len(lines), LINES):
        piece = "".join(lines[start : start + LINES])
        require_size(piece, where)
        if not piece.strip() or all(line.lstrip()[:1] in ("#", "") for line in piece.splitlines()):
            continue
        yield from _block(header, piece, first + start, where, named=start == 0)
    offset = first + len(lines)
    for statement in parsed(after, where):
        yield _moved(statement, offset)


def _block(header: str, piece: str, line: int, where: str, named: bool) -> Iterator[ast.stmt]:
    """Yield the statements of a piece of a block; ``line`` lines of the script stand before the piece."""
    for statement in parsed(header + piece, where):
        if isinstance(statement, ast.With) and not named:
            for item in statement.items:
                item.optional_vars = None
        yield _moved(statement, line - header.count("\n"))


def _moved(statement: ast.stmt, lines: int) -> ast.stmt:
    ast.increment_lineno(statement, lines)
    return statement
