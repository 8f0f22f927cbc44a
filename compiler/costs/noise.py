"""Place the noise of a profile in a native circuit: component by component, and for the time that modes wait."""

from __future__ import annotations

from collections.abc import Collection
from math import inf

from compiler.costs.schedule import asap
from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE, transmission
from compiler.ir.operations import ENDS, PREPARATIONS, Dephasing, DisplacementNoise, Loss, Operation, ThermalLoss
from hardware_profiles.schema import OperationSpec, Profile

PARTS = ("preparation", "gates", "detector", "waiting")
"""Parts of the noise: of prepared states, of gates, of measurements, and of waiting."""

DEPHASING = "dephasing"
"""Name of the part of ``waiting`` that turns modes at random, which can be left out by itself."""


def with_noise(
    circuit: Circuit,
    profile: Profile,
    scale: float = 1.0,
    without: Collection[str] = (),
    *,
    placed_on_cluster: bool = False,
) -> Circuit:
    """Place the losses and noises that the profile states for operations and for time.

    An operation's own loss and added noise follow it on each of its modes; those of a measurement (its inefficiency)
    come before it. Noise per time acts before an operation for the time that its modes waited, and together with its
    own noise for its duration; operations are scheduled as soon as possible with the profile's durations and
    feed-forward latency, and modes are prepared when needed. On a cluster every macronode adds its variance instead of
    the operations; a machine knows how (`compiler.machines.Machine.noisy`).

    Parameters
    ----------
    circuit : Circuit
    profile : Profile
    scale : float
        Factor on every loss in dB and every noise variance, at least 0: 0 is the noiseless circuit, 1 the profile.
    without : collection of str
        Of `PARTS` and ``"dephasing"``: noise to leave out.
    placed_on_cluster : bool
        The circuit already holds the noise of the macronodes that it passes.

    Raises
    ------
    CircuitError
        If the scale is negative or not a number, a part is unknown, or the profile adds noise by macronodes and the
        circuit does not hold it.

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne
    >>> from hardware_profiles import load_profile
    >>> read = Circuit(1, (Homodyne((0,), 0.0, "x"),))
    >>> [type(op).__name__ for op in with_noise(read, load_profile("photonic-cubic")).operations]
    ['Loss', 'Homodyne']
    """
    if not 0.0 <= scale < inf:
        raise CircuitError(f"the loss scale must be a finite number >= 0, found {scale}")
    if unknown := set(without) - {*PARTS, DEPHASING}:
        raise CircuitError(f"parts of the noise are {', '.join(PARTS)}, found {sorted(unknown)}")
    if profile.macronode is not None and not placed_on_cluster:
        raise CircuitError(
            f"{profile.name} adds noise at every macronode; use machine_of(profile).noisy(circuit, profile)"
        )
    schedule = asap(circuit, profile)
    free: dict[int, float] = {m: 0.0 for m in circuit.latent}  # when the last operation on a mode ended

    def timed(mode: int, seconds: float) -> list[Operation]:
        found = waiting_noise(mode, seconds * scale, profile)
        return [op for op in found if DEPHASING not in without or not isinstance(op, Dephasing)]

    out: list[Operation] = []
    for op, start, end in zip(circuit.operations, schedule.starts_s, schedule.ends_s, strict=True):
        part = "preparation" if isinstance(op, PREPARATIONS) else "detector" if isinstance(op, ENDS) else "gates"
        spec = profile.operations.get(type(op).__name__)
        noise: list[Operation] = []
        for mode in op.modes:
            if "waiting" not in without and not isinstance(op, PREPARATIONS):
                out += timed(mode, start - free.get(mode, start))
                noise += timed(mode, end - start)
            if spec is not None and part not in without:
                noise += _own(mode, spec, scale, profile, placed_on_cluster)
            free[mode] = end
            if isinstance(op, PREPARATIONS):
                del free[mode]
        out += [*noise, op] if isinstance(op, ENDS) else [op, *noise]
    return circuit.with_operations(tuple(out))


def without_effect(circuit: Circuit, profile: Profile) -> str | None:
    """Return why the profile's noise per time does not act on a circuit; None if it acts or the profile states none.

    >>> from hardware_profiles import load_profile
    >>> without_effect(Circuit(0), load_profile("photonic-cubic"))
    """
    rates = profile.noise.loss_db_per_s, profile.noise.heating_quanta_per_s, profile.noise.dephasing_rad2_per_s
    stated = any(rate is not None and rate.value > 0.0 for rate in rates)
    schedule = asap(circuit, profile)
    if not stated or schedule.duration_s > 0.0:
        return None
    return (
        f"the profile's noise per time has no effect, as it gives no duration_s for {', '.join(schedule.untimed)} and "
        "no feed-forward latency"
    )


def _own(mode: int, spec: OperationSpec, scale: float, profile: Profile, placed_on_cluster: bool) -> list[Operation]:
    found: list[Operation] = []
    if spec.loss_db is not None:
        found += _loss(mode, spec.loss_db.value * scale, profile)
    if not placed_on_cluster and spec.added_variance is not None and spec.added_variance.value * scale > 0.0:
        variance = spec.added_variance.value * scale * VACUUM_VARIANCE
        found.append(DisplacementNoise((mode,), variance, variance))
    return found


def waiting_noise(mode: int, seconds: float, profile: Profile) -> list[Operation]:
    """Return the noise per second of a profile on one mode, for some seconds: loss, heating, dephasing."""
    rates = profile.noise
    found: list[Operation] = []
    if rates.loss_db_per_s is not None:
        found += _loss(mode, rates.loss_db_per_s.value * seconds, profile)
    if rates.heating_quanta_per_s is not None and rates.heating_quanta_per_s.value * seconds > 0.0:
        variance = 2.0 * VACUUM_VARIANCE * rates.heating_quanta_per_s.value * seconds
        found.append(DisplacementNoise((mode,), variance, variance))
    if rates.dephasing_rad2_per_s is not None and rates.dephasing_rad2_per_s.value * seconds > 0.0:
        found.append(Dephasing((mode,), rates.dephasing_rad2_per_s.value * seconds))
    return found


def _loss(mode: int, loss_db: float, profile: Profile) -> list[Operation]:
    if loss_db <= 0.0:
        return []
    quanta = profile.noise.environment_quanta
    if quanta is None or quanta.value == 0.0:
        return [Loss((mode,), transmission(loss_db))]
    return [ThermalLoss((mode,), transmission(loss_db), quanta.value)]
