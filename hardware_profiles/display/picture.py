"""Hold a drawing: a notebook shows it, and `Picture.save` writes it to a file."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from hardware_profiles.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = "text-align:left;padding:1px 12px 1px 0;vertical-align:top"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A drawing with its title and a few facts beside it.

    Attributes
    ----------
    title : str
        One sentence or name; it is the alternative text of the image.
    facts : tuple of (str, str)
        Names and values that are shown in a table above the image.
    writers : mapping from suffix to callable
        For each suffix of a file, such as ``".svg"``, a function that returns the content. ``".svg"`` is always there.
    figure : matplotlib.figure.Figure, optional
        The figure where matplotlib drew it; changes to the figure are shown and saved too.

    Examples
    --------
    >>> picture = Picture("A & B", (("modes", "3"),), {".svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    >>> picture
    <Picture: A & B; files: .svg>
    >>> 'alt="A &amp; B"' in picture._repr_html_()
    True
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    writers: Mapping[str, Callable[[], bytes]]
    figure: Figure | None = None

    def __repr__(self) -> str:
        return f"<Picture: {self.title}; files: {', '.join(self.writers)}>"

    @property
    def svg(self) -> str:
        """The drawing as SVG text."""
        return self.writers[".svg"]().decode("utf-8")

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file; the suffix of the path chooses the kind of file.

        Raises
        ------
        InputError
            If this drawing cannot be written as such a file, or the file cannot be written.
        """
        path = Path(path)
        write = self.writers.get(path.suffix.lower())
        if write is None:
            raise InputError(f"{path}: the file name of this drawing must end in {' or '.join(self.writers)}")
        content = write()
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            try:
                beside.write_bytes(content)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}") from None
        return path

    def _repr_html_(self) -> str:
        """Return the facts as a table, and the drawing as an image, which keeps its styles from those of the page."""
        rows = "".join(
            f'<tr><th style="{CELL}">{escape(name)}</th><td style="{CELL}">{escape(value)}</td></tr>'
            for name, value in self.facts
        )
        data = b64encode(self.writers[".svg"]()).decode("ascii")
        image = f'<img alt="{escape(self.title)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}"/>'
        return f"<div><strong>{escape(self.title)}</strong><table>{rows}</table>{image}</div>"
