"""Mistyped command lines: what the parser of options found, in this project's words and one line."""

from __future__ import annotations

import re
from typing import Any

KINDS = {
    "integer": "a whole number",
    "int": "a whole number",
    "float": "a number",
    "number": "a number",
    "boolean": "true or false",
    "bool": "true or false",
}
"""Types of values, by the parser's name."""


def usage_line(error: Any) -> str:
    """Return one line for an exception of the parser: what must hold, what was found, what to do.

    Parameters
    ----------
    error : click.ClickException
        Click's own exception, or that of the copy of click that some versions of typer bring along; it is recognized
        by the name of its class.
    """
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "khrnn"
    return f"{_problem(error, context)} (see {command} --help)"


def _problem(error: Any, context: Any) -> str:
    names = [kind.__name__ for kind in type(error).__mro__]
    if "NoSuchOption" in names:
        from hardware_profiles.errors import did_you_mean

        known = [] if context is None else [o for p in context.command.get_params(context) for o in p.opts]
        known = [option for option in known if option.startswith("-")]
        return f"there is no option {error.option_name}{did_you_mean(error.option_name, known)}"
    if "MissingParameter" in names and error.param is not None:
        return f"{_name(error.param)} must be given"
    if "BadOptionUsage" in names:
        flag = "does not take a value" in error.message
        return f"{error.option_name} {'takes no value' if flag else 'must be followed by its value'}"
    if "BadParameter" in names and error.param is not None:
        kind = re.search(r"\bvalid (\w+)", error.message)
        if kind and kind[1] in KINDS:
            found = re.search(r"('.*') is not a valid", error.message, re.DOTALL)
            return f"{_name(error.param)} must be {KINDS[kind[1]]}{f', found {found[1]}' if found else ''}"
        return f"{_name(error.param)}: {_own(error.message)}"
    if extra := re.search(r"unexpected extra argument(?:s|\(s\))? \((.*)\)", error.format_message(), re.DOTALL):
        return f"there are too many arguments, found {extra[1]!r} after the last one; put names with spaces in quotes"
    if "Missing command" in error.format_message():
        return f"a command must be given after {context.command_path if context else 'khrnn'}"
    return _own(error.format_message())


def _name(param: Any) -> str:
    """Return the name that users type or read: an option's long form, or an argument's word in the usage line."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    name = str(getattr(param, "metavar", None) or param.name)
    return f"the argument {name.strip('[]').removesuffix('...').upper()}"


def _own(text: str) -> str:
    text = " ".join(text.split()).removesuffix(".")
    return text[:1].lower() + text[1:]
