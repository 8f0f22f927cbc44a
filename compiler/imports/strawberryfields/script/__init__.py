"""Python scripts of Strawberry Fields: their syntax tree is walked, nothing in them is ever run."""

from compiler.imports.strawberryfields.script.reader import read_script

__all__ = ["read_script"]
