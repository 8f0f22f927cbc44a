r"""Raise the likelihood by exact coordinate ascent in one token's phases.

Along a direction v in the phases of token t with integer values ``sum_S v_S prod_{j in S} z_j`` in {0, 1}, a sentence
that has t m times has a probability that is a trigonometric polynomial of degree m in the step: 2 m + 1 evaluations
determine it on the whole line. The step taken is the global maximum on the line.

Directions are parities: ``v_S`` with value ``xor_{j in S} z_j = sum_{T in S} (-2)^{|T| - 1} prod_{j in T} z_j``. They
span all phases, and unlike monomials they are orthogonal as functions of z (up to constants), which makes ascent
converge in a few sweeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from qumode_khrnn.learning.data import Floats, Sentences, Vocabulary
from qumode_khrnn.learning.model import Likelihood

GRID = 96
"""Steps tried on a line before refining: many more than twice the degree of sentences of length 10."""

REFINEMENTS = 10
"""Number of refinements, each of which divides the spacing by 3: 96 points end at a spacing of 1e-6."""

PROBABILITY_FLOOR = 1e-13
"""Interpolated probabilities carry rounding errors near 1e-16; they are cut off below."""

SETTLED_GAIN_NATS = 1e-3
"""A sweep that gains less than this, in nats per sentence, has settled; a restart must gain at least this."""

RESTART_SWEEPS = 4


def directions(vocabulary: Vocabulary) -> Floats:
    """Return parity directions, shape (monomials, monomials): row S has the coefficients of ``xor_{j in S} z_j``."""
    monomials = vocabulary.monomials
    return np.array([[(-2.0) ** (len(t) - 1) if set(t) <= set(s) else 0.0 for t in monomials] for s in monomials])


@dataclass(frozen=True, slots=True)
class Group:
    """Operators of the sentences that have one token exactly ``uses`` times."""

    uses: int
    operators: torch.Tensor


class Ascent:
    """Coordinate ascent on one set of sentences.

    Parameters
    ----------
    likelihood : Likelihood
    sentences : Sentences

    Attributes
    ----------
    processed : int
        Evaluations of the likelihood of a sentence so far.
    """

    def __init__(self, likelihood: Likelihood, sentences: Sentences) -> None:
        self.likelihood = likelihood
        self.directions = directions(likelihood.vocabulary)
        self.processed = 0
        self.total = len(sentences)
        operators = likelihood.operators(sentences)
        self._groups: list[list[Group]] = []
        for token in range(likelihood.vocabulary.gates):
            uses = (sentences.tokens == token).sum(axis=1)
            counts = [int(m) for m in np.unique(uses) if m > 0]
            self._groups.append([Group(m, operators[torch.from_numpy(uses == m)]) for m in counts])

    def sweep(self, phases: Floats, rng: np.random.Generator) -> tuple[Floats, float]:
        """Visit every token once, in random order; return the new phases and the gain in nats."""
        gain = 0.0
        for token in rng.permutation(len(phases)):
            phases, more = self.visit(phases, int(token), rng)
            gain += more
        return phases, gain

    def visit(self, phases: Floats, token: int, rng: np.random.Generator) -> tuple[Floats, float]:
        """Go to the maximum along every direction of one token, in random order."""
        gain = 0.0
        for row in rng.permutation(len(self.directions)):
            step, more = self._line(phases, token, self.directions[row])
            if more > 0.0:
                phases = phases.copy()
                phases[token] = (phases[token] + step * self.directions[row]) % (2.0 * np.pi)
                gain += more
        return phases, gain

    def restart(self, phases: Floats, token: int, rng: np.random.Generator) -> Floats | None:
        """Start one token again from random phases with the others fixed; return None unless the likelihood rises."""
        trial = phases.copy()
        trial[token] = rng.uniform(0.0, 2.0 * np.pi, phases.shape[1])
        for _ in range(RESTART_SWEEPS):
            trial, gain = self.visit(trial, token, rng)
            if gain < SETTLED_GAIN_NATS * self.total:
                break
        better = (
            self._log_likelihood(trial, token) > self._log_likelihood(phases, token) + SETTLED_GAIN_NATS * self.total
        )
        return trial if better else None

    def _line(self, phases: Floats, token: int, direction: Floats) -> tuple[float, float]:
        """Return the best step along a direction, and its gain."""
        waves = []
        for group in self._groups[token]:
            nodes = 2 * group.uses + 1
            values = np.empty((nodes, len(group.operators)))
            for j in range(nodes):
                trial = phases.copy()
                trial[token] += 2.0 * np.pi * j / nodes * direction
                values[j] = self._probabilities(trial, group.operators)
            waves.append((np.fft.fftfreq(nodes, 1.0 / nodes), np.fft.fft(values, axis=0) / nodes))

        def log_likelihood(steps: Floats) -> Floats:
            total = np.zeros(len(steps))
            for frequencies, coefficients in waves:
                angles = np.outer(steps, frequencies)
                chance = np.cos(angles) @ coefficients.real - np.sin(angles) @ coefficients.imag
                total += np.log(np.maximum(chance, PROBABILITY_FLOOR)).sum(axis=1)
            return total

        steps = 2.0 * np.pi * np.arange(GRID) / GRID
        values = log_likelihood(steps)
        stay, best, width = values[0], steps[values.argmax()], steps[1]
        for _ in range(REFINEMENTS):
            steps = best + width * np.linspace(-1.0, 1.0, 7)
            values = log_likelihood(steps)
            best, width = steps[values.argmax()], width / 3.0
        return float(best), float(values.max() - stay)

    def _log_likelihood(self, phases: Floats, token: int) -> float:
        parts = [self._probabilities(phases, group.operators) for group in self._groups[token]]
        return float(sum(np.log(np.maximum(part, PROBABILITY_FLOOR)).sum() for part in parts))

    def _probabilities(self, phases: Floats, operators: torch.Tensor) -> Floats:
        self.processed += len(operators)
        with torch.no_grad():
            return np.asarray(self.likelihood.norms(torch.from_numpy(phases), operators)[-1].numpy())
