"""Ctrl-C during a search: the best plan so far is proved and used, and a second one ends the program."""

import signal
import threading
from contextlib import contextmanager

import pytest
from cubic_forms import chosen, dense, realises, silent

from compiler.interrupt import Control, SearchStopped
from compiler.synthesis import choose
from compiler.synthesis.choose import synthesise
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import SynthesisOptions


@pytest.fixture(autouse=True)
def _handler_is_put_back():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores interrupts
    yield
    left = signal.signal(signal.SIGINT, before)
    assert left is signal.default_int_handler


def interrupt():
    signal.raise_signal(signal.SIGINT)


# --- control ---------------------------------------------------------------------------------------------------------


def test_the_first_interrupt_ends_a_search_and_keeps_what_it_handed_out():
    lines, handed = [], []
    control = Control(lines.append)
    with control.listening(True):
        with control.search():
            for item in range(5):
                handed.append(item)
                if item == 2:
                    interrupt()
        handed.append("after the search")
    assert handed == [0, 1, 2, "after the search"]
    assert control.stopped
    assert len(lines) == 1 and "best plan so far" in lines[0]


def test_outside_a_search_the_first_interrupt_is_only_remembered():
    control, done = Control(silent), []
    with control.listening(True):
        with control.search():
            pass
        interrupt()
        done.append(control.stopped)
    assert done == [True]


@pytest.mark.parametrize("searching", [True, False])
def test_the_second_interrupt_ends_the_program(searching):
    control = Control(silent)
    with pytest.raises(KeyboardInterrupt), control.listening(True):
        with control.search():
            interrupt()
        if searching:
            with control.search():
                interrupt()
        else:
            interrupt()


@pytest.mark.parametrize("interruptible", [True, False])
def test_only_the_main_thread_listens_and_only_if_asked(interruptible):
    before, seen = signal.getsignal(signal.SIGINT), []

    def listen():
        with Control(silent).listening(interruptible):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    listen()
    assert seen[0] is before
    assert (seen[1] is before) is not interruptible
    assert signal.getsignal(signal.SIGINT) is before


def test_without_listening_an_interrupt_is_what_it_always_was():
    control = Control(silent)
    with pytest.raises(KeyboardInterrupt), control.listening(False), control.search():
        interrupt()
    assert not control.stopped


def test_a_program_that_ignores_interrupts_goes_on_ignoring_them():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control, done = Control(silent), []
    with control.listening(True), control.search():
        interrupt()
        done.append(control.stopped)
    assert done == [False] and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_errors_of_a_search_pass_and_end_it():
    control = Control(silent)
    with control.listening(True):
        with pytest.raises(ValueError, match="of the search"), control.search():
            raise ValueError("of the search")
        interrupt()  # no search is running any more: nothing is raised
    assert control.stopped


# --- synthesis -------------------------------------------------------------------------------------------------------


class Pressed:
    """Hears progress, and presses Ctrl-C once when a line matches for the second time."""

    def __init__(self, *words, times=1):
        self.words, self.left, self.lines = words, times, []

    def __call__(self, line):
        self.lines.append(line)
        if all(word in line for word in self.words):
            self.left -= 1
            if self.left == 0:
                interrupt()

    @property
    def later(self):
        """What was said after the interrupt was acknowledged."""
        return self.lines[1 + next(i for i, line in enumerate(self.lines) if "best plan so far" in line) :]


def test_the_best_decomposition_so_far_is_proved_and_used():
    form = dense(16, 16)
    say = Pressed("56 powers", times=3)  # 58 powers were found
    plan, rows = synthesise(form, SynthesisOptions(effort=30.0, interruptible=True), say)
    assert plan.cubics == 58 and realises(form, plan)
    assert chosen(rows)[0].residual <= 1e-11
    assert not any("powers" in line for line in say.later)


def test_before_anything_was_found_the_exact_plans_are_left():
    form = dense(16, 16)
    plan, rows = synthesise(form, SynthesisOptions(effort=1e6, interruptible=True), Pressed("58 powers"))
    assert chosen(rows)[0].strategy == "eigen-peeling" and plan.cubics == 238
    assert realises(form, plan)


@pytest.mark.parametrize("objective", ["depth", "strength"])
def test_other_objectives_keep_their_best_too(objective):
    form = dense(14, 14)
    words = ("layers", "iteration 3") if objective == "depth" else ("iteration 3",)
    say = Pressed(*words, times=2)
    plan, rows = synthesise(form, SynthesisOptions(objective, effort=100.0, interruptible=True), say)
    assert realises(form, plan) and chosen(rows)[0].residual <= 1e-11
    assert len([line for line in say.later if "iteration" in line]) == 0
    whole, _ = synthesise(form, SynthesisOptions(objective, effort=10.0))
    if objective == "depth":
        assert plan.depth >= whole.depth
    else:
        assert plan.strength > whole.strength


def test_components_after_the_interrupt_are_not_searched():
    first, second = dense(12, 12), dense(12, 13)
    terms = dict(first.terms) | {tuple(v + 12 for v in key): c for key, c in second.terms.items()}
    for objective in ("cubics", "depth", "strength"):
        say = Pressed("12", times=2) if objective == "depth" else Pressed("powers", times=2)
        plan, rows = synthesise(CubicForm(24, terms), SynthesisOptions(objective, 30.0, interruptible=True), say)
        assert say.later == []
        assert len(chosen(rows)) == 2 and all(row.residual <= 1e-11 for row in chosen(rows))
        assert {row.modes for row in chosen(rows)} == {tuple(range(12)), tuple(range(12, 24))}
        assert plan.cubics == sum(row.cubics for row in chosen(rows))


def test_without_leave_an_interrupt_ends_the_synthesis():
    with pytest.raises(KeyboardInterrupt):
        synthesise(dense(12, 12), SynthesisOptions(effort=1e6), Pressed("powers"))


def test_the_second_interrupt_ends_the_synthesis():
    def say(line):
        interrupt()

    with pytest.raises(KeyboardInterrupt):
        synthesise(dense(12, 12), SynthesisOptions(effort=30.0, interruptible=True), say)


def test_an_interrupt_at_the_very_edge_of_a_search_loses_nothing(monkeypatch):
    """Python may deliver a signal between the end of a search and the line after it."""

    class Late(Control):
        @contextmanager
        def search(self):
            with super().search():
                yield
            if not self.stopped:
                self.stopped = True
                raise SearchStopped

    monkeypatch.setattr(choose, "Control", Late)
    form = dense(12, 12)
    plan, rows = synthesise(form, SynthesisOptions(effort=10.0, interruptible=True))
    assert plan.cubics < 40 and realises(form, plan)  # what the first search found
    assert chosen(rows)[0].residual <= 1e-11
