"""Help: commands in the order of use, whole sentences, a text for every argument, hints for typing errors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from qumode_khrnn.cli.front.page import listed, page

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
    """A command whose help is plain text, the same for every version of typer."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write(page(self, ctx, formatter.width))


class PlainGroup(TyperGroup):
    """A group that lists its commands by heading, each with its whole first sentence."""

    headings: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Names of commands by heading; without headings there is one list."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, and the names and first sentences of the commands."""
        formatter.write(page(self, ctx, formatter.width, "COMMAND [ARGS]..."))
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        for heading, names in (self.headings or {"Commands": tuple(known)}).items():
            rows = [(name, command.get_short_help_str(WHOLE)) for name in names if (command := known.get(name))]
            if rows:
                formatter.write(f"\n{heading}:\n{listed(rows, formatter.width)}")

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names.

        Raises
        ------
        InputError
            If there is no such command.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            from hardware_profiles.errors import InputError, did_you_mean

            hint = did_you_mean(name, self.list_commands(ctx)) or f"; {ctx.command_path} --help lists them"
            raise InputError(f"there is no command {name!r} of {ctx.command_path}{hint}")
        return super().resolve_command(ctx, args)
