"""CV-OpenQASM text as statements of OpenQASM 3: its extra words are rewritten, and `openqasm3` parses the result.

hybridlane adds a type ``qumode`` and the words ``measure_x`` and ``measure_n``. They become ``qubit`` and calls, the
form that hybridlane itself writes with ``strict=True``. Time and memory are bounded: brackets are counted first, the
text is parsed in pieces, and of a long text lines like ``cv_r(0.5) m[0];`` are taken apart here, because the parser
needs some 0.3 ms for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.reading.call_script import require_length
from hardware_profiles.extras import need

MAX_NESTING = 60
"""Largest depth of brackets of all kinds."""

MAX_SIGNS = 250
"""Largest number of minus signs in one statement: the parser's time grows with the square of their number."""

MAX_SIGN_PAIRS = 1_500_000
"""Largest number of pairs of minus signs of the same statement, in all statements."""

MAX_OPERATORS = 2_000
"""Largest number of operators in one statement."""

MAX_QUOTES = 200
"""Largest number of quotation marks, which enclose names of files only."""

PIECE_CHARACTERS = 20_000
"""Least number of characters of a piece, which ends with the statement that reaches this number."""

LONG = 200_000
"""Number of characters from which on plain gates are not handed to the parser."""

MAX_PARSED = 1_000_000
"""Largest number of characters that are handed to the parser, which takes several seconds for them."""

READOUTS = ("measure_x", "measure_n", "homodyne", "fock_number")
"""Words and functions that read a qumode; the last two are those of the first versions of hybridlane."""

TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<comment>//[^\n]*|/\*(?:.*?\*/|.*))|(?P<string>\"[^\"\n]*\"|'[^'\n]*')|(?P<name>[^\W\d]\w*)"
    r"|(?P<mark>->|.)",
    re.DOTALL,
)

NUMBER = r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,4})?"
WIRE = r"[A-Za-z_]\w*\[\d{1,9}\]"
PLAIN = re.compile(rf"\s*((?:cv|khrnn)_\w+)\(({NUMBER}(?:, ?{NUMBER})*)\) ({WIRE}(?:, ?{WIRE})*);", re.ASCII)
"""A plain gate: numbers are its arguments, and the text is as programs write it."""

OPERATORS = frozenset("+-*/%<>=!&|^~")

OPENING = {")": "(", "]": "[", "}": "{"}


def statements(text: str, where: str, qumodes: set[str]) -> Iterator[tuple[Any, int]]:
    """Yield every statement as `openqasm3` parses it, with the number of lines before the piece that it stands in.

    Parameters
    ----------
    text : str
    where : str
        Name of the text, for messages.
    qumodes : set of str
        Receives the names of registers that are declared as qumodes.

    Raises
    ------
    CircuitError
        If the text is too long, nested too deeply, or not OpenQASM 3.
    """
    require_length(text, where)
    if not _says_something(text):
        raise CircuitError(f"{where}: the first statement must be 'OPENQASM 3.0;', found no statement")
    line = parsed = 0
    for index, piece in enumerate(_pieces(text, where)):
        if isinstance(piece, re.Match):
            line += piece[0].count("\n")
            yield _plain_gate(piece), line
            continue
        parsed += len(piece)
        if parsed > MAX_PARSED:
            raise CircuitError(
                f"{where}: at most {MAX_PARSED:,} characters are read beside plain gates with numbers, found more"
            )
        program = _parsed(standard(piece, qumodes), line, where)
        if index == 0 and program.version not in {"3", "3.0", "3.1"}:
            raise CircuitError(f"{where}: the first statement must be 'OPENQASM 3.0;', found version {program.version}")
        if index > 0 and program.version is not None:
            raise CircuitError(f"{where} line {line + 1}: OPENQASM must stand once, as the first statement")
        for statement in program.statements:
            yield statement, line
        line += piece.count("\n")


def standard(text: str, qumodes: set[str] | None = None) -> str:
    """Rewrite CV-OpenQASM text as OpenQASM 3; lines keep their numbers.

    >>> names = set()
    >>> standard("qumode[2] m; float c = measure_x m[0];", names), names
    ('qubit[2] m; float c = measure_x(m[0]);', {'m'})
    """
    return _Rewriter(text, set() if qumodes is None else qumodes).run()


def _pieces(text: str, where: str) -> Iterator[str | re.Match[str]]:
    """Cut a text behind statements; each plain gate of a long text is a piece of its own.

    Raises
    ------
    CircuitError
        If the text would keep the parser busy for long.
    """
    counted = _Counted()
    start = at = 0
    fresh = False  # whether a statement has just ended, outside of brackets
    while at < len(text):
        plain = PLAIN.match(text, at) if fresh and len(text) > LONG else None
        found = plain or TOKEN.match(text, at)
        assert found is not None  # one of the alternatives is any character
        at = found.end()
        if plain:
            if _says_something(text[start : found.start()]):
                yield text[start : found.start()]
            yield plain
            start = at
            continue
        mark = found[0] if found.lastgroup == "mark" else ""
        if reason := counted.add(mark, found.lastgroup == "string"):
            raise CircuitError(f"{where} line {text.count(chr(10), 0, at) + 1}: {reason}")
        fresh = mark == ";" and not counted.opened
        if fresh and at - start >= PIECE_CHARACTERS:
            yield text[start:at]
            start = at
    if _says_something(text[start:]):
        yield text[start:]


def _says_something(text: str) -> bool:
    """Whether a text has more than spaces and comments, of which the parser makes nothing."""
    return any(token.lastgroup not in {"space", "comment"} for token in TOKEN.finditer(text))


class _Counted:
    """Counts of signs and brackets, which the time and the depth of the parser depend on."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.signs = self.pairs = self.operators = self.quotes = 0

    def add(self, mark: str, string: bool) -> str:
        """Count a token, and return the reason if the text exceeds a bound, else an empty text."""
        if mark in {"(", "[", "{"}:
            self.opened.append(mark)
        elif self.opened and self.opened[-1] == OPENING.get(mark):
            self.opened.pop()
        if mark in {";", "{", "}"}:
            self.signs = self.operators = 0
        elif mark in OPERATORS:
            self.operators += 1
            self.signs += mark == "-"
            self.pairs += self.signs if mark == "-" else 0
        self.quotes += string or mark in {"'", '"'}
        if len(self.opened) > MAX_NESTING:
            return f"brackets are nested deeper than {MAX_NESTING}"
        if self.signs > MAX_SIGNS or self.pairs > MAX_SIGN_PAIRS:
            return f"a statement has more than {MAX_SIGNS} minus signs, or too many have more than a few"
        if self.operators > MAX_OPERATORS:
            return f"a statement has more than {MAX_OPERATORS} operators"
        return f"there are more than {MAX_QUOTES} quotation marks" if self.quotes > MAX_QUOTES else ""


def _plain_gate(found: re.Match[str]) -> Any:
    """Return the statement of a plain gate, as the parser makes it."""
    need("openqasm3")
    from openqasm3 import ast

    arguments: list[ast.Expression] = []
    for text in found[2].split(","):
        digits = text.strip().removeprefix("-")
        literal = ast.IntegerLiteral(int(digits)) if digits.isdigit() else ast.FloatLiteral(float(digits))
        negative = text.strip().startswith("-")
        arguments.append(ast.UnaryExpression(ast.UnaryOperator["-"], literal) if negative else literal)
    wires: list[ast.IndexedIdentifier | ast.Identifier] = []
    for text in found[3].split(","):
        name, _, index = text.strip(" ]").partition("[")
        wires.append(ast.IndexedIdentifier(ast.Identifier(name), [[ast.IntegerLiteral(int(index))]]))
    gate = ast.QuantumGate([], ast.Identifier(found[1]), arguments, wires)
    gate.span = ast.Span(1, 0, 1, 0)
    return gate


def _parsed(piece: str, line: int, where: str) -> Any:
    need("openqasm3")
    import openqasm3

    printed = StringIO()  # the lexer of ANTLR prints its errors
    try:
        with redirect_stderr(printed):
            return openqasm3.parse(piece)
    except RecursionError:
        raise CircuitError(f"{where}: an expression is nested too deeply after line {line}") from None
    except (openqasm3.parser.QASM3ParsingError, ValueError) as error:  # ValueError: a number of thousands of digits
        told = re.match(r"line (\d+):\d+ (.*)", printed.getvalue(), re.DOTALL)
        told = told or re.match(r"L(\d+):C\d+: (.*)", str(error), re.DOTALL)
        at, reason = (f" line {line + int(told[1])}", told[2]) if told else ("", f"{error or type(error).__name__}")
        shown = " ".join(reason[:200].split())
        raise CircuitError(f"{where}{at}: the text cannot be parsed as OpenQASM 3: {shown}") from None


class _Rewriter:
    """Rewriter of one piece, which walks through its tokens."""

    def __init__(self, text: str, qumodes: set[str]) -> None:
        self.tokens = [(str(m.lastgroup), m[0]) for m in TOKEN.finditer(text)]
        self.qumodes = qumodes
        self.head = ""  # the first word of the statement
        self.before = ""  # the last token that is neither space nor comment
        self.depth = 0
        self.out: list[str] = []

    def run(self) -> str:
        at = 0
        while at < len(self.tokens):
            kind, token = self.tokens[at]
            if kind == "name":
                self.head = self.head or token
                at = self._word(at, token)
                continue
            if kind == "mark":
                self.depth += (token in {"(", "[", "{"}) - (token in OPENING)
                if token in {";", "{", "}"}:
                    self.head = ""
            if kind not in {"space", "comment"}:
                self.before = token
            self.out.append(token)
            at += 1
        return "".join(self.out)

    def _word(self, at: int, token: str) -> int:
        """Copy or rewrite a word, and return the place of the next token."""
        following = self._next(at)
        kind = self._token(following)[0]
        if token in {"qumode", "qubit"} and self.head in {"gate", "defcal"} and kind == "name":
            return following  # operands of gates have no type
        if token == "qumode":
            token = self._register(following)
        elif token in READOUTS and self.before not in {"defcal", "def", "gate"} and kind == "name":
            return self._readout(token, following)
        self.out.append(token)
        self.before = token
        return at + 1

    def _register(self, following: int) -> str:
        """Return the word that replaces ``qumode``, and keep the name of the register."""
        old = self._token(self._next(following))[1] == "["  # qumode m[3]; of the first versions of hybridlane
        if self._token(following)[1] == "[":
            following, old = self._next(self._closed(following)), False
        kind, name = self._token(following)
        if kind == "name" and self.head == "qumode" and self.depth <= 0:
            self.qumodes.add(name)
        return "qreg" if old else "qubit"

    def _readout(self, word: str, first: int) -> int:
        """Write ``measure_x m[0]`` as a call, and ``measure_x m[0] -> c`` as an assignment of one."""
        starts = self.before in {"", ";", "{", "}"}
        last = self._indexed(first)
        call = f"{word}({self._text(first, last)})"
        arrow = self._next(last)
        if starts and self._token(arrow)[1] == "->":
            first = self._next(arrow)
            last = self._indexed(first)
            call = f"{self._text(first, last)} = {call}"
        self.out.append(call)
        self.before = ")"
        return last + 1

    def _indexed(self, at: int) -> int:
        """Return the last place of a name with its brackets."""
        while self._token(self._next(at))[1] == "[":
            at = self._closed(self._next(at))
        return at

    def _closed(self, at: int) -> int:
        """Return the place where a square bracket closes, or the end of the statement or the text."""
        depth = 0
        while at < len(self.tokens) and self.tokens[at][1] != ";":
            depth += {"[": 1, "]": -1}.get(self.tokens[at][1], 0)
            if depth == 0:
                return at
            at += 1
        return at

    def _next(self, at: int) -> int:
        """Return the place of the next token that is neither space nor comment."""
        at += 1
        while at < len(self.tokens) and self.tokens[at][0] in {"space", "comment"}:
            at += 1
        return at

    def _token(self, at: int) -> tuple[str, str]:
        return self.tokens[at] if at < len(self.tokens) else ("", "")

    def _text(self, first: int, last: int) -> str:
        return "".join(token for _, token in self.tokens[first : last + 1])
