"""Readers for Strawberry Fields: programs, scripts, Blackbird and XIR texts become circuits."""

from compiler.imports.strawberryfields.build import build, part_of_result
from compiler.imports.strawberryfields.objects import from_strawberryfields, read_strawberryfields
from compiler.imports.strawberryfields.package import strawberryfields

__all__ = ["build", "from_strawberryfields", "part_of_result", "read_strawberryfields", "strawberryfields"]
