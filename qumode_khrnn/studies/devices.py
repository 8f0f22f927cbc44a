"""Compile a hypergraph state for every device: its cost, the quality of its answer, its limit, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil, exp, expm1, isfinite
from typing import Any

from compiler.errors import InputError
from compiler.ions.readout import ReadoutCost, shots_for_weight
from compiler.machines import machine_of
from compiler.pipeline import CompiledProgram
from compiler.typing import Advance
from hardware_profiles.schema import Profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from qumode_khrnn.studies.rows import (
    Row,
    compiled_for,
    costs,
    heralding_lines,
    refusal,
    refused_text,
    stored,
    unverified_lines,
)
from simulations.exact.moments import NoClosedFormError
from simulations.heralding.edge_bound import EdgeGap
from simulations.heralding.edge_gap import edge_gap
from simulations.programs.budget import Budget, error_budget, loss_of, noise_left_out
from simulations.programs.nullifiers import nullifier_polynomials

WEIGHT = 0.3
"""Weight of the hyperedge; the shots are those that distinguish it from 0."""

DEPHASING = "dephasing (estimated)"

NO_DETECTOR = "the machine has no homodyne detectors, so it reads no nullifier of a 3-edge, whatever its squeezing"

WRONG_EDGE_PROBABILITY = 0.01
"""Largest probability of a wrong verdict on the weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow(Row):
    """A hypergraph state whose largest edge has k modes, on one device; its answer is the first nullifier.

    On ions the variance holds dephasing by estimate: a momentum whose mode has turned by a normal angle of variance v
    has received ``e^{2r} (1 - e^{-2v}) / 2`` of the position.

    Attributes
    ----------
    k : int
    squeezing : float
        r of the latent modes: the device's usual one, at most 1.
    added : float
        Error that the closed form leaves out: the sup-norm error of spin sequences, on the intervals of positions where
        it is certified; else 0.
    outside : float
        Mass of the state outside these intervals, at most.
    state_distance : float
        Certified bound on the error of any probability, without noise (`compiler.ions.state_distance`). The variance
        and the shots do not include it.
    shots : ReadoutCost or None
        Shots that detect a single hyperedge, by homodyne and by one bit per shot.
    gap : EdgeGap or None
        What a photonic machine lacks for the strongest 3-edge of a graph without larger edges; None if it reads no
        quadrature, or is of another family.
    unread : bool
        Whether a gap is asked for but the machine reads no quadrature.
    """

    k: int
    squeezing: float
    added: float = 0.0
    outside: float = 0.0
    state_distance: float = 0.0
    shots: ReadoutCost | None = None
    gap: EdgeGap | None = None
    unread: bool = False

    @property
    def ideal(self) -> float:
        """Variance of the answer with nothing but the finite squeezing that was asked for: e^{-2r}."""
        return exp(-2.0 * self.squeezing)

    def gap_texts(self) -> tuple[str, ...]:
        """Return sentences about what a photonic machine lacks for one 3-edge; none if this does not apply."""
        if self.gap is not None:
            return self.gap.lines()
        return (NO_DETECTOR,) if self.unread else ()

    @property
    def wanted_shots(self) -> float | None:
        """Shots on this device that detect the edge."""
        if self.shots is None:
            return None
        return self.shots.shots if self.by_bits else self.shots.homodyne_shots

    def to_json(self) -> dict[str, Any]:
        """Return plain data; numbers of shots that were not found are None."""
        gap = None if self.gap is None else self.gap.to_json()
        shots = None if self.shots is None else asdict(self.shots)
        if shots is not None:
            shots = {name: value if isfinite(value) else None for name, value in shots.items()}
        return Row.to_json(self) | {"shots": shots, "ideal": self.ideal, "gap": gap}


def one_edge(k: int, weight: float = WEIGHT) -> Hypergraph:
    """Return k modes and the hyperedge of all of them."""
    return Hypergraph(k, (Hyperedge(tuple(range(k)), weight),))


def device_rows(
    profiles: Sequence[Profile], graphs: Sequence[Hypergraph], advance: Advance | None = None
) -> tuple[DeviceRow, ...]:
    """Return the rows of every hypergraph on every profile, one hypergraph after another."""
    rows: list[DeviceRow] = []
    for graph in graphs:
        for profile in profiles:
            rows.append(device_row(profile, graph))
            if advance is not None:
                advance(len(rows))
    return tuple(rows)


def device_row(profile: Profile, graph: Hypergraph) -> DeviceRow:
    """Compile a hypergraph state and its readout for a profile, with the error budget of its first nullifier."""
    r = min(1.0, machine_of(profile).default_squeezing(profile))
    k = max((len(edge.modes) for edge in graph.edges), default=0)
    source = state_circuit(graph, r)
    try:
        program = compiled_for(source, profile, r)
    except InputError as error:
        gap, unread = _gap(profile, graph)
        why = refusal(error)
        return DeviceRow(
            profile=profile.name, status=profile.status, k=k, squeezing=r, reason=why, gap=gap, unread=unread
        )
    summary = {} if program.layout is None else program.layout.summary
    budget = _budget(program)
    turned = exp(2.0 * r) * 0.5 * -expm1(-2.0 * summary.get("dephasing_rad2", 0.0))
    variance = None if budget is None else budget.variance + turned
    shares = {} if budget is None else {**budget.shares, **({DEPHASING: turned} if turned else {})}
    shots = None
    if variance is not None and len(graph.edges) == 1 and k in (2, 3, 4) and graph.edges[0].weight:
        shots = shots_for_weight(k, graph.edges[0].weight, exp(2.0 * r), variance, WRONG_EDGE_PROBABILITY)
    return DeviceRow(
        profile=profile.name,
        status=profile.status,
        k=k,
        squeezing=r,
        variance=variance,
        shares=shares,
        added=float(summary.get("error_bound", 0.0)),
        outside=float(summary.get("outside", 0.0)),
        state_distance=float(summary.get("state_distance", 0.0)),
        shots=shots,
        gap=_gap(profile, graph)[0],
        loss=loss_of(stored(program), 1.0),
        **costs(program),
    )


def _gap(profile: Profile, graph: Hypergraph) -> tuple[EdgeGap | None, bool]:
    """Return what a photonic machine lacks for the strongest 3-edge, and whether it cannot even read it.

    This does not apply to graphs without 3-edges or with larger edges, nor to machines of other families.
    """
    weights = [abs(edge.weight) for edge in graph.edges if len(edge.modes) == 3 and edge.weight]
    larger = any(len(edge.modes) > 3 for edge in graph.edges)
    if profile.family != "photonic" or larger or not weights:
        return None, False
    try:
        gap = edge_gap(profile, max(weights))
    except InputError:  # strengths beyond float64, as the row reports
        return None, False
    return gap, gap is None


def _budget(program: CompiledProgram) -> Budget | None:
    answers = nullifier_polynomials(program.source)
    first = dict(list(answers.items())[:1])
    layout, left_out = stored(program).layout, noise_left_out(program.profile)
    try:
        return error_budget(program.circuit, program.profile, first, 1.0, layout, left_out)[0]
    except NoClosedFormError:
        return None


def unverified_of(rows: Sequence[DeviceRow]) -> dict[str, list[str]]:
    """Return, by profile, the unverified numbers that entered any of its rows."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.profile, {}).update(dict.fromkeys(row.unverified))
    return {name: list(paths) for name, paths in found.items() if paths}


def gap_lines(row: DeviceRow) -> list[str]:
    """Return the lines under a row: what the machine lacks for one 3-edge, in dB and in words."""
    return [f"{'':22} {line}" for line in row.gap_texts()]


def device_lines(rows: Sequence[DeviceRow]) -> list[str]:
    """Return the rows as a table, one block per hypergraph, with the largest losses of a wire and of a latent mode."""
    lines: list[str] = []
    columns = f"{'r':>5} {'gates':>6} {'not G.':>6} {'depth':>6} {'time':>9} {'variance':>9} {'shots':>9}"
    head = f"{'':22} {columns} {'wire':>8} {'logical':>8}  largest part"
    for number, row in enumerate(rows):
        if not number or row.profile == rows[0].profile:
            lines += ["", f"k = {row.k}", head]
        if row.reason is not None:
            lines.append(f"{row.profile:22} {row.squeezing:5.3g} {refused_text(row.reason)}")
            lines += gap_lines(row)
            continue
        time, variance, wire, logical = row.cells()
        wanted = row.wanted_shots
        shots = "-" if wanted is None or not isfinite(wanted) else f"{wanted:g}{' bits' if row.by_bits else ''}"
        lines.append(
            f"{row.profile:22} {row.squeezing:5.3g} {row.gates:6} {row.non_gaussian:6} {row.depth:6} {time:>9} "
            f"{variance:>9} {shots:>9} {wire:>8} {logical:>8}  {row.limit}"
        )
        if row.state_distance:
            distance = ceil(1e3 * row.state_distance) / 1e3
            within = f"pulses leave the state within {distance:.3f} of the ideal one"
            lines.append(f"{'':22} {within}; variance and shots take them as exact")
        lines += [*gap_lines(row), *heralding_lines(row), *unverified_lines(row)]
    return lines[1:]
