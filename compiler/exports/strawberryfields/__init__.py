"""Writers for Strawberry Fields: programs, scripts, Blackbird and XIR texts, and device specifications."""

from compiler.exports.strawberryfields.program import from_strawberryfields, strawberryfields, to_strawberryfields

__all__ = ["from_strawberryfields", "strawberryfields", "to_strawberryfields"]
