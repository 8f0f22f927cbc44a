"""``khrnn profiles``: part of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qumode_khrnn.cli.common import Force, Json, show
from qumode_khrnn.cli.front.help import PlainCommand, PlainGroup

if TYPE_CHECKING:
    from hardware_profiles import Profile

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NUMBER=VALUE",
        help="Change a number of the profile, such as loss_db.beam_splitter=0.02. The option may be repeated.",
    ),
]

profiles_app = typer.Typer(
    cls=PlainGroup,
    help="List, show, check and describe the profiles of devices.\n\nExample: khrnn profiles show photonic-cubic",
    invoke_without_command=True,
    rich_markup_mode=None,
)


def read_profile(name: str | Path, numbers: list[str] | None = None) -> Profile:
    """A profile by name or file, with the numbers that the user sets.

    Raises
    ------
    InputError
        If there is no such profile, or no such number in it.
    """
    from datetime import date

    from hardware_profiles import apply_overrides, load_profile, parse_overrides

    return apply_overrides(load_profile(name), parse_overrides(numbers or []), date.today())


@profiles_app.callback()
def profiles(context: typer.Context, as_json: Json = False) -> None:
    """List, show, check and describe the profiles of devices.

    Example: khrnn profiles show photonic-cubic
    """
    if context.invoked_subcommand is None:
        profiles_list(as_json)
    elif as_json:
        from compiler.errors import InputError

        name = context.invoked_subcommand
        raise InputError(f"--json must follow the name of the command: khrnn profiles {name} --json")


@profiles_app.command("list", cls=PlainCommand)
def profiles_list(as_json: Json = False) -> None:
    """List the shipped profiles.

    Example: khrnn profiles list
    """
    from hardware_profiles import load_profile, profile_names

    found = [load_profile(name) for name in profile_names()]
    data = {"profiles": [{"name": p.name, "family": p.family, "status": p.status} for p in found]}
    show(data, as_json, [f"{p.name:22} {p.family:12} {p.status:13} {p.description}" for p in found])


@profiles_app.command("show", cls=PlainCommand)
def profiles_show(
    name: Annotated[str, typer.Argument(help="The name of a shipped profile, or a .toml or .json file.")],
    numbers: SetOption = None,
    as_json: Json = False,
) -> None:
    """Show a profile: its operations, and every number with its provenance.

    Example: khrnn profiles show photonic-cubic
    """
    device = read_profile(name, numbers)
    lines = [f"{device.name} (version {device.version}, {device.status}): {device.description}", ""]
    for specs in (device.operations, device.primitives):
        lines += [f"  {op:26} {spec.availability.value:12} {spec.note}".rstrip() for op, spec in specs.items()]
    for path, quantity in device.quantities().items():
        lines.append(f"  {path} = {quantity.value:g}  [{quantity.label}; {quantity.source}; {quantity.date}]")
    show(device.to_data(), as_json, lines)


@profiles_app.command("validate", cls=PlainCommand)
def profiles_validate(
    file: Annotated[Path, typer.Argument(help="A profile in a .toml or .json file.")], as_json: Json = False
) -> None:
    """Check a profile file against the schema.

    Example: khrnn profiles validate my-device.toml
    """
    from compiler.machines import machine_of

    device = read_profile(file)
    machine_of(device).require_parts(device)
    numbers = device.quantities()
    doubtful = [path for path, quantity in numbers.items() if quantity.label != quantity.mark.value]
    data = {"valid": True, "name": device.name, "numbers": len(numbers), "unverified": doubtful}
    line = f"{file}: valid profile {device.name}, {len(numbers)} numbers with provenance, {len(doubtful)} unverified"
    show(data, as_json, [line])


@profiles_app.command("schema", cls=PlainCommand)
def profiles_schema() -> None:
    """Print the JSON Schema of a complete profile.

    Example: khrnn profiles schema
    """
    from hardware_profiles import profile_schema

    show(profile_schema(), True, [])


@profiles_app.command("page", cls=PlainCommand)
def profiles_page(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of shipped profiles, or .toml or .json files. By default all shipped profiles."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages, one NAME.md per profile.")] = Path("docs/profiles"),
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a page about each profile: what it does, its numbers and where they come from.

    Example: khrnn profiles page photonic-cubic --out pages
    """
    from compiler.files import read_text
    from compiler.files.folders import write_files
    from hardware_profiles import profile_names, profile_page
    from qumode_khrnn.jobs.output import require_replaceable

    texts = {f"{device.name}.md": profile_page(device) for device in map(read_profile, names or profile_names())}
    for name, text in texts.items():
        path, title = out / name, text.partition("\n")[0]
        page = path.is_file() and read_text(path).partition("\n")[0] == title  # an earlier page about this profile
        require_replaceable(path, force=force, same=page)
    pages = write_files(out, texts)
    show({"pages": [str(path) for path in pages]}, as_json, [f"wrote {path}" for path in pages])
