"""Objects by name: those of this project, and those that other installed packages add by entry points.

A package adds an object with a line in its ``pyproject.toml``, for example

.. code-block:: toml

    [project.entry-points."qumode_khrnn.formats"]
    my-format = "my_package.my_format:FORMAT"

The name of the entry point is the name of the object. Modules are imported when an object is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from hardware_profiles.errors import InputError

PROFILES = "qumode_khrnn.profiles"
MACHINES = "qumode_khrnn.machines"
FORMATS = "qumode_khrnn.formats"
READERS = "qumode_khrnn.readers"
BACKENDS = "qumode_khrnn.backends"
MODELS = "qumode_khrnn.models"
"""Groups of entry points; docs/extending.md says what the objects of each group must be."""

Kind = TypeVar("Kind")


class Registry(Mapping[str, Kind], Generic[Kind]):
    """Objects of one kind by name, imported on first use: first those of this project, then those of other packages.

    Parameters
    ----------
    group : str
        Group of entry points.
    kind : type or tuple of type
        Type that every object must have.
    own : mapping from str to str
        This project's objects, as ``"module:attribute"``.

    Raises
    ------
    InputError
        When an object of another package is asked for that cannot be imported, has another type, or has a name that is
        taken already. Asking for an unknown name raises KeyError, as with every mapping.
    """

    def __init__(self, group: str, kind: type[Kind] | tuple[type, ...], own: Mapping[str, str]) -> None:
        self.group, self.kind, self.own = group, kind, own
        self._loaded: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.own, **added(self.group)})

    def __len__(self) -> int:
        return len({**self.own, **added(self.group)})

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in added(self.group)

    def usable(self) -> dict[str, Kind]:
        """Return all objects that can be loaded, by name; those of other packages that cannot are left out."""
        return {name: self[name] for name in self if name not in self.unusable()}

    def unusable(self) -> dict[str, str]:
        """Return the reasons why objects of other packages cannot be loaded, by name."""
        found: dict[str, str] = {}
        for name in self:
            try:
                self[name]
            except InputError as error:
                found[name] = str(error)
        return found

    def _load(self, name: str) -> Kind:
        points = added(self.group).get(name, ())
        if name in self.own and not points:
            module, _, attribute = self.own[name].partition(":")
            found: Kind = getattr(import_module(module), attribute)
            return found
        if not points:
            raise KeyError(name)
        package = " and ".join(_package(point) for point in points)
        if name in self.own or len(points) > 1:
            raise InputError(
                f"{self.group}: the name {name!r} is taken; {package} must choose another, or be uninstalled"
            )
        try:
            loaded = points[0].load()
        except Exception as error:  # code of another package may raise anything
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(
                f"{self.group}: {name!r} of {package} cannot be loaded ({reason}); mend or uninstall it"
            ) from None
        if not isinstance(loaded, self.kind):
            kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise InputError(f"{self.group}: {name!r} of {package} must be a {wanted}, found {type(loaded).__name__}")
        return cast(Kind, loaded)


@cache
def added(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group by name; several of them where packages chose the same name."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


def _package(point: EntryPoint) -> str:
    return f"package {point.dist.name}" if point.dist is not None else f"entry point {point.value}"
