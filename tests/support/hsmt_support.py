"""Specifications, sentences, random tokens and explicit matrices for tests of HSMT over the integers modulo d."""

from functools import reduce
from itertools import product
from math import sqrt

import numpy as np

from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.hsmt.score import ModelInfo
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference

MODEL = ModelInfo("model", "test", 4, "modes")


def make(modes, k, levels, sentences=1, **changes):
    alphabet = "real" if levels is None else f"modular({levels})"
    return HsmtSpec(modes, k, sentences, alphabet=alphabet, **{"probes": 1, "seed": 1, **changes})


def sentences_of(spec):
    return tuple(generate(spec, reference))


def random_token(rng, modes, levels, most, edges=0.5):
    rest = 1.0 - edges
    match rng.choice(["E", "X", "P", "Q"], p=[edges, 0.2 * rest, 0.5 * rest, 0.3 * rest]):
        case "E":
            size = int(rng.integers(1, most + 1))
            edge = tuple(sorted(int(m) for m in rng.choice(modes, size, replace=False)))
            return EdgeToken(edge, int(rng.integers(levels)))
        case "X":
            return ShiftToken(int(rng.integers(modes)), int(rng.integers(levels)))
        case letter:
            return ReadToken("p" if letter == "P" else "x", int(rng.integers(modes)))


class Matrices:
    """A state of n d-level systems as one column; every token is an explicit d^n by d^n matrix."""

    def __init__(self, modes, levels):
        self.n, self.d = modes, levels
        self.psi = np.full(levels**modes, levels ** (-modes / 2), dtype=complex)
        self.z = np.array(list(product(range(levels), repeat=modes)))

    def on(self, mode, matrix):
        parts = [matrix if m == mode else np.eye(self.d) for m in range(self.n)]
        return reduce(np.kron, parts)

    def projector(self, read, y):
        if read.quadrature == "x":
            vector = np.eye(self.d)[y].astype(complex)
        else:
            vector = np.exp(2j * np.pi * y * np.arange(self.d) / self.d) / sqrt(self.d)
        return self.on(read.mode, np.outer(vector, vector.conj()))

    def gate(self, token):
        if isinstance(token, EdgeToken):
            power = token.weight * np.prod(self.z[:, list(token.modes)], axis=1)
            self.psi = np.diag(np.exp(2j * np.pi * power / self.d)) @ self.psi
        else:
            step = np.zeros((self.d, self.d))
            for z in range(self.d):
                step[(z + token.amount) % self.d, z] = 1.0
            self.psi = self.on(token.mode, step) @ self.psi

    def law(self, read):
        return np.array([np.linalg.norm(self.projector(read, y) @ self.psi) ** 2 for y in range(self.d)])

    def found(self, read, y):
        self.psi = self.projector(read, y) @ self.psi
        self.psi /= np.linalg.norm(self.psi)


def by_matrices(tokens, modes, levels, rng, answers=None):
    state, found, laws = Matrices(modes, levels), [], []
    for token in tokens:
        if not isinstance(token, ReadToken):
            state.gate(token)
            continue
        laws.append(state.law(token))
        chances = np.where(laws[-1] < 1e-9, 0.0, laws[-1])
        y = int(rng.choice(levels, p=chances / chances.sum())) if answers is None else int(answers[len(found)])
        found.append(y)
        state.found(token, y)
    return found, laws
