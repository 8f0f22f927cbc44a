"""One hypergraph state on every device: what it costs, how good its answer is, what limits it; or why it cannot run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil, exp, expm1
from typing import Any

from compiler.costs.logical_loss import LossPerMode, loss_per_mode
from compiler.errors import InputError, MappingReason, NotMappableError
from compiler.ions.readout import ReadoutCost, shots_for_weight
from compiler.ir.operations import PREPARATIONS, Homodyne
from compiler.machines import IonSettings, machine_of
from compiler.pipeline import CompiledProgram, compile_circuit
from compiler.typing import Advance
from hardware_profiles.schema import Profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from simulations.exact.moments import NoClosedFormError
from simulations.programs.budget import Budget, error_budget, noise_left_out
from simulations.programs.nullifiers import nullifier_polynomials

WEIGHT = 0.3
"""Weight of the hyperedge; shots are those that tell it from 0."""

DEPHASING = "dephasing (estimated)"

WRONG_EDGE_PROBABILITY = 0.01
"""Probability of a wrong verdict on the weight, at most."""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A hypergraph state whose largest edge has k modes, on one device.

    Attributes
    ----------
    profile, status : str
    k : int
    squeezing : float
        r of the latent modes: the device's usual one, at most 1.
    reason : MappingReason or None
        Why it cannot run: the first operation that does not fit. If given, what follows is empty.
    gates, non_gaussian, depth : int
        Operations without preparations and readouts (pulses, on ions; macronodes, on a cluster machine); what is not
        Gaussian, cubic resource states included (sequences, on ions); and layers.
    duration_s : float or None
        None if the profile does not time every operation in use. On ions that of displacements of the spin and of timed
        gates, a lower bound.
    variance : float or None
        Of the answer: the first nullifier, in closed form; None where there is none. On ions dephasing is added by
        estimate: a momentum whose mode has turned by a normal angle of variance v has received
        ``e^{2r} (1 - e^{-2v}) / 2`` of the position.
    shares : mapping from cause to float
        The part of the variance that each cause makes.
    added : float
        Error that the closed form leaves out: the sup-norm error of spin sequences, on the intervals of positions where
        it is certified; else 0.
    outside : float
        Mass of the state outside these intervals, at most.
    state_distance : float
        What both certify of the state without noise, `compiler.ions.state_distance`: no probability is off by more. It
        bounds neither the variance nor the shots, which leave it out.
    shots : ReadoutCost or None
        For one hyperedge: copies of the state that tell it from none, read by homodyne, and one bit a shot.
    loss : LossPerMode or None
        Of the program with the device's noise, preparations and detectors included: by wire, and by latent mode.
    by_bits : bool
        Whether the device reads one bit a shot.
    unverified : tuple of str
        Numbers of the profile that entered and are recalled or from a secondary source.
    """

    profile: str
    status: str
    k: int
    squeezing: float
    reason: MappingReason | None = None
    gates: int = 0
    non_gaussian: int = 0
    depth: int = 0
    duration_s: float | None = None
    variance: float | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    added: float = 0.0
    outside: float = 0.0
    state_distance: float = 0.0
    shots: ReadoutCost | None = None
    loss: LossPerMode | None = None
    by_bits: bool = False
    unverified: tuple[str, ...] = ()

    @property
    def ideal(self) -> float:
        """Variance of the answer with nothing but the finite squeezing that was asked for: e^{-2r}."""
        return exp(-2.0 * self.squeezing)

    @property
    def limit(self) -> str:
        """The cause of the largest share of the variance."""
        return max(self.shares, key=lambda cause: self.shares[cause], default="")

    @property
    def wanted_shots(self) -> float | None:
        """Shots on this device that tell the edge from none."""
        if self.shots is None:
            return None
        return self.shots.shots if self.by_bits else self.shots.homodyne_shots

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        data = asdict(self)
        loss = None if self.loss is None else self.loss.to_json()
        return data | {"shares": dict(self.shares), "ideal": self.ideal, "limit": self.limit, "loss": loss}


def one_edge(k: int, weight: float = WEIGHT) -> Hypergraph:
    """k modes and the hyperedge of all of them."""
    return Hypergraph(k, (Hyperedge(tuple(range(k)), weight),))


def device_rows(
    profiles: Sequence[Profile], graphs: Sequence[Hypergraph], advance: Advance | None = None
) -> tuple[DeviceRow, ...]:
    """Every hypergraph on every profile, one hypergraph after another."""
    rows: list[DeviceRow] = []
    for graph in graphs:
        for profile in profiles:
            rows.append(device_row(profile, graph))
            if advance is not None:
                advance(len(rows))
    return tuple(rows)


def device_row(profile: Profile, graph: Hypergraph) -> DeviceRow:
    """A hypergraph state, prepared and read: compiled for a profile, with the error budget of its first nullifier."""
    r = min(1.0, machine_of(profile).default_squeezing(profile))
    k = max((len(edge.modes) for edge in graph.edges), default=0)
    source = state_circuit(graph, r)
    by_bits = "spin-one-bit" in profile.measurement
    try:
        program = compile_circuit(source, profile, settings=IonSettings(input_r=r, kappa=1.0) if by_bits else None)
    except NotMappableError as error:
        return DeviceRow(profile.name, profile.status, k, r, error.reasons[0])
    except InputError as error:
        reason = MappingReason("the circuit", " ".join(str(error).split()), "change what it says")
        return DeviceRow(profile.name, profile.status, k, r, reason)
    costs, summary = program.resources, {} if program.layout is None else program.layout.summary
    budget = _budget(program)
    turned = exp(2.0 * r) * 0.5 * -expm1(-2.0 * summary.get("dephasing_rad2", 0.0))
    variance = None if budget is None else budget.variance + turned
    shares = {} if budget is None else {**budget.shares, **({DEPHASING: turned} if turned else {})}
    shots = None
    if variance is not None and len(graph.edges) == 1 and k in (2, 3, 4) and graph.edges[0].weight:
        shots = shots_for_weight(k, graph.edges[0].weight, exp(2.0 * r), variance, WRONG_EDGE_PROBABILITY)
    gates = [op for op in program.circuit.operations if not isinstance(op, (*PREPARATIONS, Homodyne))]
    return DeviceRow(
        profile.name,
        profile.status,
        k,
        r,
        None,
        gates=summary.get("pulses", summary.get("macronodes", len(gates))),
        non_gaussian=sum(not op.gaussian for op in program.circuit.operations),
        depth=summary.get("pulse_depth", costs.depth),
        duration_s=_duration(program, summary),
        variance=variance,
        shares=shares,
        added=float(summary.get("error_bound", 0.0)),
        outside=float(summary.get("outside", 0.0)),
        state_distance=float(summary.get("state_distance", 0.0)),
        shots=shots,
        loss=_loss(program),
        by_bits=by_bits,
        unverified=program.unverified,
    )


def _budget(program: CompiledProgram) -> Budget | None:
    answers = nullifier_polynomials(program.source)
    first = dict(list(answers.items())[:1])
    layout = None if program.layout is None else program.layout.text
    try:
        return error_budget(program.circuit, program.profile, first, 1.0, layout, noise_left_out(program.profile))[0]
    except NoClosedFormError:
        return None


def _loss(program: CompiledProgram) -> LossPerMode:
    layout = None if program.layout is None else program.layout.text
    return loss_per_mode(machine_of(program.profile).noisy(program.circuit, program.profile, layout).circuit)


def _duration(program: CompiledProgram, summary: Mapping[str, Any]) -> float | None:
    if "duration_s" in summary:
        return float(summary["duration_s"])
    return None if program.schedule.untimed else program.schedule.duration_s


def unverified_of(rows: Sequence[DeviceRow]) -> dict[str, list[str]]:
    """By profile, the unverified numbers that entered any of its rows."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.profile, {}).update(dict.fromkeys(row.unverified))
    return {name: list(paths) for name, paths in found.items() if paths}


def device_lines(rows: Sequence[DeviceRow]) -> list[str]:
    """The rows as a table, one block a hypergraph; the losses are the largest of a wire and of a latent mode."""
    lines: list[str] = []
    columns = f"{'r':>5} {'gates':>6} {'not G.':>6} {'depth':>6} {'time':>9} {'variance':>9} {'shots':>9}"
    head = f"{'':22} {columns} {'wire':>8} {'logical':>8}  largest part"
    for number, row in enumerate(rows):
        if not number or row.profile == rows[0].profile:
            lines += ["", f"k = {row.k}", head]
        if row.reason is not None:
            reason = f"not mappable, because {row.reason.operation}: {row.reason.reason}; {row.reason.relaxation}"
            lines.append(f"{row.profile:22} {row.squeezing:5.3g} {reason}")
            continue
        variance = "-" if row.variance is None else f"{row.variance:.3g}"
        shots = "-" if row.wanted_shots is None else f"{row.wanted_shots:g}{' bits' if row.by_bits else ''}"
        wire, logical = "-", "-"
        if row.loss is not None and row.loss.total_db > 0.0:
            wire, logical = f"{row.loss.largest_wire_db:.3g} dB", f"{row.loss.largest_logical_db:.3g} dB"
        time = "-" if row.duration_s is None else f"{row.duration_s:.3g} s"
        lines.append(
            f"{row.profile:22} {row.squeezing:5.3g} {row.gates:6} {row.non_gaussian:6} {row.depth:6} {time:>9} "
            f"{variance:>9} {shots:>9} {wire:>8} {logical:>8}  {row.limit}"
        )
        if row.state_distance:
            distance = ceil(1e3 * row.state_distance) / 1e3
            within = f"pulses leave the state within {distance:.3f} of the ideal one"
            lines.append(f"{'':22} {within}; variance and shots take them as exact")
        if row.unverified:
            lines.append(f"{'':22} unverified: {', '.join(row.unverified)}")
    return lines[1:]
