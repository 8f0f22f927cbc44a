"""Hold a device's answer to the witness: a predicted S, or a refusal with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qumode_khrnn.witness.law import BOUND

if TYPE_CHECKING:
    from compiler.pipeline import CompiledProgram

VIOLATED, NOT_VIOLATED, REFUSED = "violated", "not violated", "refused"


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """The answer of one device.

    Attributes
    ----------
    profile : str
    verdict : str
        `VIOLATED`, `NOT_VIOLATED`, or `REFUSED` where the device cannot read the contexts.
    lines : tuple of str
        The answer as sentences; the first sentence of a refusal is the reason.
    data : dict
        Its numbers.
    programs : dict of CompiledProgram
        The compiled contexts by name, if the device runs them.
    """

    profile: str
    verdict: str
    lines: tuple[str, ...]
    data: dict[str, Any]
    programs: dict[str, CompiledProgram] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"profile": self.profile, "verdict": self.verdict, "text": list(self.lines), **self.data}


def margin_text(value: float) -> str:
    """Return S and its distance from the bound as text.

    >>> margin_text(3.0), margin_text(2.0)
    ('S = 3.000000: the bound 2.828427 is violated by 0.171573', 'S = 2.000000: not violated, 0.828427 below the bound')
    """
    if value > BOUND:
        return f"S = {value:.6f}: the bound {BOUND:.6f} is violated by {value - BOUND:.6f}"
    return f"S = {value:.6f}: not violated, {BOUND - value:.6f} below the bound"


def predicted_line(means: Sequence[float], value: float) -> str:
    """Return what a device is predicted to show, from the mean bit of every context."""
    b = sum(means[:3]) / 3.0
    return f"predicted: <B> = {b:.6f}, <A> = {-means[3]:.6f}, {margin_text(value)}"


def shots_lines(needed: int | None) -> list[str]:
    """Return a line with the shots that show a violation, or no line without a violation."""
    return [] if needed is None else [f"shots for three standard errors: {needed} per context, {4 * needed} in all"]


def pulses_line(programs: Mapping[str, CompiledProgram]) -> str:
    """Return what the contexts were compiled to, and how well they are proved."""
    counts = next(iter(programs.values())).resources.counts
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    residual = max(program.verification.residual for program in programs.values())
    return (
        f"compiled: {len(programs)} contexts, each {shown}; proved equal to their sources (largest residual "
        f"{residual:.1e})"
    )
