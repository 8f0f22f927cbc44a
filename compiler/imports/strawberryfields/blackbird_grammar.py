"""Parse trees of Blackbird: the grammar of the ``blackbird`` package, and the meaning of the leaves of a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import checked
from compiler.imports.strawberryfields.texts import integer, one_line
from hardware_profiles.extras import need


def parse_tree(text: str, where: str, rule: str = "start") -> Any:
    """Return the parse tree of a rule; fast predictions are tried first, and the full ones if these fail."""
    need("blackbird", "antlr4")
    import antlr4
    from antlr4.atn.PredictionMode import PredictionMode
    from antlr4.error.ErrorListener import ErrorListener
    from blackbird.blackbirdLexer import blackbirdLexer
    from blackbird.blackbirdParser import blackbirdParser

    class Listener(ErrorListener):  # type: ignore[misc]
        def syntaxError(self, *found: Any) -> NoReturn:  # noqa: N802
            _, _, line, _, message, _ = found
            raise CircuitError(f"{where} line {line}: not Blackbird: {one_line(message, 120)}")

    spaced = re.sub(r",(?=\S)", ", ", text)
    for mode in (PredictionMode.SLL, PredictionMode.LL):
        lexer = blackbirdLexer(antlr4.InputStream(spaced))
        parser = blackbirdParser(antlr4.CommonTokenStream(lexer))
        for recognizer in (lexer, parser):
            recognizer.removeErrorListeners()  # the default ones print
            recognizer.addErrorListener(Listener())
        parser._interp.predictionMode = mode
        try:
            tree = getattr(parser, rule)()
            if parser.getCurrentToken().type != antlr4.Token.EOF:
                raise CircuitError(f"{where}: not Blackbird: {one_line(text, 40)}")
            return tree
        except CircuitError:
            if mode is PredictionMode.LL:
                raise
    raise AssertionError("the loop returns or raises")


def children(node: Any) -> Iterator[Any]:
    """Yield the rules that a node consists of, in order, without tokens; a missing node has no rules."""
    if node is not None:
        yield from (child for child in node.getChildren() if hasattr(child, "getRuleIndex"))


def rule(node: Any) -> str:
    """Return the name of a node's rule, as ``Statement`` or ``NumberLabel``."""
    return type(node).__name__.removesuffix("Context")


def is_template(lines: Sequence[Sequence[Any]]) -> bool:
    """Tell whether the rows of an array are one free parameter, which stands for all elements."""
    return len(lines) == 1 and len(lines[0]) == 1 and rule(lines[0][0]) == "ParameterLabel"


def operator(node: Any) -> str:
    """Return the sign of a sum or a product."""
    for symbol, name in (("+", "PLUS"), ("-", "MINUS"), ("*", "TIMES"), ("/", "DIVIDE")):
        if getattr(node, name, None) is not None and getattr(node, name)() is not None:
            return symbol
    raise CircuitError(f"{node.getText()[:40]} is not read")


def literal(node: Any) -> bool | str:
    """Return a text or a truth value."""
    text = node.getText()
    return str(text[1:-1]) if node.BOOL() is None else text == "True"


def number(node: Any) -> Any:
    """Return a number; raise CircuitError if it is not finite, or has too many digits."""
    if node.PI() is not None:
        return float(np.pi)
    text = node.getText()
    if node.COMPLEX() is not None:
        return checked(complex(text))
    if node.INT() is not None:
        return integer(text)
    return checked(float(text))
