r"""Find what a machine with homodyne detectors lacks for one 3-edge: its program, noise, and best squeezing.

The criterion is `simulations.heralding.edge_bound`. A machine that compiles the edge is taken as it is. One that does
not is completed first (`completed`): its sources, detectors and Gaussian gates stay as the profile states them, gates
that it lacks are free of noise, and cubic gates are teleported, with squeezed vacuum if the machine makes no cubic
states. Three programs read the three nullifiers. Their variances with the noise of the profile have a closed form,
which is searched for the best squeezing of the latent modes and of the machine's own resource states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import pi
from typing import Literal

from compiler.errors import NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne, Operation, PrepareCubic, PrepareSqueezed, phase
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from compiler.machines.cluster import quad_rail
from compiler.pipeline import CompiledProgram, compile_circuit
from hardware_profiles import load_profile, profile_from_data
from hardware_profiles.schema import Availability, Profile
from simulations.exact.moments import moments, prepared_variances
from simulations.heralding.edge_bound import EdgeGap, gaussian_bound, squeezed_vacuum_r

Resources = Literal["noisy", "perfect", "vacuum"]
"""Resource states of a program: as they are, without noise of their nullifier, or squeezed vacuum in their place."""

MODES = 3

MOST_SQUEEZING = 2.5
"""Largest r that is tried where the profile states no limit: 21.7 dB."""

STEPS = 12
"""Values of r that are tried, evenly spaced, before a finer search between the neighbours of the best."""

R_TOLERANCE = 1e-3
"""Precision of the search for the best r."""

VARIANCE_RESOLUTION = 1e-6
"""Precision of variances, in units of the vacuum variance."""

CARRIED = ("loss_db", "added_variance", "duration_s")
"""Fields of an operation that a completed profile takes over."""


def edge_gap(profile: Profile, weight: float) -> EdgeGap | None:
    """Return what a machine lacks for one 3-edge; None where it reads no quadrature, so that no nullifier is measured.

    Raises
    ------
    InputError
        If the weight is 0 or not finite, or the strengths are beyond float64.

    Examples
    --------
    >>> gap = edge_gap(load_profile("ideal-cubic"), 0.3)
    >>> gap.states, gap.lacks_db < 0.0
    ('native', True)
    """
    gaussian_bound(weight)
    if not profile.is_native("Homodyne") or machine_of(profile).reads_bits:
        return None
    allowed = squeezings(profile)
    states: Literal["native", "own", "missing"]
    try:
        programs = _programs(profile, weight, allowed[-1])
        teleported = profile.operations["CubicPhase"].availability is Availability.TELEPORTED
        states = "own" if teleported else "native"
    except NotMappableError:
        programs, states = _programs(completed(profile), weight, allowed[-1]), "missing"
    machine = programs[0].profile
    strengths = [op.gamma for op in programs[0].circuit.operations if isinstance(op, PrepareCubic)]
    gamma = sum(abs(g) for g in strengths if isinstance(g, float)) / max(len(strengths), 1)

    def reached(r: float, resource_r: float, resources: Resources, count: int = 1) -> float:
        return _mean(programs[:count], weight, r, resource_r, resources)

    r, resource_r, coupling = allowed[-1], 0.0, 0.0
    if strengths:
        coupling = reached(r, 0.0, "noisy", MODES) - reached(r, 0.0, "perfect", MODES)
    kind: Resources = "vacuum" if states == "missing" else "noisy"
    if states == "own":
        tried = even_steps(machine.limit("PrepareCubic", "r") or MOST_SQUEEZING)
        r, resource_r = _least_pair(lambda a, b: reached(a, b, kind), allowed, tried)
    elif strengths:
        start = squeezed_vacuum_r(gamma)
        r = _least(lambda a: reached(a, start, kind), allowed)
        resource_r = _least(lambda b: reached(r, b, kind), (start, *even_steps(MOST_SQUEEZING)))
    else:
        r = _least(lambda a: reached(a, 0.0, kind), allowed)
    rest = reached(r, resource_r, "perfect", MODES)
    return EdgeGap(
        weight=weight,
        squeezing=r,
        squeezed=min(_squeezed(machine, a) for a in allowed),
        loss_db=_loss_db(machine, "PrepareSqueezed") + _loss_db(machine, "Homodyne"),
        rest=rest,
        coupling=coupling,
        gamma=gamma,
        resource=(reached(r, resource_r, kind, MODES) - rest) / coupling if strengths else 0.0,
        resource_r=resource_r,
        states=states,
        resource_mark=_resource_mark(machine) if states == "own" else "",
        assumed=_assumed(programs[0], profile) if states == "missing" else (),
        unverified=programs[0].unverified,
    )


def squeezings(profile: Profile) -> tuple[float, ...]:
    """Return the values of r > 0 to try, in order: the levels of the profile, or even steps up to its limit."""
    spec = profile.operations.get("PrepareSqueezed")
    allowed = None if spec is None else spec.ranges.get("r")
    if allowed is not None and allowed.levels:
        return tuple(sorted({abs(level.value) for level in allowed.levels if level.value}))
    return even_steps(MOST_SQUEEZING if allowed is None else allowed.limit)


def even_steps(most: float) -> tuple[float, ...]:
    """Return `STEPS` values up to the largest.

    >>> even_steps(2.4)[:2], even_steps(2.4)[-1]
    ((0.2, 0.4), 2.4)
    """
    return tuple(round(most * step / STEPS, 12) for step in range(1, STEPS + 1))


def completed(profile: Profile) -> Profile:
    """Return a profile with all that one 3-edge takes: what it states is kept, what it lacks is free of noise.

    All pairs of modes meet, and cubic gates are teleported. On a cluster every gate adds the noise that the profile
    states, and a new mode has the variance that `compiler.quadrail.device` derives. Modes are not placed on macronodes,
    so the noise of macronodes that only pass modes on is left out.

    >>> completed(load_profile("mqc3-quadrail")).operations["BeamSplitter"].added_variance.value
    0.6325
    """
    data = load_profile("ideal-teleported").to_data()
    own = profile.to_data()
    for name, spec in data["operations"].items():
        stated = own["operations"].get(name, {})
        if stated.get("availability") == "native":
            spec["availability"] = "native"
        spec.update({key: stated[key] for key in CARRIED if stated.get(key) is not None})
    if profile.macronode is not None:
        device = quad_rail(profile)
        more = device.initial_variances[0] - 10.0 ** (-device.squeezing_db / 10.0)
        data["operations"]["PrepareSqueezed"]["added_variance"] = own["macronode"]["added_variance"] | {"value": more}
    data |= {"name": f"{profile.name}-completed", "family": profile.family, "noise": own["noise"]}
    return profile_from_data(data, f"profile {profile.name}, completed")


def _programs(profile: Profile, weight: float, r: float) -> tuple[CompiledProgram, ...]:
    """Return the programs that read the three nullifiers; raises NotMappableError if the machine cannot run them."""
    prepared = tuple(PrepareSqueezed((mode,), -r) for mode in range(MODES))
    edge = phase(Polynomial.monomial(tuple(range(MODES)), weight))
    found = []
    for first in range(MODES):
        second, third = (mode for mode in range(MODES) if mode != first)
        read = (Homodyne((first,), pi / 2, "p"), Homodyne((second,), 0.0, "x"), Homodyne((third,), 0.0, "y"))
        found.append(compile_circuit(Circuit(MODES, (*prepared, edge, *read)), profile))
    return tuple(found)


def _mean(
    programs: tuple[CompiledProgram, ...], weight: float, r: float, resource_r: float, resources: Resources
) -> float:
    """Return the mean variance of nullifiers with the given squeezings.

    Resource states are kept, taken without the noise of their nullifier, or replaced by squeezed vacuum.
    """
    nullifier = Polynomial.monomial(("p",)) - Polynomial.monomial(("x", "y"), weight)

    def variances(op: Operation) -> tuple[float, float]:
        x, p = prepared_variances(op)
        return (x, 0.0) if resources == "perfect" and isinstance(op, PrepareCubic) else (x, p)

    def squeezed(op: Operation, ancillas: tuple[int, ...]) -> Operation:
        if isinstance(op, PrepareCubic):
            return replace(op, r=resource_r)
        latent = isinstance(op, PrepareSqueezed) and op.modes[0] not in ancillas
        return replace(op, r=r if op.r > 0.0 else -r) if isinstance(op, PrepareSqueezed) and latent else op

    total = 0.0
    for program in programs:
        native = program.circuit
        circuit = native.with_operations(tuple(squeezed(op, native.ancillas) for op in native.operations))
        noisy = machine_of(program.profile).noisy(circuit, program.profile).circuit
        if resources == "vacuum":
            noisy = noisy.with_operations(tuple(_as_vacuum(op) for op in noisy.operations))
        total += moments(noisy, {"g": nullifier}, variances, VARIANCE_RESOLUTION).of("g")[1]
    return total / len(programs)


def _as_vacuum(op: Operation) -> Operation:
    """Return a squeezed vacuum in the place of a cubic state."""
    return PrepareSqueezed(op.modes, -op.r) if isinstance(op, PrepareCubic) else op


def _squeezed(profile: Profile, r: float) -> float:
    """Return the variance of the squeezed quadrature of one mode, prepared and read."""
    circuit = Circuit(1, (PrepareSqueezed((0,), -r), Homodyne((0,), pi / 2, "p")))
    return float(moments(machine_of(profile).noisy(circuit, profile).circuit).of("p")[1])


def _resource_mark(profile: Profile) -> str:
    allowed = profile.operations["PrepareCubic"].ranges.get("r")
    limit = None if allowed is None else allowed.maximum
    return "" if limit is None else limit.mark.value


def _loss_db(profile: Profile, operation: str) -> float:
    loss = profile.operations[operation].loss_db
    return 0.0 if loss is None else loss.value


def _least(value: Callable[[float], float], tried: tuple[float, ...]) -> float:
    """Return the minimum of a function: the best of some values, refined between its neighbours if they are steps."""
    from scipy.optimize import minimize_scalar

    best = min(tried, key=value)
    if len(tried) < STEPS:
        return best
    tried = tuple(sorted(tried))
    at = tried.index(best)
    ends = (tried[max(at - 1, 0)], tried[min(at + 1, len(tried) - 1)])
    found = minimize_scalar(value, bounds=ends, method="bounded", options={"xatol": R_TOLERANCE})
    return min(best, float(found.x), key=value)


def _least_pair(
    value: Callable[[float, float], float], first: tuple[float, ...], second: tuple[float, ...]
) -> tuple[float, float]:
    """Return the minimum of a function of two squeezings, searched by turns, because they hardly interact."""
    a, b = first[-1], second[-1]
    for _ in range(2):
        b = _least(lambda s, fixed=a: value(fixed, s), second)  # type: ignore[misc]
        a = _least(lambda s, fixed=b: value(s, fixed), first)  # type: ignore[misc]
    return a, b


def _assumed(program: CompiledProgram, profile: Profile) -> tuple[str, ...]:
    """Return operations of a program for a completed profile that the machine lacks without stating noise."""
    used = dict.fromkeys(type(op).__name__ for op in program.circuit.operations)
    return tuple(name for name in used if name != "PrepareCubic" and _lacks(profile, name))


def _lacks(profile: Profile, operation: str) -> bool:
    spec = profile.operations.get(operation)
    if spec is None:
        return True
    stated = any(getattr(spec, key) is not None for key in CARRIED)
    return spec.availability is Availability.UNAVAILABLE and not stated
