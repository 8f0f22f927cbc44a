"""The compiled network: squeezed for its loss, and how much of its memory is left."""

from functools import cache
from math import comb, exp, log, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from hardware_profiles import load_profile
from qumode_khrnn.answers.noisy_network import noisy_answers
from qumode_khrnn.comparison.compiled import (
    FEWEST_STEADIED,
    LastAnswers,
    best_squeezing,
    compiled,
    last_answers,
    matched_error,
    squeezings,
    steadied,
)
from qumode_khrnn.comparison.config import QUICK, WITHOUT_TRAINING, CompareConfig, CompiledConfig
from qumode_khrnn.comparison.no_memory import OTHER_SEED, fitted_normals
from qumode_khrnn.comparison.study import TASKS
from qumode_khrnn.comparison.tasks import dataset
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference

PROFILE = load_profile("photonic-cubic")


@cache
def rows_of(size, scale, **changes):
    settings = CompiledConfig(size=size, **{"sentences": 45, "repeats": 2, **dict(changes)})
    rows = compiled({**settings.model_dump(mode="json", exclude={"loss_scales"}), "loss_scale": scale}, 1)
    return {row["probe"]: row for row in rows}


# --- settings --------------------------------------------------------------------------------------------------------


def test_all_edges_are_written_more_than_modes_and_the_squeezing_is_chosen():
    assert TASKS["compiled"] == "qumode_khrnn.comparison.compiled:compiled"
    assert [one.size for one in CompareConfig().compiled] == [(4, 2), (5, 2), (5, 3)]
    for config in (CompareConfig(), QUICK, WITHOUT_TRAINING):
        for one in config.compiled:
            assert one.edges is None and one.squeezing is None and comb(*one.size) > one.size[0]
            assert {0.0, 1.0} <= set(one.loss_scales)


# --- squeezing -------------------------------------------------------------------------------------------------------


def test_grids_end_where_profiles_do():
    assert squeezings(PROFILE)[0] == 0.1 and squeezings(PROFILE)[-2:] == (1.7, 1.727)
    assert squeezings(load_profile("ideal-cubic"))[-1] == 4.0
    assert squeezings(load_profile("mqc3-quadrail")) == (0.5756,)
    limited = PROFILE.model_copy(deep=True)
    only = (
        limited.operations["PrepareSqueezed"]
        .ranges["r"]
        .model_copy(update={"minimum": limited.operations["PrepareSqueezed"].ranges["r"].maximum})
    )
    limited.operations["PrepareSqueezed"].ranges["r"] = only
    with pytest.raises(InputError, match="both signs"):
        squeezings(limited)


@pytest.mark.parametrize(("modes", "k", "r"), [(4, 2, 0.7), (3, 3, 1.5)])
def test_without_loss_a_matched_error_is_that_of_the_readout(modes, k, r):
    assert matched_error(modes, k, comb(modes, k), PROFILE, 0.0, r, 1) == pytest.approx(2.0 * exp(-2.0 * r), rel=1e-9)


def test_matched_errors_are_those_of_sampled_answers():
    spec = HsmtSpec(3, 3, 4, probes=1, squeezing_latent=1.2, squeezing_ancilla=1.2, mixture={"matched": 1.0}, seed=9)
    data = Dataset(spec, tuple(generate(spec, reference)))
    squares = np.array(noisy_answers(data, PROFILE, 3.0, 5, repeats=1000).answers).reshape(4, 1000) ** 2
    error = sqrt(float(np.mean(squares.var(axis=1)))) / sqrt(squares.size)
    expected = matched_error(3, 3, 1, PROFILE, 3.0, 1.2, 9)
    assert abs(squares.mean() - expected) < 5.0 * error < 0.1
    assert expected > 2.0 * exp(-2.4) + 10.0 * error


def test_the_best_squeezing_falls_with_loss():
    """Without loss the error 2 e^{-2r} falls all the way: the ancilla's back-action comes after the only readout."""
    chosen = {scale: best_squeezing(3, 3, 1, PROFILE, scale, 1) for scale in (0.0, 1.0, 3.0)}
    assert chosen[0.0] == squeezings(PROFILE)[-1]
    assert chosen[0.0] > chosen[1.0] > chosen[3.0] > 0.5
    for scale in (1.0, 3.0):  # a minimum: worse on both sides, on the same sentences
        near = [chosen[scale] + step for step in (-0.2, 0.0, 0.2)]
        low, best, high = (matched_error(3, 3, 1, PROFILE, scale, r, 1 + OTHER_SEED) for r in near)
        assert best < min(low, high)


# --- what is left ----------------------------------------------------------------------------------------------------


def test_control_variates_keep_the_expected_value():
    rng = np.random.default_rng(5)
    means, raw = [], []
    for _ in range(400):
        u = rng.uniform(size=30)
        values = 2.0 * u**2 + 0.1 * rng.normal(size=30)  # expected value 2/3
        means.append(steadied(values, u).mean())
        raw.append(values.mean())
    assert abs(np.mean(means) - 2.0 / 3.0) < 4.0 * np.std(means) / 20.0 + 1.0 / 30.0 < 0.1 * (4.0 / 3.0)
    assert np.std(means) < 0.4 * np.std(raw)
    few = np.arange(FEWEST_STEADIED - 1.0)
    assert steadied(few, few / 10.0) is few


def test_the_share_is_one_minus_a_ratio_of_means():
    rng = np.random.default_rng(6)
    base = rng.normal(2.0, 0.5, size=400)
    found = LastAnswers(0.25 * base + rng.normal(0.0, 0.2, size=400), base)
    columns = found.beside()
    assert columns["excess_no_memory"] == base.mean()
    assert columns["share_left"] == pytest.approx(1.0 - found.network.mean() / base.mean())
    # the spread of the ratio's numerator at a fixed base: 0.2 / sqrt(400) / 2
    half = columns["share_left_high"] - columns["share_left"]
    assert half == pytest.approx(1.96 * 0.2 / 20.0 / 2.0, rel=0.1)
    nothing = LastAnswers(np.array([0.1, 0.2]), np.array([-0.1, 0.0])).beside()
    assert nothing["excess_no_memory"] == -0.05 and nothing["share_left"] is None


def test_without_loss_all_is_left():
    rows = rows_of((4, 2), 0.0)
    assert set(rows) == {"matched", "decoy", "neighbour", "context", "all"}
    for row in rows.values():
        assert (row["study"], row["family"], row["memory"]) == ("frontier", "compiled k-HRNN", 4)
        assert (row["loss_scale"], row["squeezing"], row["edges"]) == (0.0, 1.727, 6)
    for probe in ("matched", "decoy", "neighbour"):
        assert rows[probe]["excess_nll"] == pytest.approx(0.0, abs=1e-6)
        assert rows[probe]["share_left"] == pytest.approx(1.0, abs=1e-5)
    for name in ("excess_nll", "excess_no_memory", "share_left", "share_left_low"):
        assert rows["context"][name] is None and rows["all"][name] is None
    # the model without a memory on matched probes: one normal of variance v_p for answers of variance v = 2 e^{-2r}
    data = dataset("real", 4, 2, 45, 1, contextual=False, squeezing_latent=1.727, squeezing_ancilla=1.727)
    ratio = 2.0 * exp(-2.0 * 1.727) / fitted_normals(data.spec)["p"].variance
    assert rows["matched"]["excess_no_memory"] == pytest.approx((ratio - 1.0 - log(ratio)) / 2.0, rel=1e-9)


def test_loss_leaves_less():
    """Of a normal law whose variance is V instead of v, the excess is (v / V - 1 - log(v / V)) / 2 on average."""
    quiet, loud = rows_of((4, 2), 1.0), rows_of((4, 2), 20.0, squeezing=1.727)
    assert quiet["matched"]["squeezing"] == loud["matched"]["squeezing"] == 1.727
    assert quiet["neighbour"]["excess_no_memory"] == loud["neighbour"]["excess_no_memory"]
    for probe in ("matched", "neighbour"):
        assert 0.0 < loud[probe]["share_left"] < quiet[probe]["share_left_low"] < 1.0
        assert quiet[probe]["share_left_low"] < quiet[probe]["share_left"] < quiet[probe]["share_left_high"]
        assert 0.0 < quiet[probe]["excess_nll_low"] < loud[probe]["excess_nll_low"]
    # the chosen sentences are others, with other weights: 10 %
    v, lossy = 2.0 * exp(-2.0 * 1.727), matched_error(4, 2, 6, PROFILE, 1.0, 1.727, 1 + OTHER_SEED)
    expected = (v / lossy - 1.0 - log(v / lossy)) / 2.0
    assert quiet["matched"]["excess_nll"] == pytest.approx(expected, rel=0.1)


def test_a_given_squeezing_and_number_of_edges_are_kept():
    rows = rows_of((3, 2), 0.0, squeezing=0.8, edges=2, sentences=6)
    assert all((row["squeezing"], row["edges"]) == (0.8, 2) for row in rows.values())


def test_the_particle_filter_agrees_with_the_exact_laws_without_loss():
    data = dataset("real", 3, 3, 30, 2, contextual=False)
    assert {len(s.answers) for s in data.sentences} == {1, 3}
    for kind, found in last_answers(data, PROFILE, 0.0, 1000, 1).items():
        assert abs(found.excess) < (0.02 if kind != "decoy" else 0.1), kind
