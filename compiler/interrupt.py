"""Handle Ctrl-C: the first one ends the running search and keeps its best plan, a second one ends the program."""

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
    """State that all searches of one synthesis share: how progress is reported, and whether the user has ended them.

    Parameters
    ----------
    say : callable
        Function that reports one line of progress.
    ending : str
        Line that is reported when the user ends the searches.
    """

    def __init__(self, say: Say, ending: str = "search ended; the best plan so far is proved") -> None:
        self.say, self.ending = say, ending
        self.stopped = False
        self._searching = 0

    @contextmanager
    def listening(self, interruptible: bool) -> Iterator[None]:
        """Take the first interrupt of the main thread as the end of all searches, if ``interruptible``.

        A program that ignores interrupts, as in the background of a shell, or that has its own handler keeps it.
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
        """Run a search that the user may end; plans that the search has reported by then are kept."""
        self._searching += 1
        try:
            yield
        except SearchStopped:
            pass
        finally:
            self._searching -= 1
