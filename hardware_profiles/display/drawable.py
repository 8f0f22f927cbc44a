"""Give a class `draw` and the display of notebooks, with the drawing in a storey above the class.

A circuit does not know how circuits are drawn: the rooms that draw stand above it. Each package therefore registers, in
its ``__init__``, the function that draws a class, both by name, so that nothing is imported before it is drawn.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from hardware_profiles.display.picture import Picture

_DRAWN_BY: dict[str, str] = {}


def drawn_by(functions: dict[str, str]) -> None:
    """Register functions that draw: ``{"package.module:Class": "package.module:function"}``.

    A function takes a value of the class and returns a `Picture`. Subclasses are drawn in the same way.
    """
    _DRAWN_BY.update(functions)


class Drawable:
    """Base class of values that can be drawn."""

    __slots__ = ()

    def draw(self, path: str | Path | None = None) -> Picture:
        """Return a drawing, which a notebook shows; with a path, write it to this file too.

        Parameters
        ----------
        path : str or Path, optional
            A file whose suffix is one of `Picture.writers`: every drawing can be written as ``.svg``, circuits also as
            ``.tex``, all others also as ``.png`` and ``.pdf``.

        Raises
        ------
        InputError
            If the file cannot be written, or the value is empty, so that there is nothing to draw.
        """
        picture: Picture = _drawer(type(self))(self)
        if path is not None:
            picture.save(path)
        return picture

    def _repr_html_(self) -> str:
        return self.draw()._repr_html_()


def _drawer(kind: type) -> Any:
    for base in kind.__mro__:
        target = _DRAWN_BY.get(f"{base.__module__}:{base.__qualname__}")
        if target is not None:
            module, _, function = target.partition(":")
            return getattr(import_module(module), function)
    raise TypeError(f"{kind.__name__} has no drawing: register one with hardware_profiles.display.drawn_by")
