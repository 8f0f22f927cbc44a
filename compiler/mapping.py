"""Does a circuit fit a profile's gates? If not: operation by operation, why, and the nearest change that helps."""

from __future__ import annotations

from compiler.circuit import Circuit
from compiler.errors import MappingReason
from compiler.operations import Homodyne, Operation, PhasePower
from compiler.polynomial import Polynomial
from compiler.routing.order import used
from hardware_profiles.operation_spec import LEVEL_TOLERANCE
from hardware_profiles.schema import OperationSpec, Profile


def unmappable(circuit: Circuit, profile: Profile) -> tuple[MappingReason, ...]:
    """Reasons why a native circuit cannot run on a profile, wherever its modes sit; empty if it can.

    Checks the number of modes, that every operation is native, that it may act on its modes, that its parameters are
    within their ranges, and feed-forward. `compiler.machines` adds what depends on places.

    Examples
    --------
    >>> from compiler.operations import Squeeze
    >>> from hardware_profiles import load_profile
    >>> unmappable(Circuit(1, (Squeeze((0,), 2.0),)), load_profile("photonic-cubic"))[0].reason
    'the profile allows |r| <= 0.956, found 2'
    """
    reasons = [*too_many_modes(circuit, profile), *not_native(circuit, profile)]
    shared: dict[tuple[str, str], float] = {}
    for index, op in enumerate(circuit.operations):
        name = type(op).__name__
        if profile.is_native(name):
            where = f"operation {index} {op}"
            reasons += [*_wrong_modes(op, where, profile.operations[name]), *out_of_range(op, where, profile, shared)]
    return (*reasons, *_feed_forward(circuit, profile))


def too_many_modes(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """A reason if the circuit has more modes than the profile."""
    limit = profile.topology.max_modes
    if limit is None or circuit.modes <= limit.value:
        return []
    return [MappingReason("the circuit", f"has {circuit.modes} modes, the profile {limit.value:g}", "use fewer modes")]


def not_native(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Reasons for the operations that are not native on the profile, whatever their parameters."""
    reasons: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        name = type(op).__name__
        if not profile.is_native(name):
            spec = profile.operations.get(name)
            have = f"is {spec.availability.value}" if spec is not None else "does not exist"
            note = f" ({spec.note})" if spec is not None and spec.note else ""
            native = f"native there: {', '.join(_native_names(profile))}"
            reasons.append(MappingReason(f"operation {index} {op}", f"{name} {have} on the profile{note}", native))
    return reasons


def _native_names(profile: Profile) -> list[str]:
    return [name for name in profile.operations if profile.is_native(name)]


def _wrong_modes(op: Operation, where: str, spec: OperationSpec) -> list[MappingReason]:
    name = type(op).__name__
    if spec.modes and not set(op.modes) <= set(spec.modes):
        only = f"{name} works on modes {', '.join(map(str, spec.modes))} only"
        return [MappingReason(where, only, "use those modes for it")]
    if spec.pairs and tuple(sorted(op.modes)) not in {tuple(sorted(pair)) for pair in spec.pairs}:
        only = f"{name} works on the pairs {', '.join(map(str, spec.pairs))} only"
        return [MappingReason(where, only, "use those pairs for it")]
    return []


def out_of_range(
    op: Operation, where: str, profile: Profile, shared: dict[tuple[str, str], float]
) -> list[MappingReason]:
    """Reasons for the parameters of an operation that is listed by the profile.

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
        found.append(MappingReason(where, f"order {op.order} is not native, only {list(spec.orders)}", "lower it"))
    for key, allowed in spec.ranges.items():
        value = op.parameters().get(key)
        rule = f"the profile allows {allowed.text(key)}"
        if isinstance(value, Polynomial):
            found.append(MappingReason(where, f"{rule}, and it depends on {', '.join(value.names)}", "use a number"))
        if not isinstance(value, float | int):
            continue
        if not allowed.allows(value):
            shown = abs(value) if allowed.minimum is None and not allowed.levels else value
            if allowed.levels:
                nearest = min((q.value for q in allowed.levels), key=lambda level: abs(level - value))
                relaxation = f"take {key} = {nearest:g}, the nearest level"
            else:
                relaxation = (
                    f"lower the squeezing to {allowed.limit:g}" if key == "r" else f"lower |{key}| to the range"
                )
            found.append(MappingReason(where, f"{rule}, found {shown:.6g}", relaxation))
        elif allowed.shared and abs(value - shared.setdefault((name, key), value)) > LEVEL_TOLERANCE:
            other = shared[name, key]
            found.append(
                MappingReason(where, f"{rule}, found {value:g} beside {other:g}", f"take {key} = {other:g} for all")
            )
    return found


def _feed_forward(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Reasons for operations that use a result, if the profile says that no readout of its steers anything."""
    homodyne = profile.measurement.get("homodyne")
    if homodyne is None or homodyne.feed_forward:
        return []
    measured: set[str] = set()
    reasons = []
    for index, op in enumerate(circuit.operations):
        if names := sorted(used(op) & measured):
            reason = f"it depends on {', '.join(names)}, and the profile has no feed-forward"
            reasons.append(MappingReason(f"operation {index} {op}", reason, "use a number"))
        if isinstance(op, Homodyne):
            measured.add(op.result)
    return reasons
