r"""Score the compiled network on a profile, with the best squeezing for its loss, beside a model without a memory.

More squeezing makes a nullifier narrower, but loss then misplaces the wider positions that weights multiply, so every
loss has its own best squeezing (`qumode_khrnn.studies.loss_study` shows the same trade-off for one loss per cell). Here
it is chosen on matched probes, whose error has a closed form, before anything is scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import comb
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.machines import machine_of
from hardware_profiles import Profile, load_profile
from qumode_khrnn.answers.noisy_network import compile_sentence, noisy_answers
from qumode_khrnn.comparison.no_memory import OTHER_SEED, laws_without_memory
from qumode_khrnn.comparison.tasks import Rows, dataset, frontier_rows
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import ReadToken, Token
from qumode_khrnn.hsmt.models import memory_of
from qumode_khrnn.hsmt.score import Floats, ModelInfo, mean_interval, score_answers
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.network.cell import MAX_SQUEEZING
from qumode_khrnn.network.cell_templates import CellTemplates
from simulations.exact.likelihood import log_density
from simulations.exact.moments import NoClosedFormError, moments
from simulations.laws.discrete import DiscreteLaw

CHOICE_SENTENCES = 4
"""Number of sentences with a matched probe on which the squeezing is chosen."""

CHOICE_STEP = 0.1
"""Step of the grid of squeezing parameters."""

FEWEST_STEADIED = 10
"""Least number of answers from which two coefficients are estimated without harm to the mean."""


def compiled(settings: Mapping[str, Any], seed: int) -> Rows:
    """Score the compiled network on a profile: its own answers with noise, and the likelihood of the dataset's.

    Rows carry the ``edges`` that are written, the ``squeezing`` r of latent modes and ancilla, and beside the excess
    NLL of the network on the last answers the columns of `LastAnswers.beside`.

    Parameters
    ----------
    settings : mapping
        Fields of `qumode_khrnn.comparison.config.CompiledConfig`, with one ``loss_scale`` in place of all.
    seed : int
        Seed of the sentences; answers use the streams ``[seed + 1, i]``.
    """
    (n, k), scale, r = settings["size"], settings["loss_scale"], settings["squeezing"]
    profile, edges = load_profile(settings["profile"]), settings["edges"] or comb(n, k)
    if r is None:
        r = best_squeezing(n, k, edges, profile, scale, seed)
    squeezed = {"squeezing_latent": r, "squeezing_ancilla": r}
    data = dataset(REAL, n, k, settings["sentences"], seed, contextual=False, edges=edges, **squeezed)
    name = f"compiled ({profile.name}), " + ("lossless" if scale == 0.0 else f"loss x {scale:g}")
    memory = memory_of("ideal", REAL, n)
    info = ModelInfo(name, "compiled k-HRNN", memory.amount, memory.unit)
    run = noisy_answers(data, profile, scale, seed + 1, settings["repeats"])
    last = last_answers(data, profile, scale, settings["trajectories"], seed)
    rows: Rows = []
    for row in score_answers(run.dataset, info, run.answers, run.laws):
        found = last.get(row.probe, NONE)
        scored = replace(row, excess_nll=found.excess, ci95={**row.ci95, "excess_nll": found.interval})
        rows += frontier_rows([scored], loss_scale=scale, squeezing=r, edges=edges, **found.beside())
    return rows


# --- squeezing -------------------------------------------------------------------------------------------------------


def best_squeezing(modes: int, k: int, edges: int, profile: Profile, scale: float, seed: int) -> float:
    """Return the squeezing parameter of latent modes and ancilla, out of `squeezings`, with the least `matched_error`.

    The sentences differ from those of a comparison with this seed: the choice uses nothing that is scored.

    Raises
    ------
    InputError
        If the profile prepares no squeezed states, or the error has no closed form.
    """
    grid = squeezings(profile)
    errors = [matched_error(modes, k, edges, profile, scale, r, seed + OTHER_SEED) for r in grid]
    return grid[int(np.argmin(errors))]


def squeezings(profile: Profile) -> tuple[float, ...]:
    """Return the r to try: the levels of the profile, or steps of `CHOICE_STEP` up to its largest r, which is included.

    >>> squeezings(load_profile("photonic-cubic"))[-3:]
    (1.6, 1.7, 1.727)
    """
    allowed = profile.operations["PrepareSqueezed"].ranges.get("r")
    steps = {round(CHOICE_STEP * i, 10) for i in range(1, round(MAX_SQUEEZING / CHOICE_STEP) + 1)}
    if allowed is None:
        return tuple(sorted(steps))
    listed = {abs(level.value) for level in allowed.levels} or {*steps, allowed.limit}
    # latent modes are squeezed in p, and the ancilla in either quadrature
    grid = [r for r in sorted(listed) if r <= MAX_SQUEEZING and allowed.allows(r) and allowed.allows(-r)]
    if not grid:
        raise InputError(f"{profile.name} must allow some r with both signs, found none; state the squeezing")
    return tuple(grid)


def matched_error(modes: int, k: int, edges: int, profile: Profile, scale: float, squeezing: float, seed: int) -> float:
    r"""Return the mean square of the answer to a first matched probe of the compiled network, in closed form.

    Without loss the answer has mean 0 and variance ``e^{-2 r} + e^{-2 r_a}``, and the result is this variance. With
    loss it is the variance plus the square of the mean (shifts no longer cancel), averaged over `CHOICE_SENTENCES`
    sentences; both come from `simulations.exact.moments`.

    >>> from math import exp
    >>> lossless = matched_error(3, 2, 3, load_profile("photonic-cubic"), 0.0, 1.0, 1)
    >>> round(lossless - 2.0 * exp(-2.0), 9) + 0.0
    0.0
    """
    spec = HsmtSpec(
        modes,
        k,
        CHOICE_SENTENCES,
        probes=1,
        edges=edges,
        squeezing_latent=squeezing,
        squeezing_ancilla=squeezing,
        mixture={"matched": 1.0},
        seed=seed,
    )
    network = _Lossy(spec, profile, scale)
    errors = []
    for sentence in generate(spec, reference):
        native = network.circuit(sentence.tokens[: _last_reading(sentence.tokens) + 1])
        mean, variance = moments(native).of(native.results[-1])
        errors.append(variance + mean**2)
    return float(np.mean(errors))


# --- likelihood ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class LastAnswers:
    """Excess NLL, in nats, of the last answers of sentences that end with one kind of probe, given the earlier ones.

    Attributes
    ----------
    network : array, shape (sentences,)
        For the compiled network, ``log P(y) - log P_compiled(y)`` with the exact law P, as `steadied`.
    no_memory : array, shape (sentences,)
        For one normal law per quadrature, on the same answers (`qumode_khrnn.comparison.no_memory`), as `steadied`.
    """

    network: Floats
    no_memory: Floats

    @property
    def excess(self) -> float | None:
        """Mean excess of the network; None if there are no such sentences."""
        return float(self.network.mean()) if len(self.network) else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of that mean."""
        return _interval(self.network) if len(self.network) else None

    def beside(self) -> dict[str, float | None]:
        """Return columns: the excess without a memory, and the share of the gain by memory that is left.

        With the means A of the network's excess and B of that without a memory, ``share_left = 1 - A / B``: 1 for the
        ideal network, 0 where the noisy network is as good as a model without a memory, below 0 where it is worse; None
        unless B > 0. The share refers to the B nats that a memory brings at the network's own squeezing, which fall
        with the squeezing. Its 95 % interval is that of the mean of ``1 - A / B - (a_i - A b_i / B) / B`` over the
        sentences i, the ratio to first order.
        """
        base = float(self.no_memory.mean()) if len(self.no_memory) else None
        share, low, high = None, None, None
        if base is not None and base > 0.0:
            ratio = float(self.network.mean()) / base
            share = 1.0 - ratio
            low, high = _interval(share - (self.network - ratio * self.no_memory) / base) or (None, None)
        return {"excess_no_memory": base, "share_left": share, "share_left_low": low, "share_left_high": high}


NONE = LastAnswers(np.array([]), np.array([]))
"""No sentence ends with such a probe."""


def _interval(values: Floats) -> tuple[float, float] | None:
    return mean_interval(values, np.arange(float(len(values))))


def last_answers(data: Dataset, profile: Profile, scale: float, trajectories: int, seed: int) -> dict[str, LastAnswers]:
    """Return, by probe kind, the excess NLL of both models on the last answer of every sentence.

    The density of an answer given the earlier ones is that of all answers over that of the earlier ones. The earlier
    ones are positions, which are jointly normal, and for k = 2 all answers are: these densities have a closed form.
    The others are estimated by a particle filter (`simulations.exact.likelihood.log_density`); the logarithm of an
    unbiased estimate with standard error s is too low by ``s^2 / 2`` to first order, which is added.
    """
    network = _Lossy(data.spec, profile, scale)
    found: dict[str, list[tuple[float, float, float]]] = {}
    for index, (sentence, flat) in enumerate(zip(data.sentences, laws_without_memory(data), strict=True)):
        at, y, law = _last_reading(sentence.tokens), sentence.answers[-1], sentence.laws[-1]
        assert not isinstance(law, DiscreteLaw)
        rng = np.random.default_rng([seed, 3, index])
        whole = network.circuit(sentence.tokens[: at + 1])
        both = _estimated(whole, sentence.answers, rng, trajectories)
        given = _of_positions(network.circuit(sentence.tokens[:at]), sentence.answers[:-1], rng, trajectories)
        exact = law.log_density(y)
        gaps = exact - (both - given), exact - flat[-1].log_density(y), law.cdf(y)
        found.setdefault(sentence.kinds[-1].value, []).append(gaps)
    tables = {kind: np.array(gaps).T for kind, gaps in found.items()}
    return {kind: LastAnswers(steadied(a, place), steadied(b, place)) for kind, (a, b, place) in tables.items()}


def steadied(values: Floats, places: Floats) -> Floats:
    """Return the values of answers without the part that chance explains, so that their mean fluctuates less.

    An answer's place ``u = F(y)`` under its exact law is uniform, so ``z = Phi^{-1}(u)`` is standard normal, and z and
    ``z^2 - 1`` have mean 0. Each value less ``beta_1 z + beta_2 (z^2 - 1)``, with the betas of least squares, has the
    same expected value up to order 1/N and a smaller spread: control variates (S. Lavenberg, P. Welch, Manage. Sci. 27,
    322 (1981)). For normal laws with one ratio of variances only the fluctuation of the means is left. Fewer than
    `FEWEST_STEADIED` values are returned unchanged.

    >>> from scipy.special import ndtr
    >>> z = np.random.default_rng(0).normal(size=50)
    >>> values = steadied(0.3 + z - 0.2 * z**2, ndtr(z))  # expected value 0.1
    >>> round(float(values.mean()), 9), round(float(values.std()), 9)
    (0.1, 0.0)
    """
    if len(values) < FEWEST_STEADIED:
        return values
    z = ndtri(np.clip(places, 1e-12, 1.0 - 1e-12))
    controls = np.column_stack([np.ones_like(z), z, z**2 - 1.0])
    beta = np.linalg.lstsq(controls, values, rcond=None)[0]
    return np.asarray(values - controls[:, 1:] @ beta[1:])


def _of_positions(native: Circuit, answers: tuple[float, ...], rng: np.random.Generator, trajectories: int) -> float:
    """Return the log-density of all answers of a native circuit, in closed form if they are jointly normal."""
    if not answers:
        return 0.0
    try:
        joint = moments(native)
    except NoClosedFormError:
        joint = None
    if joint is not None and joint.gaussian:
        return float(multivariate_normal(joint.mean, joint.cov).logpdf(answers))
    return _estimated(native, answers, rng, trajectories)


def _estimated(native: Circuit, answers: tuple[float, ...], rng: np.random.Generator, trajectories: int) -> float:
    found = log_density(native, dict(zip(native.results, answers, strict=True)), rng, trajectories)
    return found.value + 0.5 * found.stderr**2


class _Lossy:
    """The compiled network of a specification, with the noise of a profile times a factor."""

    def __init__(self, spec: HsmtSpec, profile: Profile, scale: float) -> None:
        self.network, self.profile, self.scale = spec.network, profile, scale
        self.cells = CellTemplates(spec.network, profile)

    def circuit(self, tokens: tuple[Token, ...]) -> Circuit:
        """Return the native circuit of the tokens."""
        native = compile_sentence(tokens, self.network, self.profile, self.cells).circuit
        return machine_of(self.profile).noisy(native, self.profile, None, self.scale).circuit


def _last_reading(tokens: tuple[Token, ...]) -> int:
    return max(t for t, token in enumerate(tokens) if isinstance(token, ReadToken))
