"""Compare two programs of any tools; their results are matched by name, by mode or by time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.imports.calls import Imported
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import matched_by_mode, name_by_mode, relabelled, results_by_mode, with_results
from compiler.semantics.equivalence import DEFAULT_TOLERANCE, Equivalence
from compiler.semantics.verdict import different


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether two programs are equal, and how they were compared.

    Attributes
    ----------
    verdict : Equivalence
        Equal, different, or not shown to be equal.
    matched : str
        How the results of the two programs were matched; empty if they were not matched.
    notes : tuple of str
        Notes of both readers.
    """

    verdict: Equivalence
    matched: str
    notes: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the programs are shown to be equal."""
        return self.verdict.equivalent


def compare_programs(
    left: Imported, right: Imported, *, tolerance: float = DEFAULT_TOLERANCE, digits: int | None = None
) -> Compared:
    """Compare two programs up to a global phase: their outputs for all inputs, and their results.

    Parameters
    ----------
    left, right : Imported
    tolerance, digits
        As `compiler.semantics.equivalence.equivalent` takes them.

    Examples
    --------
    >>> from compiler.ir import Circuit, Rotation
    >>> turns = Imported(Circuit(1, (Rotation((0,), 0.25), Rotation((0,), 0.5))), "one tool")
    >>> compare_programs(turns, Imported(Circuit(1, (Rotation((0,), 0.75),)), "another")).equal
    True
    """
    notes = tuple(f"{name}: {note}" for name, given in (("A", left), ("B", right)) for note in given.notes)
    ours, theirs = len(left.circuit.results), len(right.circuit.results)
    if ours != theirs:
        return Compared(
            different(tolerance, f"both must have the same number of results, found {ours} in A and {theirs} in B"),
            "",
            notes,
        )
    found: list[Compared] = []
    for one, other in _alignments(left.circuit, right.circuit):
        for matched, renamed in _matchings(one, other):
            try:
                verdict = compare(one, renamed, tolerance=tolerance, digits=digits)
            except CircuitError as error:
                verdict = different(tolerance, str(error), decided=False)
            found.append(Compared(verdict, matched, notes))
            if verdict.equivalent:
                return found[-1]
    return next((one for one in found if one.verdict.points), found[0])


def _alignments(left: Circuit, right: Circuit) -> list[tuple[Circuit, Circuit]]:
    """Return both circuits with as many modes as the larger one; some formats lose unused modes at the end.

    Unused modes are added at the end, and also before the ancillas, which readers put behind the modes of a program.
    """
    if left.modes > right.modes:
        return [(one, other) for other, one in _alignments(right, left)]
    used = {mode for op in right.operations for mode in op.modes}
    lost = left.modes < right.modes and not used & set(range(left.modes, right.modes))
    out = [(replace(left, modes=right.modes) if lost else left, right)]
    if left.modes != right.modes and all(_ends_in_ancillas(circuit) for circuit in (left, right)):
        latent = max(len(left.latent), len(right.latent))
        out.append((_with_latent(left, latent), _with_latent(right, latent)))
    return list(dict.fromkeys(out))


def _ends_in_ancillas(circuit: Circuit) -> bool:
    return set(circuit.ancillas) == set(range(len(circuit.latent), circuit.modes))


def _with_latent(circuit: Circuit, count: int) -> Circuit:
    """Return a circuit that ends in ancillas, with ``count`` modes before them."""
    own = len(circuit.latent)
    places = [mode if mode < own else mode + count - own for mode in range(circuit.modes)]
    moved = tuple(relabelled(op, places) for op in circuit.operations)
    return Circuit(circuit.modes + count - own, moved, tuple(places[a] for a in circuit.ancillas), circuit.symbols)


def _matchings(left: Circuit, right: Circuit) -> list[tuple[str, Circuit]]:
    """Return the right circuit with the result names of the left one, in every way that is to be tried.

    Results are matched by name if both circuits have the same names. If the names differ, they are arbitrary, and the
    results are matched by mode and then by order of time. Names ``m0``, ``m1``, .. stand for modes in some formats and
    for the order of time in others; if the two circuits differ in this, the names are ignored.
    """
    if not left.results:
        return [("", right)]
    if set(left.results) == set(right.results) and not _other_meaning(left, right):
        return [("by name", right)]
    by_time = "by order of time", with_results(right, left.results)
    by_mode = matched_by_mode(right, left)
    if by_mode is None:
        return [by_time]
    return [("by mode", by_mode)] if by_mode == by_time[1] else [("by mode", by_mode), by_time]


def _other_meaning(left: Circuit, right: Circuit) -> bool:
    """Tell whether results are named by mode in one circuit and by order of time in the other."""

    def kinds(circuit: Circuit) -> tuple[bool, bool]:
        by_time = circuit.results == tuple(f"m{place}" for place in range(len(circuit.results)))
        by_mode = all(name == name_by_mode(*place) for place, name in results_by_mode(circuit).items())
        return by_time, by_mode

    return {kinds(left), kinds(right)} == {(True, False), (False, True)}
