"""Check whether a circuit fits a profile's gates; if not, say why for each operation, and which change helps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from compiler.decompositions.powers import power_as_polynomial
from compiler.decompositions.undecomposed import Detectors, undecomposed
from compiler.errors import MappingReason
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    MEASUREMENTS,
    PREPARATIONS,
    Operation,
    PhasePower,
    PrepareSqueezed,
    phase_degree,
    used,
)
from compiler.ir.polynomial import Polynomial
from hardware_profiles.operation_spec import LEVEL_TOLERANCE, Availability, Range, inward
from hardware_profiles.schema import Profile


def native_violations(
    circuit: Circuit, profile: Profile, sites: tuple[int, ...] | None = None
) -> tuple[MappingReason, ...]:
    """Return reasons why a native circuit cannot run on a profile with a set of gates; empty if it can.

    Checks that every operation is native, that it may act on its modes (``sites`` says which of the device's modes they
    are, if not those of the same numbers), that its parameters are within their ranges, how many there are on each of
    the device's modes, and feed-forward.
    `compiler.machines` adds the number of modes and which of them meet.

    Examples
    --------
    >>> from compiler.ir.operations import Squeeze
    >>> from hardware_profiles import load_profile
    >>> native_violations(Circuit(1, (Squeeze((0,), 2.0),)), load_profile("photonic-cubic"))[0].reason
    'the profile allows |r| <= 0.956, found 2'
    """
    reasons = not_native(circuit, profile)
    shared: dict[tuple[str, str], float] = {}
    for index, op in enumerate(circuit.operations):
        name = type(op).__name__
        if profile.is_native(name):
            where = f"operation {index} {op}"
            at = op.modes if sites is None else tuple(sites[m] for m in op.modes)
            reasons += [*wrong_modes(op, at, where, profile), *out_of_range(op, where, profile, shared)]
    return (*reasons, *_too_many_per_mode(circuit, profile, sites), *_feed_forward(circuit, profile))


def too_many_modes(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Return a reason if the circuit has more modes than the profile."""
    limit = profile.topology.max_modes
    if limit is None or circuit.modes <= limit.value:
        return []
    count = f"has {circuit.modes} modes, but the profile has {limit.value:g}"
    return [MappingReason("the circuit", count, "use fewer modes")]


def not_native(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Return reasons for the operations that are not native on the profile, whatever their parameters."""
    reasons: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        name = type(op).__name__
        if not profile.is_native(name):
            native = f"use its native operations: {', '.join(_native_names(profile)) or 'nothing'}"
            reasons.append(MappingReason(f"operation {index} {op}", unsupported(name, profile), native))
    return reasons


def absent_operations(source: Circuit, profile: Profile, detectors: Detectors | None = None) -> list[MappingReason]:
    """Return reasons for states, chosen outcomes and readouts that the profile lacks and no pass can lower.

    Parameters
    ----------
    source : Circuit
    profile : Profile
    detectors : str, optional
        What the machine reads its modes with; by default homodyne detectors where the profile has them.
    """
    kind: Detectors = detectors or ("homodyne" if profile.is_native("Homodyne") else "none")
    reasons: list[MappingReason] = []
    for index, op in enumerate(source.operations):
        spec = profile.operations.get(type(op).__name__)
        if spec is not None and spec.availability is not Availability.UNAVAILABLE:
            continue
        found = undecomposed(op, f"operation {index} {op}", kind)
        if found is not None and spec is not None and spec.note:
            found = replace(found, reason=f"{found.reason} ({spec.note})")
        reasons += [] if found is None else [found]
    return reasons


def impossible_phases(source: Circuit, profile: Profile) -> list[MappingReason]:
    """Return reasons for non-Gaussian gates that the profile marks unavailable and cubic gates cannot replace."""
    cubic = profile.operations.get("CubicPhase")
    if cubic is None or cubic.availability is not Availability.UNAVAILABLE:
        return []
    reasons: list[MappingReason] = []
    for index, given in enumerate(source.operations):
        unlisted = isinstance(given, PhasePower) and "PhasePower" not in profile.operations
        op = power_as_polynomial(given) if isinstance(given, PhasePower) and unlisted else given
        name, degree = type(op).__name__, phase_degree(op)
        spec = profile.operations.get(name)
        gaussian = op.gaussian or (degree is not None and degree <= 2)
        if not gaussian and spec is not None and spec.availability is Availability.UNAVAILABLE:
            advice = "use a machine with cubic gates: khrnn devices lists those that run the program"
            reasons.append(MappingReason(f"operation {index} {given}", unsupported(name, profile), advice))
    return reasons


def unsupported(name: str, profile: Profile) -> str:
    """Say that an operation is not available on a profile, with the profile's own note.

    >>> from hardware_profiles import load_profile
    >>> unsupported("Kerr", load_profile("photonic-cubic"))
    'Kerr does not exist on the profile'
    """
    spec = profile.operations.get(name)
    have = f"is {spec.availability.value}" if spec is not None else "does not exist"
    note = f" ({spec.note})" if spec is not None and spec.note else ""
    return f"{name} {have} on the profile{note}"


def _native_names(profile: Profile) -> list[str]:
    return [name for name in profile.operations if profile.is_native(name)]


def wrong_modes(op: Operation, at: tuple[int, ...], where: str, profile: Profile) -> list[MappingReason]:
    """Return a reason if an operation that the profile lists may not act on the device's modes ``at``."""
    name = type(op).__name__
    spec = profile.operations[name]
    if isinstance(op, PrepareSqueezed) and op.r == 0.0:  # the vacuum, wherever it is
        return []
    other = "start from the vacuum (--squeezing 0)"
    if name != "PrepareSqueezed":
        other = "leave out readouts through an ancilla (--readout none)"
    advice = f"leave out {name} on other modes, or {other}"
    if spec.modes and not set(at) <= set(spec.modes):
        only = f"{name} works on {_named(spec.modes, profile)} only, found {_named(at, profile)}"
        return [MappingReason(where, only, advice)]
    if spec.pairs and tuple(sorted(at)) not in {tuple(sorted(pair)) for pair in spec.pairs}:
        pairs = "; ".join(_named(pair, profile) for pair in spec.pairs)
        only = f"{name} works on the pairs {pairs} only, found {_named(at, profile)}"
        return [MappingReason(where, only, advice)]
    return []


def _too_many_per_mode(circuit: Circuit, profile: Profile, sites: tuple[int, ...] | None) -> list[MappingReason]:
    """Return a reason for each device mode that holds more operations of a kind than the profile allows."""
    limits = {name: spec.max_per_mode.value for name, spec in profile.operations.items() if spec.max_per_mode}
    found = Counter(
        (type(op).__name__, mode if sites is None else sites[mode])
        for op in circuit.operations
        if type(op).__name__ in limits
        for mode in op.modes
    )
    return [
        MappingReason(
            f"the operations {name} of {_named((mode,), profile)}",
            f"the profile allows at most {limits[name]:g} per mode, found {count}",
            "use fewer hyperedges with this mode",
        )
        for (name, mode), count in found.items()
        if count > limits[name]
    ]


def _named(modes: tuple[int, ...], profile: Profile) -> str:
    """Return the device's modes, by the profile's names for them."""
    names = profile.topology.mode_names
    return ", ".join(names[m] if m < len(names) else f"device mode {m}" for m in modes)


def out_of_range(
    op: Operation, where: str, profile: Profile, shared: dict[tuple[str, str], float]
) -> list[MappingReason]:
    """Return reasons for the parameters of an operation that is listed by the profile.

    Parameters
    ----------
    op : Operation
    where : str
        How the reasons name it.
    profile : Profile
    shared : dict
        (operation, parameter) -> level, of parameters that must be equal for all uses; kept up to date.
    """
    name = type(op).__name__
    spec = profile.operations[name]
    found: list[MappingReason] = []
    if isinstance(op, PhasePower) and op.order not in spec.orders:
        orders = " or ".join(map(str, spec.orders))
        advice = f"take order {orders}" if orders else "leave it out"
        found.append(MappingReason(where, f"order {op.order} is not native, only {orders or 'none'}", advice))
    for key, allowed in spec.ranges.items():
        value = op.parameters().get(key)
        rule = f"the profile allows {allowed.text(key)}"
        if isinstance(value, Polynomial):
            depends = f"{rule}, but the parameter depends on {', '.join(value.names)}"
            found.append(MappingReason(where, depends, "use a number"))
        if not isinstance(value, float | int):
            continue
        if not allowed.allows(value):
            shown = abs(value) if allowed.minimum is None and not allowed.levels else value
            found.append(MappingReason(where, f"{rule}, found {shown:.6g}", _relaxed(op, key, value, allowed)))
        elif allowed.shared and abs(value - shared.setdefault((name, key), value)) > LEVEL_TOLERANCE:
            other = shared[name, key]
            found.append(
                MappingReason(where, f"{rule}, found {value:g} beside {other:g}", f"take {key} = {other:.12g} for all")
            )
    return found


def _relaxed(op: Operation, key: str, value: float, allowed: Range) -> str:
    """Return the nearest change that brings a parameter into its range."""
    if allowed.levels:
        of_sign = [q.value for q in allowed.levels if q.value * value >= 0.0]
        if not of_sign and key == "r":
            return "turn the mode by pi/2: no level has this sign of r"
        near = min(of_sign or [q.value for q in allowed.levels], key=lambda level: abs(level - value))
        return f"take {key} = {near:.12g}, the nearest level"
    if allowed.minimum is not None:
        assert allowed.maximum is not None  # validated
        near = min(max(value, allowed.minimum.value), allowed.maximum.value)
        return f"bring {key} into this range: {near:.12g} is the nearest"
    if key == "r" and isinstance(op, PREPARATIONS):
        return f"lower the squeezing to {inward(allowed.limit)}"
    return f"lower the weights and strengths until |{key}| <= {inward(allowed.limit)}"


def _feed_forward(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Return reasons for operations that use a result, if the profile offers no feed-forward."""
    homodyne = profile.measurement.get("homodyne")
    if homodyne is None or homodyne.feed_forward:
        return []
    measured: set[str] = set()
    reasons = []
    for index, op in enumerate(circuit.operations):
        if names := sorted(used(op) & measured):
            reason = f"it depends on {', '.join(names)}, and the profile has no feed-forward"
            reasons.append(MappingReason(f"operation {index} {op}", reason, "use a number"))
        if isinstance(op, MEASUREMENTS):
            measured.add(op.result)
    return reasons
