"""Does a circuit fit a profile? If not: operation by operation, why, and the nearest change that would help."""

from __future__ import annotations

from compiler.circuit import Circuit
from compiler.errors import MappingReason
from compiler.operations import Operation, PhasePower
from compiler.polynomial import Polynomial
from hardware_profiles.schema import Profile


def unmappable(circuit: Circuit, profile: Profile) -> tuple[MappingReason, ...]:
    """Reasons why a native circuit cannot run on a profile; empty if it can.

    Checks the number of modes, that every operation is native, and that every parameter is within its range.

    Examples
    --------
    >>> from compiler.operations import Squeeze
    >>> from hardware_profiles import load_profile
    >>> unmappable(Circuit(1, (Squeeze((0,), 2.0),)), load_profile("photonic-cubic"))[0].reason
    'the profile allows |r| <= 0.956, found 2'
    """
    reasons: list[MappingReason] = []
    limit = profile.topology.max_modes
    if limit is not None and circuit.modes > limit.value:
        reasons.append(
            MappingReason("the circuit", f"has {circuit.modes} modes, the profile {limit.value:g}", "use fewer modes")
        )
    reasons += not_native(circuit, profile)
    for index, op in enumerate(circuit.operations):
        if profile.is_native(type(op).__name__):
            reasons += _out_of_range(op, f"operation {index} {op}", profile)
    return tuple(reasons)


def not_native(circuit: Circuit, profile: Profile) -> list[MappingReason]:
    """Reasons for the operations that are not native on the profile, whatever their parameters."""
    reasons: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        name = type(op).__name__
        if not profile.is_native(name):
            spec = profile.operations.get(name)
            have = f"is {spec.availability.value}" if spec is not None else "does not exist"
            native = f"native there: {', '.join(_native_names(profile))}"
            reasons.append(MappingReason(f"operation {index} {op}", f"{name} {have} on the profile", native))
    return reasons


def _native_names(profile: Profile) -> list[str]:
    return [name for name in profile.operations if profile.is_native(name)]


def _out_of_range(op: Operation, where: str, profile: Profile) -> list[MappingReason]:
    spec = profile.operations[type(op).__name__]
    found: list[MappingReason] = []
    if isinstance(op, PhasePower) and op.order not in spec.orders:
        found.append(MappingReason(where, f"order {op.order} is not native, only {list(spec.orders)}", "lower it"))
    for key, allowed in spec.ranges.items():
        value = op.parameters().get(key)
        rule = f"the profile allows {allowed.text(key)}"
        if isinstance(value, Polynomial):
            found.append(MappingReason(where, f"{rule}, and it depends on {', '.join(value.names)}", "use a number"))
        if isinstance(value, float | int) and not allowed.allows(value):
            shown = abs(value) if allowed.minimum is None and not allowed.levels else value
            if allowed.levels:
                relaxation = f"use one of the {key} that it has"
            else:
                relaxation = (
                    f"lower the squeezing to {allowed.limit:g}" if key == "r" else f"lower |{key}| to the range"
                )
            found.append(MappingReason(where, f"{rule}, found {shown:.6g}", relaxation))
    return found
