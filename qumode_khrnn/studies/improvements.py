"""Say which loss or noise of a device is worth improving: the variance of an answer with each of its numbers halved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from compiler.artifact import StoredProgram
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from hardware_profiles.schema import Profile
from simulations.exact.moments import moments, prepared_variances
from simulations.programs.budget import noise_left_out
from simulations.programs.exponents import exponent_variances
from simulations.programs.nullifiers import nullifier_polynomials

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
    found = improvements_of_answers(native, profile, {"answer": answer})["answer"]
    return tuple(sorted(found, key=lambda one: one.after))


def improvements_of_answers(
    native: Circuit,
    profile: Profile,
    answers: Mapping[str, Polynomial],
    scale: float = 1.0,
    layout: str | None = None,
    without: Collection[str] = (),
) -> dict[str, tuple[Improvement, ...]]:
    """Return what halving each loss and noise of a profile does to the variance of every answer, by its name.

    The answers of circuits that read displacements are the exponents of these, as in an error budget.

    Parameters
    ----------
    native : Circuit
        Circuit without noise, compiled for the profile.
    profile : Profile
    answers : mapping from name to Polynomial
        In the circuit's results; not used where displacements are read.
    scale, layout, without
        As `simulations.programs.budget.error_budget` takes them.

    Raises
    ------
    NoClosedFormError
        If a variance has no closed form.
    """
    bits = any(isinstance(op, DisplacementReadout) for op in native.operations)
    chosen = {f"answer {name}": answer for name, answer in answers.items()}

    def noisy(used: Profile) -> Circuit:
        return machine_of(used).noisy(native, used, layout, scale, without).circuit

    def variances(circuit: Circuit) -> dict[str, float]:
        if bits:
            exponents = exponent_variances(circuit, prepared_variances)
            return {f"exponent of {name}": v for name, v in exponents.items()}
        found = moments(circuit, chosen)
        return {name: found.of(f"answer {name}")[1] for name in answers}

    plain = noisy(profile)
    before = variances(plain)
    rows: dict[str, list[Improvement]] = {name: [] for name in before}
    for path, quantity in profile.quantities().items():
        value = float(quantity.value)
        if (improved := _improved(path.rsplit(".", 1)[-1], value)) is None:
            continue
        circuit = noisy(_with(profile, path, improved))
        if circuit == plain:  # the circuit does not use this component
            continue
        after = variances(circuit)
        if any(abs(after[name] - before[name]) > 1e-12 * abs(before[name]) for name in before):
            for name in before:
                rows[name].append(Improvement(path, value, improved, before[name], after[name]))
    return {name: tuple(found) for name, found in rows.items()}


def improvements_of_program(stored: StoredProgram, names: Collection[str], scale: float = 1.0) -> list[dict[str, Any]]:
    """Return, as plain data, what halving each loss and noise does to the answers of a compiled program.

    Parameters
    ----------
    stored : StoredProgram
    names : collection of str
        Names of the answers: nullifiers of the source, or readouts.
    scale : float
        Factor on the profile's losses in dB and noise variances.

    Returns
    -------
    list of dict
        A row per number of the profile that changes an answer, the largest mean gain first: its path (``number``), its
        name in words (``component``), ``value`` and ``improved``, the ``gain``, which is the share of the variance that
        vanishes, as a mean over the answers, and every answer's variance before and after.

    Raises
    ------
    NoClosedFormError
        If a variance has no closed form.
    """
    readouts = {name: Polynomial.monomial((name,)) for name in stored.source.results}
    known = readouts | nullifier_polynomials(stored.source)
    answers = {name: known[name] for name in names if name in known}
    without = noise_left_out(stored.profile)
    found = improvements_of_answers(stored.circuit, stored.profile, answers, scale, stored.layout, without)
    rows = []
    for of_number in zip(*found.values(), strict=True):
        first = of_number[0]
        rows.append(
            {
                "number": first.number,
                "component": first.component,
                "value": first.value,
                "improved": first.improved,
                "gain": sum(one.gain for one in of_number) / len(of_number),
                "answers": [
                    {"answer": name, "before": one.before, "after": one.after}
                    for name, one in zip(found, of_number, strict=True)
                ],
            }
        )
    return sorted(rows, key=lambda row: -row["gain"])


def _improved(name: str, value: float) -> float | None:
    """Return a number of a profile that is improved, by the last part of its path; None for other numbers."""
    if name in HALVED and value > 0.0:
        return 0.5 * value
    return value**0.5 if name in EFFICIENCIES and 0.0 < value < 1.0 else None


def _with(profile: Profile, path: str, value: float) -> Profile:
    """Return the profile with one number changed."""
    data: dict[str, Any] = profile.model_dump(mode="python")
    place: Any = data
    for key in path.split("."):
        place = place[key] if isinstance(place, Mapping) else place[int(key)]
    place["value"] = value
    return Profile.model_validate(data)
