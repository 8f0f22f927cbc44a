"""The characteristic function of joint momenta under cubic phases, in closed form, with loss (hbar = 2).

Positions of all modes, and of the environment modes that losses add, are linear in the independent positions z at the
start, which have normal densities, and the phase is a cubic form T in z. A displacement of z by h leaves
``<exp(i t.p)> = E[exp(i (Phi(z + h/2) - Phi(z - h/2)) / hbar)] e^{-h' D^-1 h / 8}``, and the difference is quadratic,
``3 T(z, z, h) + T(h, h, h) / 4``: one determinant. Quadratic phases add a part linear in z. Nothing
of the package's simulators is used.
"""

from itertools import permutations
from math import cos, exp, pi, sin, sqrt

import numpy as np

from compiler.ir import operations as ops


class CubicReference:
    """A circuit of preparations, beamsplitters, squeezers, cubic phases and losses that ends in momentum readouts."""

    def __init__(self, circuit):
        losses = sum(isinstance(op, ops.Loss) for op in circuit.operations)
        size = circuit.modes + losses
        rows, self.variances = np.eye(size), np.ones(size)
        self.tensor, self.pairs = np.zeros((size,) * 3), np.zeros((size, size))
        self.names = {}
        lost = circuit.modes
        for op in circuit.operations:
            match op:
                case ops.PrepareSqueezed(modes=(m,), r=r):
                    self.variances[m] = exp(-2 * r)
                case ops.BeamSplitter(modes=(a, b), theta=t):
                    rows[[a, b]] = np.array([[cos(t), -sin(t)], [sin(t), cos(t)]]) @ rows[[a, b]]
                case ops.Squeeze(modes=(m,), r=r):
                    rows[m] = exp(-r) * rows[m]
                case ops.CubicPhase(modes=(m,), gamma=g):
                    self._add((rows[m],) * 3, g / 3)
                case ops.PolynomialPhase():
                    for key, value in op.polynomial.terms.items():
                        self._add([rows[m] for m, power in key for _ in range(power)], value)
                case ops.Loss(modes=(m,), eta=eta):
                    turn = np.array([[sqrt(eta), sqrt(1 - eta)], [-sqrt(1 - eta), sqrt(eta)]])
                    rows[[m, lost]] = turn @ rows[[m, lost]]
                    lost += 1
                case ops.Homodyne(modes=(m,), angle=angle):
                    assert abs(angle - pi / 2) < 1e-12
                    self.names[op.result] = m
                case _:
                    raise AssertionError(op)
        self.back = np.linalg.inv(rows)

    def _add(self, forms, value):
        if len(forms) == 2:
            self.pairs += value / 2 * (np.outer(*forms) + np.outer(*forms).T)
            return
        assert len(forms) == 3
        for a, b, c in permutations(forms):
            self.tensor += value / 6 * np.einsum("i,j,k->ijk", a, b, c)

    def characteristic(self, t):
        """``<exp(i sum t[name] p_name)>``."""
        h = sum(2.0 * value * self.back[:, self.names[name]] for name, value in t.items())
        quadratic = 3.0 * np.einsum("ijk,k->ij", self.tensor, h) / 2.0
        scale = np.sqrt(self.variances)
        eigenvalues = np.linalg.eigvalsh(scale[:, None] * quadratic * scale)
        phase = np.einsum("ijk,i,j,k->", self.tensor, h, h, h) / 8.0
        slope = self.pairs @ h  # E exp(i (z'Mz + c.z)) = det(1 - 2i DM)^{-1/2} exp(-c' (D^-1 - 2i M)^-1 c / 2)
        decay = 0.5 * slope @ np.linalg.solve(np.diag(1 / self.variances) - 2j * quadratic, slope)
        decay = decay + (h * h / self.variances).sum() / 8
        return np.exp(1j * phase - decay) * np.prod((1 - 2j * eigenvalues) ** -0.5)

    def deviation(self, samples, t):
        """Empirical minus exact characteristic function, in units of 1 / sqrt(shots)."""
        waves = np.exp(1j * sum(value * samples[name] for name, value in t.items()))
        return abs(waves.mean() - self.characteristic(t)) * sqrt(len(waves))
