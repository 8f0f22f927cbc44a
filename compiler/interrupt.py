"""Ctrl-C during a search: the search ends, and its best plan is used; a second Ctrl-C ends the program as usual."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from compiler.typing import Say


class SearchStopped(BaseException):
    """Raised inside a search when the user ends it; it never leaves `Control.search`."""


class Control:
    """What all searches of one synthesis share: who hears of their progress, and whether the user has ended them.

    Parameters
    ----------
    say : callable
        Takes one line of progress.
    ending : str
        What is said when the user ends the searches.
    """

    def __init__(self, say: Say, ending: str = "search ended; the best plan so far is proved") -> None:
        self.say, self.ending = say, ending
        self.stopped = False
        self._searching = 0

    @contextmanager
    def listening(self, interruptible: bool) -> Iterator[None]:
        """Take the first interrupt of the main thread as the end of all searches, if ``interruptible``.

        Where a program ignores interrupts, as in the background of a shell, or has a handler of its own, that stays.
        """
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not (interruptible and usual and threading.current_thread() is threading.main_thread()):
            yield
            return
        signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
        self.say(f"{self.ending} (Ctrl-C again to give up)")
        if self._searching:
            raise SearchStopped

    @contextmanager
    def search(self) -> Iterator[None]:
        """Run a search that the user may end; what it had handed out by then stays."""
        self._searching += 1
        try:
            yield
        except SearchStopped:
            pass
        finally:
            self._searching -= 1
