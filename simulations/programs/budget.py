r"""Compute an error budget: the variance of an answer, split by cause, each switched off in turn.

The closed-form moments are computed with everything on, and again with one cause off: the squeezed quadrature of the
latent modes, of ancillas or of cubic resource states without its finite squeezing (the other quadrature kept as it is,
which no state can have but a linear account can), losses and noises of preparations, gates, detectors, or waiting. A
cause's share is the variance that vanishes without it. The spread with all causes off is the answer's own. Shares need
not add up to the whole exactly, because causes interact, and the difference is shown.

Where displacements are read, an answer is one bit, and the variance that is split is that of the exponent of its
displacement (`simulations.programs.exponents`): a bit about a Gaussian state has a mean of magnitude ``exp(-v / 2)``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from compiler.artifact import StoredProgram, read_program
from compiler.costs.logical_loss import LossPerMode, loss_per_mode
from compiler.costs.noise import DEPHASING, PARTS
from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout, Operation, PrepareCubic, PrepareSqueezed
from compiler.ir.polynomial import Polynomial
from compiler.machines import machine_of
from hardware_profiles.display import Drawable
from hardware_profiles.schema import Profile
from simulations.exact.moments import moments, prepared_variances
from simulations.programs.bits import names_of_bits
from simulations.programs.exponents import exponent_variances
from simulations.programs.nullifiers import nullifier_polynomials

LATENT, ANCILLA, RESOURCE = "finite squeezing of latent modes", "finite squeezing of ancillas", "cubic resource states"

NAMES = {
    "preparation": "loss and noise of prepared states",
    "gates": "loss and noise of gates",
    "detector": "detectors",
    "waiting": "waiting and feed-forward latency",
}
"""Names of `compiler.costs.noise.PARTS` in a budget."""


@dataclass(frozen=True, slots=True)
class Budget(Drawable):
    """The variance of one answer by cause.

    Attributes
    ----------
    answer : str
        Name of a readout, or of a nullifier of the source.
    variance : float
        Variance with all causes on.
    shares : mapping from cause to float
        Variance that vanishes when the cause is switched off.
    own : float
        Variance with all causes off: the spread of the ideal answer.
    interplay : float
        ``variance - own - sum(shares)``: the effect of causes on each other.
    truncation : float, optional
        Variance that the Fock cutoff of Strawberry Fields would add; it is not part of ``variance``.
    """

    answer: str
    variance: float
    shares: Mapping[str, float]
    own: float
    interplay: float
    truncation: float | None = None


def error_budget(
    native: Circuit,
    profile: Profile,
    answers: Mapping[str, Polynomial] | None = None,
    scale: float = 1.0,
    layout: str | None = None,
    without: Collection[str] = (),
) -> tuple[Budget, ...]:
    """Split the variance of answers by cause.

    Parameters
    ----------
    native : Circuit
        Circuit without noise.
    profile : Profile
        Profile whose noise is placed.
    answers : mapping from name to Polynomial
        Polynomials in the results; every result by itself if None. Where displacements are read, the answers are their
        exponents.
    scale : float
        Factor on the profile's losses in dB and noise variances.
    layout : str, optional
        Text of the layout file, on machines that have one: on ions, heating while pulses run counts as waiting.
    without : collection of str
        Parts of the noise that are left out of everything, such as dephasing, which has no closed form.

    Raises
    ------
    NoClosedFormError
        If the moments have no closed form.
    """
    wanted = answers or {name: Polynomial.monomial((name,)) for name in native.results}
    bits = any(isinstance(op, DisplacementReadout) for op in native.operations)
    if bits:
        wanted = {f"exponent of {name}": Polynomial.monomial((name,)) for name in names_of_bits(native)}
    chosen = {f"answer {name}": polynomial for name, polynomial in wanted.items()}
    ancillas, machine = set(native.ancillas), machine_of(profile)

    def variances(off: Collection[str], resolution: float = 0.0) -> dict[str, float]:
        def prepared(op: Operation) -> tuple[float, float]:
            x, p = prepared_variances(op)
            if isinstance(op, PrepareCubic):
                return (x, 0.0) if RESOURCE in off else (x, p)
            cause = ANCILLA if op.modes[0] in ancillas else LATENT
            if not isinstance(op, PrepareSqueezed) or op.r == 0.0 or cause not in off:
                return x, p
            return (0.0, p) if op.r > 0.0 else (x, 0.0)

        left_out = {part for part, name in NAMES.items() if name in off}
        noisy = machine.noisy(native, profile, layout, scale, left_out.union(without)).circuit
        if bits:
            return {f"exponent of {name}": v for name, v in exponent_variances(noisy, prepared).items()}
        found = moments(noisy, chosen, prepared, resolution)
        return {name: found.of(f"answer {name}")[1] for name in wanted}

    causes = (LATENT, ANCILLA, RESOURCE, *(NAMES[part] for part in PARTS))
    full = variances(())
    least = min(full.values(), default=0.0)  # shares are differences from these, and the rest may be 0
    bare = variances(causes, least)
    without = {cause: variances((cause,), least) for cause in causes}
    out = []
    for name in wanted:
        shares = {cause: full[name] - without[cause][name] for cause in causes}
        shares = {cause: share for cause, share in shares.items() if share != 0.0}
        out.append(Budget(name, full[name], shares, bare[name], full[name] - bare[name] - sum(shares.values())))
    return tuple(out)


def loss_of_folder(folder: Path, scale: float) -> LossPerMode:
    """Return the loss of a folder of ``khrnn compile``, by wire and by latent mode, with the profile's dB scaled.

    Raises
    ------
    InputError
        If a file is wrong.
    CircuitError
        If the scale is negative or not a number, or a loss leaves no light.
    """
    return loss_of(read_program(folder), scale)


def loss_of(stored: StoredProgram, scale: float) -> LossPerMode:
    """Return the loss of a compiled program; see `loss_of_folder`."""
    return loss_per_mode(machine_of(stored.profile).noisy(stored.circuit, stored.profile, stored.layout, scale).circuit)


def truncation(native: Circuit, profile: Profile, scale: float, cutoff: int) -> dict[str, float]:
    """Return the variance of every readout in Strawberry Fields at a Fock cutoff, minus the exact one.

    Raises
    ------
    InputError
        If Strawberry Fields cannot run the program, or its readouts are not at the end.
    """
    from simulations.backends.strawberryfields import is_gaussian, refusal
    from simulations.backends.strawberryfields import moments as fields_moments

    noisy = machine_of(profile).noisy(native, profile, None, scale).circuit
    if is_gaussian(noisy):
        raise InputError("a Gaussian program has no Fock cutoff: Strawberry Fields runs it on its Gaussian back end")
    if reason := refusal(noisy):
        raise InputError(f"Strawberry Fields cannot run this program: {reason}")
    exact = moments(noisy)
    return {found.name: found.variance - exact.of(found.name)[1] for found in fields_moments(noisy, cutoff)}


def noise_left_out(profile: Profile) -> tuple[str, ...]:
    """Return noise that a budget leaves out: dephasing of timed pulses, which has no closed form."""
    return (DEPHASING,) if machine_of(profile).reads_bits else ()


def budget_of_folder(folder: str | Path, scale: float = 1.0, cutoff: int | None = None) -> tuple[Budget, ...]:
    """Return the budget of a folder of ``khrnn compile``: of its nullifiers if it has any, else of its readouts.

    All losses and noise of the profile are multiplied by `scale`. With a Fock cutoff, readouts follow the nullifiers,
    with the variance that the cutoff would add.

    Raises
    ------
    InputError
        If a file is wrong, the moments have no closed form, or a cutoff is given that cannot be tried.
    """
    return budget_of(read_program(Path(folder)), scale, cutoff)


def budget_of(stored: StoredProgram, scale: float, cutoff: int | None = None) -> tuple[Budget, ...]:
    """Return the budget of a compiled program; see `budget_of_folder`."""
    native, profile, source = stored.circuit, stored.profile, stored.source
    readouts = {name: Polynomial.monomial((name,)) for name in source.results}
    told = nullifier_polynomials(source)
    without = noise_left_out(profile)
    if cutoff is None or machine_of(profile).reads_bits:
        return error_budget(native, profile, told or readouts, scale, stored.layout, without)
    added = truncation(native, profile, scale, cutoff)
    of_nullifiers = error_budget(native, profile, told, scale, stored.layout, without) if told else ()
    of_readouts = error_budget(native, profile, readouts, scale, stored.layout, without)
    return (*of_nullifiers, *(replace(one, truncation=added[one.answer]) for one in of_readouts))
