"""Options without effect: whoever gives one expects an effect, so it is refused in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SYNTHESIS = {"objective": "--optimize", "effort": "--effort", "seed": "--seed", "strength_cap": "--strength-cap"}
"""Options of ``khrnn compile`` that set a search for gates, by the name of the field of a pass."""


def refuse_idle(given: Mapping[str, bool], why: str) -> None:
    """Refuse the first option that is given; ``why`` follows its name, and may end with "; give ..." as advice.

    Raises
    ------
    InputError
        If one of the options is given.

    Examples
    --------
    >>> refuse_idle({"--force": True}, "replaces files in the folder of --out; give --out")
    Traceback (most recent call last):
    ...
    hardware_profiles.errors.InputError: --force replaces files in the folder of --out; give --out, or leave --force out
    """
    from compiler.errors import InputError

    for name, used in given.items():
        if used:
            advice = f", or leave {name} out" if "; give " in why else f"; leave {name} out"
            raise InputError(f"{name} {why}{advice}")


def refuse_force(force: bool, out: Path | None) -> None:
    """Refuse ``--force`` where no file is written; raises InputError."""
    refuse_idle({"--force": force and out is None}, "replaces files in the folder of --out; give --out")


def refuse_options(path: Path, given: Mapping[str, bool], kind: str) -> None:
    """Refuse options that do not apply to what a path is.

    Raises
    ------
    InputError
        If one of them is given.
    """
    from compiler.errors import InputError

    for name, used in given.items():
        if used:
            raise InputError(f"{name} does not apply to {path}, which is {kind}")


def refuse_search(steps: Iterable[Any], options: Any, where: str, unused: Iterable[str] = ()) -> None:
    """Refuse options of a search that none of the passes of a compilation makes.

    Parameters
    ----------
    steps : iterable of Pass
    options : SynthesisOptions
        A value that differs from the default was given by the user.
    where : str
        Whose passes they are, for the message.
    unused : iterable of str
        Fields of the options that the passes have and do not use.

    Raises
    ------
    InputError
        If such an option is given.
    """
    from compiler.errors import InputError
    from compiler.passes.registry import options_of

    usual = type(options)()
    known = {option.name for step in steps for option in options_of(type(step))} - set(unused)
    if options.effort == 0.0:  # no search was asked for, and none is made
        known.add("effort")
    for name, flag in SYNTHESIS.items():
        if name not in known and getattr(options, name) != getattr(usual, name):
            raise InputError(f"{flag} is for searches that {where} does not make; leave {flag} out")
