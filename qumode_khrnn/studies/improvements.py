"""Say which loss or noise of a device is worth improving: the variance of an answer with each of its numbers halved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from hardware_profiles.schema import Profile
from simulations.exact.moments import moments

HALVED = ("loss_db", "loss_db_per_s", "added_variance", "heating_quanta_per_s", "environment_quanta")
"""Numbers of a profile that are halved, by the last part of their path."""

EFFICIENCIES = ("efficiency",)
"""Numbers whose loss is halved in dB, which is their square root."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """The variance of one answer when one number of the device is better.

    Attributes
    ----------
    number : str
        Path of the number in the profile, such as ``operations.CubicPhase.loss_db``.
    value, improved : float
        The number, and what it is changed to: half, or the square root of an efficiency (half of its loss in dB).
    before, after : float
        Variance of the answer with the profile as it is, and with this number alone improved.
    """

    number: str
    value: float
    improved: float
    before: float
    after: float

    @property
    def gain(self) -> float:
        """Return the share of the variance that the improvement removes; negative if the variance grows."""
        return (self.before - self.after) / self.before if self.before > 0.0 else 0.0

    @property
    def component(self) -> str:
        """Return the number's name in words: ``loss of CubicPhase``, or its path."""
        parts = self.number.split(".")
        names = {"loss_db": "loss", "added_variance": "added noise"}
        return f"{names[parts[2]]} of {parts[1]}" if len(parts) == 3 and parts[2] in names else self.number

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "gain": self.gain}


def improvements(native: Circuit, profile: Profile, answer: Polynomial) -> tuple[Improvement, ...]:
    """Return what halving each loss and noise of a profile does to an answer's variance, the largest gain first.

    Numbers that do not change the variance, because the circuit does not use the component, are left out.

    Parameters
    ----------
    native : Circuit
        Circuit without noise, compiled for the profile.
    profile : Profile
    answer : Polynomial
        In the circuit's results.

    Raises
    ------
    NoClosedFormError
        If the variance has no closed form.
    """

    def variance(used: Profile) -> float:
        noisy = machine_of(used).noisy(native, used, None, 1.0, ()).circuit
        return moments(noisy, {"answer": answer}).of("answer")[1]

    before = variance(profile)
    found = []
    for path, quantity in profile.quantities().items():
        name = path.rsplit(".", 1)[-1]
        value = float(quantity.value)
        if name in HALVED and value > 0.0:
            improved = 0.5 * value
        elif name in EFFICIENCIES and 0.0 < value < 1.0:
            improved = value**0.5
        else:
            continue
        after = variance(_with(profile, path, improved))
        if abs(after - before) > 1e-12 * abs(before):
            found.append(Improvement(path, value, improved, before, after))
    return tuple(sorted(found, key=lambda one: one.after))


def _with(profile: Profile, path: str, value: float) -> Profile:
    """Return the profile with one number changed."""
    data: dict[str, Any] = profile.model_dump(mode="python")
    place: Any = data
    for key in path.split("."):
        place = place[key] if isinstance(place, Mapping) else place[int(key)]
    place["value"] = value
    return Profile.model_validate(data)
