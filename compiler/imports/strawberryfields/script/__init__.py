"""Python scripts of Strawberry Fields, read by a walk through their syntax tree; nothing in them is ever run."""

from compiler.imports.strawberryfields.script.reader import read_script

__all__ = ["read_script"]
