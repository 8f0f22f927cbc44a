"""Programs of one or two modes with displacement readouts on a position grid: what every string of outcomes leaves.

Written from the definitions alone (hbar = 2), without the package's phase-space maps: multiplications by functions of
position, and Fourier transforms for shifts and functions of momentum.
"""

from itertools import product
from math import ceil, exp, pi, sin, tan

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

GRIDS = {1: (1024, 0.08), 2: (256, 0.2)}
"""Number of points and their distance, by number of modes."""


def positions(modes):
    points, step = GRIDS[modes]
    return np.meshgrid(*[(np.arange(points) - points // 2) * step] * modes, indexing="ij")


def inputs(modes, seed, count=2):
    """Displaced squeezed vacua, the modes correlated: psi = exp(-x'Ax/4 + b.x), norm 1."""
    rng = np.random.default_rng(seed)
    axes = positions(modes)
    out = []
    for _ in range(count):
        mix = np.eye(modes) + 0.3 * rng.normal(size=(modes, modes))
        form = mix @ mix.T + 0.2j * np.diag(rng.normal(size=modes))
        shift = 0.4 * rng.normal(size=modes) + 0.4j * rng.normal(size=modes)
        log = sum(shift[i] * axes[i] for i in range(modes)).astype(complex)
        for i, j in product(range(modes), repeat=2):
            log = log - form[i, j] * axes[i] * axes[j] / 4
        psi = np.exp(log)
        out.append(psi / np.linalg.norm(psi))
    return out


def kraus(circuit, psi):
    """The states, not normalised, that the strings of outcomes leave: {outcomes in order of time: psi}."""
    axes = positions(circuit.modes)
    states = {(): psi}
    names = []
    for op in circuit.operations:
        after = {}
        for outcomes, state in states.items():
            results = dict(zip(names, outcomes, strict=True))
            if isinstance(op, ops.DisplacementReadout):
                moved = displaced(state, op, axes)
                after[(*outcomes, 1)], after[(*outcomes, -1)] = (state + moved) / 2, (state - moved) / 2
            else:
                after[outcomes] = applied(state, op, axes, results)
        if isinstance(op, ops.DisplacementReadout):
            names.append(op.result)
        states = after
    order = np.argsort(names)
    return {tuple(outcomes[i] for i in order): state for outcomes, state in states.items()}


def displaced(psi, op, axes):
    """exp(i alpha.beta) exp(i beta.x) psi(x + 2 alpha)."""
    for mode, alpha in zip(op.modes, op.alpha, strict=True):
        psi = in_momentum(psi, mode, lambda k, a=alpha: np.exp(2j * a * k))
    turn = sum(a * b for a, b in zip(op.alpha, op.beta, strict=True))
    return psi * np.exp(1j * turn + 1j * sum(b * axes[m] for m, b in zip(op.modes, op.beta, strict=True)))


def in_momentum(psi, mode, factor):
    return np.fft.ifft(np.fft.fft(psi, axis=mode) * factor(wave_numbers(psi, mode)), axis=mode)


def wave_numbers(psi, mode):
    """Wave numbers of one mode, hbar = 2: the momentum is twice that."""
    found = 2 * np.pi * np.fft.fftfreq(*GRIDS[psi.ndim])
    return found.reshape([-1 if axis == mode else 1 for axis in range(psi.ndim)])


def applied(psi, op, axes, results):
    def value(parameter):
        return parameter.evaluate(results) if isinstance(parameter, Polynomial) else parameter

    x = [axes[m] for m in op.modes]
    match op:
        case ops.Displacement():
            shift, kick = value(op.x), value(op.p)
            return in_momentum(psi, op.modes[0], lambda k: np.exp(-1j * shift * k)) * np.exp(0.5j * kick * x[0])
        case ops.Shear():
            return psi * np.exp(0.25j * value(op.s) * x[0] ** 2)
        case ops.CubicPhase():
            return psi * np.exp(1j * value(op.gamma) * x[0] ** 3 / 6)
        case ops.PolynomialPhase():
            return psi * np.exp(0.5j * op.polynomial.evaluate({m: axes[m] for m in op.modes} | results))
        case ops.ControlledZ():
            return psi * np.exp(0.5j * value(op.s) * x[0] * x[1])
        case ops.ControlledX():
            control, target = op.modes
            return in_momentum(psi, target, lambda k: np.exp(-1j * value(op.s) * axes[control] * k))
        case ops.Rotation():
            return rotated(psi, op.modes[0], value(op.theta), x[0])
        case ops.Squeeze():  # four shears: p + l x, x + u p, ..
            a = exp(-value(op.r))
            for shear in (-a, -(a - 1) / a, 1.0, a - 1):
                along_x = shear in (-a, 1.0)
                psi = (
                    psi * np.exp(0.25j * shear * x[0] ** 2)
                    if along_x
                    else in_momentum(psi, op.modes[0], lambda k, u=shear: np.exp(-1j * u * k**2))
                )
            return psi
        case ops.BeamSplitter():
            one, other = op.modes
            theta, phi = value(op.theta), value(op.phi)
            psi = rotated(psi, other, -phi, x[1])
            pieces = ceil(abs(theta) / (pi / 2)) or 1
            t = theta / pieces
            shears = (((other, one), -tan(t / 2)), ((one, other), sin(t)), ((other, one), -tan(t / 2)))
            for modes, s in shears * pieces:
                psi = applied(psi, ops.ControlledX(modes, s), axes, results)
            return rotated(psi, other, phi, x[1])
    raise NotImplementedError(str(op))


def rotated(psi, mode, theta, x):
    """Rotations in pieces of at most a quarter turn, each three shears."""
    pieces = ceil(abs(theta) / (pi / 2)) or 1
    t = theta / pieces
    for _ in range(pieces):
        psi = in_momentum(psi, mode, lambda k: np.exp(1j * tan(t / 2) * k**2))
        psi = in_momentum(psi * np.exp(0.25j * sin(t) * x**2), mode, lambda k: np.exp(1j * tan(t / 2) * k**2))
    return psi


def distance(left, right, seed=0):
    """How far two circuits are apart: the largest norm of the difference of final states, up to a phase each.

    The phase may depend on the outcomes, but not on the input: it is read from all inputs together.
    """
    assert isinstance(left, Circuit) and set(left.results) == set(right.results)
    runs = [(kraus(left, psi), kraus(right, psi)) for psi in inputs(left.modes, seed)]
    worst = 0.0
    for outcomes in runs[0][0]:
        ours = np.array([run[0][outcomes] for run in runs])
        theirs = np.array([run[1][outcomes] for run in runs])
        overlap = np.vdot(ours, theirs)
        turn = overlap / abs(overlap) if overlap else 1.0
        worst = max(worst, float(np.linalg.norm(ours * turn - theirs)))
    return worst
