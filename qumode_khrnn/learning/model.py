r"""Compute the exact likelihood of answers under a k-HRNN with free phases, batched and differentiable.

A gate id t acts as ``exp(i sum_S theta_{t,S} prod_{j in S} z_j)``, one phase for every non-empty set S of at most k
modes. The state starts in ``|+>^n``; a reading token projects it on the answer that was given, so that

``p(answers | tokens) = | prod_t A_t |+>^n |^2``, with A_t a diagonal gate or a projector,

and the conditional probability of an answer is the ratio of squared norms after and before its projector. All three
kinds of A_t have the form ``A psi(z) = a(z) psi(z) + c psi(z xor 2^i)``: a gate has a = its phases and c = 0,
``Q(i)`` with answer y has a = [z_i = y] and c = 0, ``P(i)`` has a = 1/2 and c = (-1)^y / 2, which is a projection in
the Walsh-Hadamard basis of one qubit. One step of a batch looks up a, c and i.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from qumode_khrnn.learning.data import Sentences, Vocabulary

PROBABILITY_FLOOR = 1e-300
"""Least probability, so that an answer that the model excludes has a finite log-probability."""


class Likelihood:
    """Tables for one vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        words = self.vocabulary = vocabulary
        n, states = words.modes, 2**words.modes
        self.basis = torch.from_numpy(words.basis())  # (monomials, 2^n)
        numbers = np.arange(states)
        # operators of reading tokens: P(i) then Q(i), answer 0 and 1 each
        scale = np.full((2 * n, 2, states), 0.5)
        for mode in range(n):
            for y in range(2):
                scale[n + mode, y] = numbers >> mode & 1 == y
        self._scale = torch.from_numpy(scale.reshape(4 * n, states)).to(torch.complex128)
        mix = np.zeros((words.gates + 4 * n, 1))
        mix[words.gates : words.gates + 2 * n, 0] = np.tile([0.5, -0.5], n)
        self._mix = torch.from_numpy(mix).to(torch.complex128)
        flip = np.tile(numbers, (words.gates + 4 * n, 1))
        for mode in range(n):
            flip[words.gates + 2 * mode : words.gates + 2 * mode + 2] = numbers ^ (1 << mode)
        self._flip = torch.from_numpy(flip)

    def operators(self, sentences: Sentences) -> torch.Tensor:
        """Return the row of the table of operators for every token with its answer, shape (sentences, length)."""
        reading = sentences.tokens - self.vocabulary.gates
        rows = np.where(reading < 0, sentences.tokens, self.vocabulary.gates + 2 * reading + sentences.answers)
        return torch.from_numpy(rows)

    def norms(self, phases: torch.Tensor, operators: torch.Tensor) -> torch.Tensor:
        """Return the joint probability of the answers up to every token.

        Parameters
        ----------
        phases : tensor, shape (gates, monomials)
        operators : tensor of int, shape (sentences, length)

        Returns
        -------
        tensor, shape (length + 1, sentences)
            The first row is one; small values are not cut off.
        """
        return self.fold(torch.exp(1j * (phases @ self.basis)), operators)

    def fold(
        self,
        gates: torch.Tensor,
        operators: torch.Tensor,
        cell: Callable[[torch.Tensor, int], torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """Do the same as `norms` for given diagonals of the gates, shape (gates, 2^n).

        Parameters
        ----------
        cell : callable, optional
            Function that acts on the states before every step, given the step's number: for non-diagonal gates.
        """
        scale = torch.cat([gates, self._scale])
        states = self.basis.shape[1]
        psi = torch.full((len(operators), states), states**-0.5, dtype=torch.complex128)
        out = [torch.ones(len(operators), dtype=torch.float64)]
        for step, column in enumerate(operators.T):
            if cell is not None:
                psi = cell(psi, step)
            psi = scale[column] * psi + self._mix[column] * psi.gather(1, self._flip[column])
            out.append((psi.real**2 + psi.imag**2).sum(dim=1))
        return torch.stack(out)

    def per_sentence(self, phases: torch.Tensor, operators: torch.Tensor) -> torch.Tensor:
        """Return ``log p(answers | tokens)`` of every sentence, in nats."""
        return torch.log(self.norms(phases, operators)[-1].clamp_min(PROBABILITY_FLOOR))
