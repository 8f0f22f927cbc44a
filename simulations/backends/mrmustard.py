"""MrMustard 0.7 as a third witness: Gaussian programs on its means and covariances, other states as Fock amplitudes.

MrMustard has no cubic gate, so a non-Gaussian state is made elsewhere and handed over as a ket (`moments_of_ket`); its
`Attenuator` then acts in the Fock basis, where loss never adds photons and the cutoff of the ket stays good.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.operations import NOISE, Operation
from compiler.ir.polynomial import Polynomial
from compiler.typing import Advance
from hardware_profiles.extras import need
from simulations.backends.backend import NO_DISPLACEMENT_READOUT, Accuracy, Backend, Settings, first_unable
from simulations.backends.fock import quadrature_moments
from simulations.backends.readouts import MEMORY_BYTES, Moment
from simulations.exact.outcomes import Outcomes


@dataclass(frozen=True, slots=True)
class GaussianMoments:
    """Mean (m,) and covariance (m, m) of the m readouts of a Gaussian circuit, by name, in order of time."""

    names: tuple[str, ...]
    mean: NDArray[np.float64]
    cov: NDArray[np.float64]


@cache
def mrmustard() -> Any:
    """Return the package with its ``lab`` and ``physics.fock``, imported on first use (a second), without warnings.

    Raises
    ------
    CircuitError
        If MrMustard's hbar is not 2; reading it freezes it for the process.
    """
    need("mrmustard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mrmustard as mm
        import mrmustard.lab
        import mrmustard.physics.fock
    if mm.settings.HBAR != HBAR:
        raise CircuitError(f"mrmustard.settings.HBAR must be {HBAR:g}, found {mm.settings.HBAR}; do not set it")
    return mm


def refusal(circuit: Circuit) -> str | None:
    """Return the first reason why a circuit cannot run as a Gaussian program here, or None.

    >>> refusal(Circuit(1, (ops.CubicPhase((0,), 0.1),)))
    'operation 0 CubicPhase(mode 0): MrMustard has no cubic gate; hand a ket over in Fock form'
    """
    if circuit.symbols:
        return f"symbols {list(circuit.symbols)} need values before the circuit is run; bind them"
    for index, op in enumerate(circuit.operations):
        emit = EMIT[type(op)]
        if isinstance(emit, str):
            return f"operation {index} {op}: {emit}"
        if any(isinstance(value, Polynomial) for value in op.parameters().values()):
            return f"operation {index} {op}: a parameter depends on earlier results; use the exact back end"
        if isinstance(op, ops.DisplacementNoise) and op.x_variance != op.p_variance:
            return f"operation {index} {op}: AdditiveNoise adds the same variance to x and p"
    return None


def gaussian_moments(circuit: Circuit) -> GaussianMoments:
    """Return the joint mean and covariance of all readouts, from MrMustard's final state of the circuit.

    Readouts may stand anywhere and modes may be prepared again: nothing depends on results, so each preparation of a
    used mode takes a new MrMustard mode, and the old one keeps its readout to the end (deferred measurement).

    Raises
    ------
    CircuitError
        If `refusal` has a reason.

    Examples
    --------
    >>> read = Circuit(1, (ops.PrepareSqueezed((0,), 0.5), ops.Loss((0,), 0.5), ops.Homodyne((0,), 0.0, "y")))
    >>> gaussian_moments(read).cov.round(6).tolist()  # (e^-1 + 1) / 2
    [[0.68394]]
    """
    if reason := refusal(circuit):
        raise CircuitError(f"MrMustard does not run this circuit: {reason}")
    lab = mrmustard().lab
    places = list(range(circuit.modes))  # the MrMustard mode of each mode
    used: set[int] = set()
    reads: list[int] = []
    state = lab.Vacuum(circuit.modes)
    for op in circuit.operations:
        if isinstance(op, ops.PREPARATIONS) and op.modes[0] in used:
            places[op.modes[0]] = state.num_modes
            state = state & lab.Vacuum(1)
        used.update(op.modes)
        at = [places[m] for m in op.modes]
        emit: Any = EMIT[type(op)]
        for step in emit(lab, op, at) if at else ():  # an interferometer may have no modes
            state = state >> step
        if isinstance(op, ops.Homodyne):
            reads += at
    mean, cov = np.array(state.means), np.array(state.cov)  # ordered (x .., p ..): a mode's x stands at its index
    return GaussianMoments(circuit.results, mean[reads], cov[np.ix_(reads, reads)])


def sample(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Return the outcomes of every readout of a Gaussian circuit, each of shape (shots,).

    MrMustard computes one state, whose readouts have the joint law of `gaussian_moments`; all shots are one draw of
    numpy from that multivariate normal law. MrMustard's own detectors are not used. Raises as `gaussian_moments` does.
    """
    law = gaussian_moments(circuit)
    if not law.names:
        return {}  # numpy draws no vectors of length 0
    drawn = rng.multivariate_normal(law.mean, law.cov, size=shots)  # (shots, m)
    return {name: drawn[:, i] for i, name in enumerate(law.names)}


def lossy_modes_of_ket(
    ket: NDArray[np.complex128], etas: tuple[float, ...], modes: Iterable[int]
) -> dict[int, NDArray[np.complex128]]:
    r"""Return the density matrices of single modes after loss on every mode of a pure state given in the Fock basis.

    Loss on other modes changes nothing in a mode, so each is reduced before MrMustard's Attenuator, which needs about
    ``48 c^4`` bytes for ``c`` Fock states.

    Parameters
    ----------
    ket : array, shape (c_0, .., c_{n-1})
        Amplitudes in the Fock states of ``a = (x + i p) / 2``; what a cutoff lost is missing from the norm.
    etas : tuple of float, length n
        Transmission of each mode, in [0, 1].
    modes : iterable of int
        The modes wanted.

    Returns
    -------
    dict from mode to array, shape (c, c)
        Their traces are the squared norm that the cutoff left.

    Raises
    ------
    InputError
        If an argument does not fit the others or is not physical, or the channel would not fit in memory.
    """
    if len(etas) != ket.ndim or not all(0.0 <= eta <= 1.0 for eta in etas):
        raise InputError(f"a ket of {ket.ndim} modes needs as many transmissions in [0, 1], found {list(etas)}")
    wanted = list(dict.fromkeys(modes))
    if missing := [mode for mode in wanted if not 0 <= mode < ket.ndim]:
        raise InputError(f"modes must lie in 0..{ket.ndim - 1}, found {missing[0]}")
    norm = float(np.vdot(ket, ket).real)
    if not 0.0 < norm <= 1.0 + 1e-6:  # kets come from grids, whose integrals are not exact
        raise InputError(f"a ket must have a squared norm in (0, 1], found {norm:g}; normalise before the cutoff")
    return {mode: _attenuated(ket, mode, etas[mode]) for mode in wanted}


def moments_of_ket(
    ket: NDArray[np.complex128], etas: tuple[float, ...], reads: tuple[tuple[str, int, float], ...]
) -> tuple[Moment, ...]:
    """Return the moments of ``x cos(angle) + p sin(angle)`` for reads (name, mode, angle); see `lossy_modes_of_ket`."""
    lossy = lossy_modes_of_ket(ket, etas, (mode for _, mode, _ in reads))
    return tuple(
        Moment(name, *quadrature_moments(lossy[mode], angle), float(np.trace(lossy[mode]).real))
        for name, mode, angle in reads
    )


def _attenuated(ket: NDArray[np.complex128], mode: int, eta: float) -> NDArray[np.complex128]:
    """Return the density matrix (c, c) of one mode after loss.

    The Choi matrix acts directly, as `mrmustard.lab.State` replaces a density matrix of purity above 1 - 1e-6 by a ket.
    """
    cutoff = ket.shape[mode]
    if (size := 48.0 * cutoff**4) > MEMORY_BYTES:
        raise InputError(f"mode {mode} with {cutoff} Fock states needs {size / 1e9:.3g} GB; lower its cutoff")
    rows = np.moveaxis(ket, mode, 0).reshape(cutoff, -1)
    mm = mrmustard()
    choi = mm.lab.Attenuator(float(eta), modes=[0]).choi(cutoffs=[cutoff])  # (out, in, out*, in*)
    out: NDArray[np.complex128] = np.asarray(mm.physics.fock.apply_choi_to_dm(choi, rows @ rows.conj().T, [0]))
    return out


def _gate(kind: str, *names: str) -> Callable[[Any, Any, list[int]], list[Any]]:
    def emit(lab: Any, op: Any, at: list[int]) -> list[Any]:
        return [getattr(lab, kind)(*(float(getattr(op, name)) for name in names), modes=at)]

    return emit


DGATE = (2.0 * HBAR) ** 0.5
"""How far `Dgate(1, 0)` moves x: its arguments are the real and imaginary part of alpha."""

NO_CUBIC = "MrMustard has no cubic gate; hand a ket over in Fock form"

EMIT: dict[type[ops.Operation], Callable[[Any, Any, list[int]], list[Any]] | str] = {
    ops.PrepareVacuum: lambda lab, op, at: [],  # `gaussian_moments` gives it a new mode
    ops.PrepareSqueezed: _gate("Sgate", "r"),
    ops.PrepareCubic: NO_CUBIC,
    ops.Rotation: _gate("Rgate", "theta"),
    ops.Squeeze: _gate("Sgate", "r"),
    ops.Shear: _gate("Pgate", "s"),
    ops.Displacement: lambda lab, op, at: [lab.Dgate(op.x / DGATE, op.p / DGATE, modes=at)],
    ops.BeamSplitter: _gate("BSgate", "theta", "phi"),
    ops.ControlledX: _gate("CXgate", "s"),
    ops.ControlledZ: _gate("CZgate", "s"),
    ops.Interferometer: lambda lab, op, at: [lab.Interferometer(len(at), np.array(op.matrix, dtype=complex), modes=at)],
    ops.PolynomialPhase: "MrMustard has no multi-mode non-Gaussian gate; hand a ket over in Fock form",
    ops.CubicPhase: NO_CUBIC,
    ops.PhasePower: "MrMustard has no phase gate above the square; hand a ket over in Fock form",
    ops.CrossKerr: "neither MrMustard nor the grid, which hands kets over to it, has a cross-Kerr gate",
    **dict.fromkeys(ops.STATES, "MrMustard's Gaussian objects cannot hold the state, and the grid cannot prepare it"),
    ops.PostSelect: "outcomes of a Gaussian sample cannot be chosen; read the mode and keep the shots near the value",
    ops.PhotonCount: "photon counts are not Gaussian",
    ops.DisplacementReadout: NO_DISPLACEMENT_READOUT,
    ops.Kerr: "MrMustard has no Kerr gate; hand a ket over in Fock form",
    ops.Homodyne: lambda lab, op, at: [lab.Rgate(-op.angle, modes=at)],  # turns the quadrature that is read into x
    ops.Loss: _gate("Attenuator", "eta"),
    ops.ThermalLoss: _gate("Attenuator", "eta", "nbar"),
    ops.DisplacementNoise: _gate("AdditiveNoise", "x_variance"),  # equal variances: `refusal`
    ops.Dephasing: "random rotations are not Gaussian, and PhaseNoise of MrMustard needs the Fock form",
}
"""Transformations on MrMustard's modes ``at``; a string gives the reason why none applies. Total over `OPERATIONS`."""


def _unable() -> dict[type[Operation], str]:
    # gates that it lacks come to it as kets from the grid; noise cannot, nor what the grid does not run
    never = (*NOISE, *ops.STATES, ops.CrossKerr, ops.PostSelect, ops.PhotonCount, ops.DisplacementReadout)
    return {kind: emit for kind, emit in EMIT.items() if isinstance(emit, str) and kind in never}


def _refusal(circuit: Circuit) -> str | None:
    from simulations.backends.handover import split_final_loss

    if reason := first_unable(_unable(), circuit):
        return reason
    if all(op.gaussian for op in circuit.operations):
        return refusal(circuit)
    split = split_final_loss(circuit)
    if isinstance(split, str):
        return f"MrMustard takes non-Gaussian states as kets from the grid, and {split}"
    if len(split.reads) > 1:
        return "MrMustard samples one readout of a non-Gaussian state, not the joint law of several"
    return None


def _sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, settings: Settings, progress: Advance | None
) -> Outcomes:
    from simulations.backends.fock import quadrature_quantiles
    from simulations.backends.handover import single_modes

    if all(op.gaussian for op in circuit.operations):
        return Outcomes(sample(circuit, shots, rng))
    return Outcomes(
        {
            name: quadrature_quantiles(rho, op.angle)(rng.random(shots))
            for name, (op, rho) in single_modes(circuit, settings.cutoff).items()
        }
    )


LEAST_KEPT = 0.999
"""Least share of the state that a ket must hold; below it a warning is given."""


def _accuracy(circuit: Circuit, settings: Settings) -> Accuracy | None:
    from simulations.backends.handover import single_modes

    if all(op.gaussian for op in circuit.operations):
        return None
    kept = min(float(np.trace(rho).real) for _, rho in single_modes(circuit, settings.cutoff).values())
    doubtful = kept < LEAST_KEPT
    text = f"the Fock cutoff {settings.cutoff} keeps {kept:.4f} of the state"
    return Accuracy(text + ("; raise --cutoff" if doubtful else ""), doubtful)


BACKEND = Backend(
    "mrmustard",
    "Gaussian programs; pure non-Gaussian states with final loss, handed over from the grid as Fock amplitudes",
    "none for Gaussian programs; the Fock cutoff for others; sampling",
    _unable,
    _refusal,
    _sample,
    _accuracy,
)
