r"""Sources that heralded states take: attempts in parallel, until the wanted share of runs has all of them.

One attempt succeeds with probability p. With N sources at once a gate has its state with probability ``1 - (1-p)^N``,
and G gates all have theirs with ``(1 - (1-p)^N)^G``. So a wanted success s takes, for one gate and for all G together,

``N_1 = ceil(log(1 - s) / log(1 - p))`` and ``N_G = ceil(log(1 - s^{1/G}) / log(1 - p))``

sources per gate, G N_G in all. A tree of two-way switches that brings one of N sources to the gate has ``ceil(log2 N)``
levels, and the state passes all of them. The loss of one switch is ``primitives.Switch.loss_db`` of the profile; it is
reported here, but is not part of the simulated noise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import ceil, expm1, log, log1p
from typing import Any

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import snake_name
from hardware_profiles.schema import Profile

WANTED = 0.99
"""Wanted probability that all states are available."""

SWITCH = "Switch"
"""Primitive of a profile that is one switch of the tree."""

WHOLE_TOLERANCE = 1e-12
"""Largest error that rounding adds to a whole number of sources."""


def sources_per_gate(probability: float, wanted: float = WANTED, gates: int = 1) -> int:
    """Return the sources per gate with which all gates have their states with the wanted probability; see the module.

    Parameters
    ----------
    probability : float
        p of one attempt, in (0, 1).
    wanted : float
        s, in (0, 1).
    gates : int
        G >= 1.

    Raises
    ------
    InputError
        If an argument is out of range: no number of sources makes an impossible state, and a certain one takes none.

    Examples
    --------
    >>> sources_per_gate(0.048), sources_per_gate(0.048, gates=4)
    (94, 122)
    """
    if not 0.0 < probability < 1.0:
        raise InputError(
            f"multiplexing needs a success probability of one attempt in (0, 1), found {probability:g}; a state that "
            "never succeeds has no number of sources, and one that always does needs no heralding"
        )
    if not 0.0 < wanted < 1.0:
        raise InputError(f"the wanted probability of success must lie in (0, 1), found {wanted:g}")
    if gates < 1:
        raise InputError(f"multiplexing needs at least one gate, found {gates}")
    failing = -expm1(log(wanted) / gates)  # 1 - s^{1/G}
    return max(1, ceil(log(failing) / log1p(-probability) - WHOLE_TOLERANCE))


def switch_depth(sources: int) -> int:
    """Return the levels of a tree of two-way switches over a number of sources: ``ceil(log2 N)``.

    >>> [switch_depth(n) for n in (1, 2, 3, 94, 128, 129)]
    [0, 1, 2, 7, 7, 8]
    """
    return (sources - 1).bit_length()


@dataclass(frozen=True, slots=True)
class Multiplexing:
    """Sources and switches that the heralded states of one kind take in a program.

    Attributes
    ----------
    operation : str
        Snake-case name of the operation that is heralded.
    gates : int
        How many states the program uses, one per gate.
    probability : float
        Success probability of one attempt.
    wanted : float
    sources_per_gate, sources_per_gate_for_all : int
        Parallel sources for one gate with the wanted probability, and per gate for all gates together.
    switch_loss_db : float or None
        Loss of one switch, if the profile states it.
    """

    operation: str
    gates: int
    probability: float
    wanted: float
    sources_per_gate: int
    sources_per_gate_for_all: int
    switch_loss_db: float | None = None

    @property
    def total_sources(self) -> int:
        """Number of sources for all gates together."""
        return self.gates * self.sources_per_gate_for_all

    @property
    def switch_depth(self) -> int:
        """Number of switches that a state passes."""
        return switch_depth(self.sources_per_gate_for_all)

    @property
    def tree_loss_db(self) -> float | None:
        """Loss of a state in its switches."""
        return None if self.switch_loss_db is None else self.switch_depth * self.switch_loss_db

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        derived = ("total_sources", "switch_depth", "tree_loss_db")
        return asdict(self) | {name: getattr(self, name) for name in derived}

    def line(self) -> str:
        """Return the numbers in one line."""
        name, share = self.operation.replace("_", " "), f"{100.0 * self.wanted:g} %"
        text = (
            f"heralded states ({name}): one attempt succeeds with probability {self.probability:g}; "
            f"{share} success takes {self.sources_per_gate} sources for one gate"
        )
        if self.gates > 1:
            together = f"{self.sources_per_gate_for_all} each, {self.total_sources} in all,"
            text += f", and {together} for all {self.gates} gates together"
        if not self.switch_depth:
            return text
        text += f"; a state passes {self.switch_depth} {'switches' if self.switch_depth > 1 else 'switch'}"
        return (
            text if self.tree_loss_db is None else f"{text}, whose loss of {self.tree_loss_db:.3g} dB is not included"
        )


def multiplexing(native: Circuit, profile: Profile, wanted: float = WANTED) -> tuple[Multiplexing, ...]:
    """Return the sources for the heralded states of a native circuit, without operations that always succeed.

    An operation is heralded if the profile states its ``success_probability``, below 1.

    >>> from compiler.ir.operations import PrepareCubic
    >>> from hardware_profiles import load_profile
    >>> states = tuple(PrepareCubic((mode,), 0.1, 1.0) for mode in range(4))
    >>> multiplexing(Circuit(4, states), load_profile("photonic-teleported"))[0].total_sources
    488
    """
    switch = profile.primitives.get(SWITCH)
    loss = None if switch is None or switch.loss_db is None else switch.loss_db.value
    found = []
    for name, count in Counter(type(op).__name__ for op in native.operations).items():
        spec = profile.operations.get(name)
        stated = None if spec is None else spec.success_probability
        if stated is None or stated.value >= 1.0:
            continue
        p = stated.value
        each, together = sources_per_gate(p, wanted), sources_per_gate(p, wanted, count)
        found.append(Multiplexing(snake_name(name), count, p, wanted, each, together, loss))
    return tuple(found)
