"""Models answer the sentences of a dataset: which can, how, and what is written."""

import numpy as np
import pytest
from hsmt_support import make as make_modular
from hsmt_support import sentences_of

from compiler.errors import InputError
from hardware_profiles import load_profile
from qumode_khrnn.answers.answering import model_answers, model_laws, write_answers
from qumode_khrnn.answers.noisy_network import noisy_answers
from qumode_khrnn.classical.features import encode, feature_count
from qumode_khrnn.comparison.config import IdealConfig
from qumode_khrnn.hsmt.dataset import Dataset, read_answers
from qumode_khrnn.hsmt.models import Memory, Model, memory_of
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference


def displacement(sentences=4, **changes):
    spec = HsmtSpec(3, 2, sentences, probes=2, alphabet="displacement", seed=1, **changes)
    return Dataset(spec, sentences_of(spec))


def modular(levels=2, **changes):
    spec = make_modular(4, 2, levels, 12, **changes)
    return Dataset(spec, sentences_of(spec))


@pytest.mark.parametrize("model", ["ideal", "phase-space-sampler"])
@pytest.mark.parametrize("data", [displacement(), modular(), modular(3), modular(None)], ids=lambda d: d.spec.alphabet)
def test_answers_fit_the_dataset(tmp_path, model, data):
    done = []
    made = model_answers(data, model, 7, progress=done.append)
    write_answers(tmp_path / "a.json", made)
    assert read_answers(tmp_path / "a.json", data) == made and made.model == model
    assert done == list(range(1, len(data.sentences) + 1))
    assert model_answers(data, model, 7) == made  # nothing depends on anything else
    rng = np.random.default_rng(0)
    for sentence, own in zip(data.sentences, made.sentences, strict=True):
        assert len(reference(sentence.tokens, data.spec, rng, own)[1]) >= 1


def test_ideal_answers_are_never_impossible_and_depend_on_the_seed():
    data = modular()
    first, other = (model_answers(data, "ideal", seed).sentences for seed in (0, 1))
    assert first != other
    for sentence, own in zip(data.sentences, first, strict=True):
        laws = reference(sentence.tokens, data.spec, np.random.default_rng(0), own)[1]
        assert all(law.probability(y) > 0.0 for law, y in zip(laws, own, strict=True))


@pytest.mark.parametrize("data", [displacement(), modular(), modular(3), modular(None)], ids=lambda d: d.spec.alphabet)
def test_laws_of_the_ideal_network_are_those_of_the_dataset(tmp_path, data):
    done = []
    made = model_laws(data, "ideal", done.append)
    assert made.laws == tuple(s.laws for s in data.sentences) and done[-1] == len(data.sentences)
    write_answers(tmp_path / "a.json", made)
    assert read_answers(tmp_path / "a.json", data) == made


def test_models_without_laws_are_refused():
    with pytest.raises(InputError, match=r"the model coin predicts no laws; use .*ideal, or leave --laws out"):
        model_laws(modular(), "coin")
    with pytest.raises(InputError, match="not known over real; leave --laws out"):
        model_laws(modular(None), "phase-space-sampler")
    assert model_laws(modular(mixture={"matched": 1.0}), "phase-space-sampler").laws[0][0].probability(0) == 1.0


def test_players_answer_over_modular_2():
    data = modular(mixture={"matched": 1.0})
    found = model_answers(data, "tracker:6", 0)
    assert [own for (own,) in found.sentences] == [s.answers[0] for s in data.sentences]  # all weights are stored


def test_a_compiled_network_answers_over_real():
    data = modular(None, mixture={"matched": 1.0})
    data = Dataset(data.spec, data.sentences[:2])
    assert len(model_answers(data, "compiled", 0).sentences) == 2


@pytest.mark.parametrize(
    ("model", "loss", "message"),
    [
        ("tracker:3", 0.0, "the model tracker cannot answer sentences of the alphabet displacement; use .*ideal"),
        ("patched-sampler", 0.0, "cannot answer sentences of the alphabet displacement"),
        ("compiled", 0.0, "cannot answer sentences of the alphabet displacement"),
        ("network", 0.0, "cannot answer sentences of the alphabet displacement"),
        ("coin", 0.1, "--loss needs the model ideal or phase-space-sampler and the alphabet displacement"),
        ("ideal", 1.0, r"the loss must lie in \[0, 1\), found 1"),
        ("magic", 0.0, "model must be one of"),
    ],
)
def test_models_that_cannot_answer_are_refused(model, loss, message):
    with pytest.raises(InputError, match=message):
        model_answers(displacement(1), model, 0, loss)


def test_loss_is_for_displacements():
    with pytest.raises(InputError, match="found ideal and real; leave --loss out"):
        model_answers(modular(None), "ideal", 0, 0.1)


def test_loss_makes_answers_less_certain():
    # the mean of a first matched bit falls from 0.899 to exp(-u), u = (pi / 4) (0.1 e^{-2} + 0.9) = 0.718: 0.488, 6.7
    # standard errors of 200 answers lower; the mean is within 4.5 of them for all but one seed in 10^5
    data, mean = displacement(200, mixture={"matched": 1.0}, shift=0.0), 0.4880
    for model in ("ideal", "phase-space-sampler"):
        own = model_answers(data, model, 6, 0.9)
        assert own.model == f"{model}, loss 0.9"
        first = [ys[0] for ys in own.sentences]
        assert np.mean(first) == pytest.approx(mean, abs=4.5 * np.sqrt((1 - mean**2) / 200))


def test_players_that_answer_no_bit_are_refused(monkeypatch):
    class Two:
        def __init__(self, at, rng):
            pass

        def step(self, token):
            return 2

    two = Model("two", lambda at: Memory(0, "bits", 0.0, "nothing"), player=Two)
    monkeypatch.setattr("qumode_khrnn.answers.answering.find_model", lambda name: (two, None))
    with pytest.raises(InputError, match=r"the model two must answer 0 or 1 to ReadToken.*found 2"):
        model_answers(modular(), "two", 0)


def test_models_of_other_alphabets_refuse_displacements():
    data = displacement(2)
    with pytest.raises(InputError, match="noise of a profile cannot answer the alphabet displacement"):
        noisy_answers(data, load_profile("photonic-cubic"), 1.0, 0)
    with pytest.raises(InputError, match="classical networks cannot answer the alphabet displacement"):
        encode(data.sentences, "displacement", 3)
    with pytest.raises(InputError, match="classical networks cannot answer"):
        feature_count("displacement", 3)
    with pytest.raises(ValueError, match="the comparison cannot answer the alphabet displacement"):
        IdealConfig(alphabets=("real", "displacement"))


def test_what_is_carried_between_tokens():
    assert memory_of("phase-space-sampler", "displacement", 4).stated == "a position and a momentum for 4 modes"
    assert memory_of("phase-space-sampler", "displacement", 4).unit == "real numbers"
    assert memory_of("ideal", "displacement", 4).stated == "4 qumodes; the spin is new for every readout"
