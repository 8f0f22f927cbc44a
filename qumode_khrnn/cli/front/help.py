"""Help texts: commands in the order of use, whole sentences, a text for every argument, hints for typing errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

WHOLE = 1000
"""Longest first sentence in a list of commands; the lines are wrapped and never cut."""

SETTINGS = {"help_option_names": ["-h", "--help"]}
"""Options that print help, for every command."""


def version_option(value: bool) -> None:
    """Print the version of the package and end."""
    if value:
        from importlib.metadata import version

        typer.echo(f"khrnn {version('qumode-khrnn')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=version_option, is_eager=True, help="Print the version and end."),
]


class PlainCommand(TyperCommand):
    """A command whose arguments have their help texts, which some versions of click drop."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options of the command."""
        texts = argument_texts(self.callback)
        for param in self.get_params(ctx):
            if param.param_type_name == "argument" and not getattr(param, "help", None):
                param.help = texts.get(param.name or "")
        super().format_options(ctx, formatter)


class PlainGroup(TyperGroup):
    """A group that lists its commands by heading, each with its whole first sentence."""

    headings: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Names of commands by heading; without headings there is one list."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the names and first sentences of the commands."""
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        for heading, names in (self.headings or {"Commands": tuple(known)}).items():
            rows = [(name, command.get_short_help_str(WHOLE)) for name in names if (command := known.get(name))]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names.

        Raises
        ------
        InputError
            If there is no such command.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            from compiler.errors import InputError, did_you_mean

            hint = did_you_mean(name, self.list_commands(ctx)) or f"; {ctx.command_path} --help lists them"
            raise InputError(f"there is no command {name!r} of {ctx.command_path}{hint}")
        return super().resolve_command(ctx, args)


def argument_texts(function: Callable[..., Any] | None) -> dict[str, str]:
    """Return the help texts of the arguments of a command's function, by name.

    >>> def command(source: Annotated[str, typer.Argument(help="A file.")]) -> None: ...
    >>> argument_texts(command)
    {'source': 'A file.'}
    """
    if function is None:
        return {}
    found = {}
    for name, kind in get_type_hints(inspect.unwrap(function), include_extras=True).items():
        for note in get_args(kind)[1:] if get_origin(kind) is Annotated else ():
            if isinstance(note, typer.models.ArgumentInfo) and note.help:
                found[name] = note.help
    return found
