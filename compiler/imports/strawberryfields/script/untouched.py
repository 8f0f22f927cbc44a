"""Statements that are not understood: a test whether the program depends on them, and their effects on values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from compiler.imports.strawberryfields.script.names import FORBIDDEN, KNOWN_ROOTS
from compiler.imports.strawberryfields.script.objects import PARTS, Function, Named, RefusedError, Unknown
from compiler.imports.strawberryfields.script.values import Evaluator


def pass_over(reader: Evaluator, statement: ast.stmt, reason: str) -> None:
    """Pass over a statement that is not understood; values that it assigns or may change are unknown from then on.

    Functions of the script that the statement names are examined as if they stood in its place.

    Raises
    ------
    RefusedError
        If the statement could change a program, with the reason why it was not understood.
    """
    nodes = list(_followed(reader, statement))
    reader.budget.step(len(nodes))
    if reader.current is not None or any(_touches(reader, node) for node in nodes):
        raise RefusedError(reason)
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in reader.names:
            reader.spoil(reader.names[node.id], f"line {reader.line} may have changed it: {reason}")
    for name in _assigned(nodes):
        reader.names[name] = Unknown(reason)
    reader.passed.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))


def forbidden(tree: ast.AST) -> tuple[int, str] | None:
    """Return line and name of a function of `FORBIDDEN` that a tree names, or None."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN:
            return node.lineno, node.id
    return None


def _followed(reader: Evaluator, statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield all nodes of a statement, and of the functions of the script that it names."""
    waiting: list[ast.AST] = [statement]
    seen: set[str] = set()
    while waiting:
        for node in ast.walk(waiting.pop()):
            yield node
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                value = reader.names.get(node.id)
                if isinstance(value, Function):
                    waiting.append(value.body)
                elif reader.holds(value, (Function,)):
                    raise RefusedError(
                        f"{node.id} holds a function of the script, and functions are not followed; write them out"
                    )


def _touches(reader: Evaluator, node: ast.AST) -> bool:
    """Tell whether a node could change a program, or the meaning of operations."""
    match node:
        case ast.Name(id=name):
            return reader.holds(reader.names.get(name), PARTS)
        case ast.Expr(value=ast.BinOp(op=ast.BitOr())):
            return True
        case ast.Attribute(value=base, ctx=ast.Store() | ast.Del()):
            root = base
            while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            value = reader.names.get(root.id) if isinstance(root, ast.Name) else None
            return isinstance(value, Named) and value.path.partition(".")[0] in KNOWN_ROOTS
    return False


def _assigned(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the names that nodes assign."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.ExceptHandler(name=str() as name)
                | ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
            ):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
