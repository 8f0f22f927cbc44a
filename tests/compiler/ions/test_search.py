"""Searches for several phases: how many fits they take, in which order, and what Ctrl-C does."""

import signal

import pytest
from ions_support import QUICK

from compiler.errors import NotMappableError
from compiler.ions.search import OutOfReachError, Wanted, search
from compiler.ions.sequences import synthesis
from compiler.ions.sequences.phases import LinePhase
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile

WEAK, STRONG = Wanted("weak", LinePhase.power(3, 1.2), 1.0), Wanted("strong", LinePhase.power(3, 6.0), 1.0)
BEYOND = Wanted("beyond", LinePhase.power(3, 1e4), 1.0)


@pytest.fixture(autouse=True)
def _handler_is_put_back():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores interrupts
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def fits(monkeypatch):
    """The numbers of pulses of all fits with equal areas."""
    found, level = [], synthesis.level

    def counted(target, x, *wanted):
        found.append(target.pulses(x))
        return level(target, x, *wanted)

    monkeypatch.setattr(synthesis, "level", counted)
    for cached in (synthesis._equal, synthesis._freed, synthesis._shorter):
        cached.cache_clear()
    return found


def test_phases_of_one_shape_share_a_search_and_the_hardest_comes_first(fits):
    """Signs and scales do not count, and the search begins near an estimate: a dozen fits for two shapes."""
    said = []
    opposite = Wanted("opposite", LinePhase.power(3, -6.0), 1.0)
    wide = Wanted("wide", STRONG.phase.scaled(0.5), 2.0)
    weak, strong, *same = search([WEAK, STRONG, opposite, wide], 1e-2, QUICK, said.append)
    assert [line.split(",")[0] for line in said] == ["strong", "weak"]
    assert said[0] == "strong, 1 of 2" and said[1].startswith("weak, 2 of 2, about ") and said[1].endswith(" s left")
    assert [one.sequence.pulses for one in same] == [strong.sequence.pulses] * 2
    assert max(one.error.sup_norm for one in (weak, strong, *same)) <= 1e-2
    assert len(fits) <= 12 and strong.sequence.pulses in fits and weak.sequence.pulses in fits


def test_all_phases_out_of_reach_are_named_before_the_first_fit(fits):
    with pytest.raises(OutOfReachError) as caught:
        search([WEAK, BEYOND, STRONG, BEYOND], 1e-2, QUICK, None)
    assert sorted(caught.value.reasons) == [1, 3] and not fits


@pytest.mark.parametrize("effort", [0.0, 10.0, 1e6])
@pytest.mark.parametrize("weight", [30.0, 1000.0, 1e5])
def test_too_strong_edges_are_refused_without_a_fit_at_any_effort(fits, weight, effort):
    edge = Circuit(3, (ops.phase(Polynomial.monomial((0, 1, 2), weight)),))
    with pytest.raises(
        NotMappableError, match=r"pulses of equal area, .* are needed to reach the error .* at most 80 are allowed"
    ) as caught:
        compile_circuit(edge, load_profile("trapped-ion-motional"), options=SynthesisOptions(effort=effort))
    assert len(caught.value.reasons) == 4 and not fits


def test_ctrl_c_ends_the_search_for_shorter_sequences(fits):
    """Pressed as the first search begins: every phase gets a sequence that reaches its error, after fewer fits."""

    def pressed(line):
        said.append(line)
        if line.startswith("strong"):
            signal.raise_signal(signal.SIGINT)

    said = []
    quick = search([WEAK, STRONG], 1e-2, QUICK, pressed, interruptible=True)
    few = len(fits)
    assert any(line.startswith("search for shorter sequences ended") for line in said)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for cached in (synthesis._equal, synthesis._freed, synthesis._shorter):
        cached.cache_clear()
    best = search([WEAK, STRONG], 1e-2, QUICK, None)
    assert few == 2 and len(fits) - few > 6
    for one, other in zip(quick, best, strict=True):
        assert one.error.sup_norm <= 1e-2 and one.sequence.pulses >= other.sequence.pulses


def test_ctrl_c_ends_the_program_where_it_is_not_asked_for():
    def pressed(line):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        search([WEAK], 1e-2, QUICK, pressed)
