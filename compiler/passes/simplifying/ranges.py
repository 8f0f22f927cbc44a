"""Check whether a profile allows an operation: passes ask before they change a number beyond its range."""

from __future__ import annotations

from compiler.ir.operations import Operation
from hardware_profiles.schema import Profile


def in_range(op: Operation, profile: Profile) -> bool:
    """Return whether the profile allows an operation on its modes and with its numbers, if it lists it.

    >>> from compiler.ir.operations import Squeeze
    >>> from hardware_profiles import load_profile
    >>> [in_range(Squeeze((0,), r), load_profile("photonic-cubic")) for r in (0.9, 1.2)]
    [True, False]
    """
    spec = profile.operations.get(type(op).__name__)
    if spec is None:
        return True
    numbers = {key: value for key, value in op.parameters().items() if isinstance(value, float)}
    allowed = all(rule.allows(numbers[key]) for key, rule in spec.ranges.items() if key in numbers)
    return allowed and (not spec.modes or set(op.modes) <= set(spec.modes))
