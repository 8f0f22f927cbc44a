"""Errors of the compiler. All are ValueErrors whose message is one line that says what to do."""

from dataclasses import dataclass
from typing import Any

from hardware_profiles.errors import InputError, did_you_mean

__all__ = ["CircuitError", "InputError", "MappingReason", "NotMappableError", "did_you_mean", "with_type"]


ELSEWHERE = "leave it out, or use another machine: khrnn devices lists those that run the program"
"""What to do about a gate that a kind of machine never has."""


class CircuitError(InputError):
    """A circuit, an operation or a program file breaks a rule of the intermediate representation."""


@dataclass(frozen=True, slots=True)
class MappingReason:
    """Why one operation does not fit a profile, and the nearest change that would make it fit."""

    operation: str
    reason: str
    relaxation: str


class NotMappableError(InputError):
    """A program cannot run on a profile; ``reasons`` holds one entry for each operation that does not fit.

    Parameters
    ----------
    profile : str
        Name of the profile.
    reasons : tuple of MappingReason
        At least one reason.
    """

    def __init__(self, profile: str, reasons: tuple[MappingReason, ...]) -> None:
        self.profile = profile
        self.reasons = reasons
        first = reasons[0]
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        super().__init__(
            f"not mappable to {profile}, because {first.operation}: {first.reason}; {first.relaxation}{more}"
        )


def with_type(value: Any) -> str:
    """Return a value and its type for a message: one line, the value cut after 40 characters.

    >>> with_type(None)
    'None of type NoneType'
    """
    return f"{' '.join(repr(value).split())[:40]} of type {type(value).__name__}"
