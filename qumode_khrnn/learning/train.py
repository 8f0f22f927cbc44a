"""Train a k-HRNN whose gate tokens are opaque ids, from sentences and answers alone (docs/learning.md)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from compiler.typing import Advance
from hardware_profiles.extras import need
from qumode_khrnn.learning.checkpoint import State, read_state, write_state
from qumode_khrnn.learning.data import HiddenNetwork, Sentences, draw_sentences, hidden_network
from qumode_khrnn.learning.results import Excess, LearningConfig, LearningResult, excess
from qumode_khrnn.learning.symmetry import recovered, residual

if TYPE_CHECKING:
    from qumode_khrnn.learning.coordinates import Ascent

HIDDEN, START, TRAINING, VALIDATION, HELD_OUT, STEP = range(6)
"""Random streams ``default_rng([seed, stream, ...])``; every step has its own, so that resuming changes nothing."""

STEPS_BETWEEN_VALIDATIONS = 40
"""Number of gradient steps of Adam between two evaluations on the validation set."""

BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Adam's usual constants."""


def hidden_of(config: LearningConfig) -> HiddenNetwork:
    """Return the hidden network of a training."""
    return hidden_network(config.vocabulary, np.random.default_rng([config.seed, HIDDEN]))


def train(config: LearningConfig, checkpoint: Path | None = None, progress: Advance | None = None) -> LearningResult:
    """Train a k-HRNN, and score it on held-out sentences.

    Parameters
    ----------
    config : LearningConfig
    checkpoint : Path, optional
        File that is written after every step (for Adam after every 40), and from which a training goes on. The result
        is that of an uninterrupted training, apart from the seconds.
    progress : callable, optional
        Called with the number of steps done.

    Returns
    -------
    LearningResult

    Raises
    ------
    InputError
        If the checkpoint is wrong or belongs to another configuration.
    """
    need("torch")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # states are small: threads would cost more than they bring
    try:
        training = _Training(config)
        state = read_state(checkpoint, config) if checkpoint and checkpoint.exists() else training.start()
        while not state.stopped:
            begun = process_time()
            state = training.adam(state) if config.optimiser == "adam" else training.coordinates(state)
            state = replace(state, seconds=state.seconds + process_time() - begun)
            if checkpoint:
                write_state(checkpoint, config, state)
            if progress:
                progress(state.step)
        return training.result(state)
    finally:
        torch.set_num_threads(threads)


class _Training:
    """Data of one training; its methods take a state to the next."""

    def __init__(self, config: LearningConfig) -> None:
        from qumode_khrnn.learning.model import Likelihood

        self.config = config
        self.hidden = hidden_of(config)
        self.likelihood = Likelihood(config.vocabulary)
        self.validation = self._draw(config.validation, VALIDATION)
        self._ascent: tuple[int, Ascent] | None = None
        self._stages: dict[int, Sentences] = {}

    def start(self) -> State:
        """Return phases that are drawn uniformly on the circle."""
        words = self.config.vocabulary
        shape = (words.gates, len(words.monomials))
        phases = np.random.default_rng([self.config.seed, START]).uniform(0.0, 2.0 * np.pi, shape)
        return State(phases, np.zeros(shape), np.zeros(shape))

    def coordinates(self, state: State) -> State:
        """Take one sweep over all tokens or, when sweeps have settled, one round of restarts, token by token."""
        from qumode_khrnn.learning.coordinates import SETTLED_GAIN_NATS

        ascent = self._ascent_of(state.stage)
        before = ascent.processed
        rng = np.random.default_rng([self.config.seed, STEP, state.step])
        if state.settled:
            phases, kept = state.phases, 0
            for token in range(len(phases)):
                better = ascent.restart(phases, token, rng)
                phases, kept = (phases, kept) if better is None else (better, kept + 1)
            state = replace(
                state,
                phases=phases,
                settled=False,
                restarts=state.restarts + len(phases),
                fruitless=0 if kept else state.fruitless + 1,
            )
        else:
            phases, gain = ascent.sweep(state.phases, rng)
            state = replace(state, phases=phases, settled=gain < SETTLED_GAIN_NATS * ascent.total)
        state = self._looked(replace(state, step=state.step + 1, processed=state.processed + ascent.processed - before))
        if state.stopped:
            return state
        config, last = self.config, state.stage == len(self.config.lengths) - 1
        given_up = state.fruitless >= config.patience
        if last:
            return replace(state, stopped="settled") if given_up else state
        if given_up or (state.settled and state.history[-1][2] < config.stage_target):
            return replace(state, stage=state.stage + 1, settled=False, fruitless=0)
        return state

    def adam(self, state: State) -> State:
        """Take some steps of Adam (D. Kingma, J. Ba, arXiv:1412.6980) on random batches of the last stage."""
        import torch

        config = self.config
        sentences = self._sentences(len(config.lengths) - 1)
        operators = self.likelihood.operators(sentences)
        phases, first, second, step = state.phases, state.first_moment, state.second_moment, state.step
        for _ in range(STEPS_BETWEEN_VALIDATIONS):
            rng = np.random.default_rng([config.seed, STEP, step])
            rows = rng.choice(len(sentences), min(config.batch, len(sentences)), replace=False)
            parameters = torch.tensor(phases, requires_grad=True)
            loss = -self.likelihood.per_sentence(parameters, operators[torch.from_numpy(rows)]).mean()
            (gradient,) = (g.numpy() for g in torch.autograd.grad(loss, [parameters]))
            step += 1
            first = BETAS[0] * first + (1.0 - BETAS[0]) * gradient
            second = BETAS[1] * second + (1.0 - BETAS[1]) * gradient**2
            unbiased = first / (1.0 - BETAS[0] ** step), second / (1.0 - BETAS[1] ** step)
            phases = phases - config.learning_rate * unbiased[0] / (np.sqrt(unbiased[1]) + EPSILON)
        processed = state.processed + STEPS_BETWEEN_VALIDATIONS * min(config.batch, len(sentences))
        state = replace(state, phases=phases, first_moment=first, second_moment=second, step=step, processed=processed)
        return self._looked(state)

    def result(self, state: State) -> LearningResult:
        """Score on held-out sentences, which the training has never used."""
        score = self._excess(state, self._draw(self.config.held_out, HELD_OUT))
        hidden = self.hidden.phases()
        return LearningResult(
            config=self.config,
            excess_nll=score.value,
            interval=score.interval,
            residual=residual(state.phases, hidden),
            recovered=recovered(state.phases, hidden),
            stopped=state.stopped,
            restarts=state.restarts,
            steps=state.step,
            sentences_processed=state.processed,
            seconds=state.seconds,
            history=state.history,
            phases=tuple(tuple(float(p) for p in row) for row in state.phases),
        )

    def _looked(self, state: State) -> State:
        """Return the state with the validation excess in its history; it is stopped at the target or the budget."""
        value = self._excess(state, self.validation).value
        processed = state.processed + len(self.validation)
        stopped = "target" if value < self.config.target else "budget" if processed >= self.config.budget else ""
        history = (*state.history, (state.step, processed, value))
        return replace(state, processed=processed, history=history, stopped=stopped)

    def _excess(self, state: State, sentences: Sentences) -> Excess:
        import torch

        with torch.no_grad():
            phases = torch.from_numpy(state.phases)
            log_model = self.likelihood.per_sentence(phases, self.likelihood.operators(sentences)).numpy()
        return excess(sentences, log_model)

    def _draw(self, count: int, stream: int) -> Sentences:
        return draw_sentences(
            self.hidden, count, self.config.lengths[-1], np.random.default_rng([self.config.seed, stream])
        )

    def _sentences(self, stage: int) -> Sentences:
        config = self.config
        if stage not in self._stages:
            rng = np.random.default_rng([config.seed, TRAINING, stage])
            self._stages[stage] = draw_sentences(self.hidden, config.sentences[stage], config.lengths[stage], rng)
        return self._stages[stage]

    def _ascent_of(self, stage: int) -> Ascent:
        from qumode_khrnn.learning.coordinates import Ascent

        if self._ascent is None or self._ascent[0] != stage:
            self._ascent = stage, Ascent(self.likelihood, self._sentences(stage))
        return self._ascent[1]
