"""Print why a device cannot run a program: every reason, one per line."""

from __future__ import annotations

from compiler.errors import MappingReason, NotMappableError

NAMED = 4
"""Operations with the same reason that are named; the others are counted."""


def reason_lines(error: NotMappableError) -> list[str]:
    """Return the refusal as lines; operations with the same reason share a line.

    Returns
    -------
    list of str
        The sentence of the only reason, or a heading and one line per reason.

    Examples
    --------
    >>> why = [MappingReason(f"operation {i}", "too many modes", "use fewer modes") for i in range(2)]
    >>> reason_lines(NotMappableError("tiny", (*why, MappingReason("the circuit", "too deep", "use fewer gates"))))[1:]
    ['  - operation 0, operation 1: too many modes; use fewer modes', '  - the circuit: too deep; use fewer gates']
    """
    groups: dict[tuple[str, str], list[MappingReason]] = {}
    for one in error.reasons:
        groups.setdefault((one.reason, one.relaxation), []).append(one)
    if len(error.reasons) == 1:
        return [str(error)]
    lines = [f"not mappable to {error.profile}, for these reasons:"]
    for (reason, relaxation), found in groups.items():
        names = ", ".join(one.operation for one in found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        lines.append(" ".join(f"  - {names}{more}: {reason}; {relaxation}".split()).replace("- ", "  - ", 1))
    return lines
