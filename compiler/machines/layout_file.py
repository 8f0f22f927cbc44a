"""Layout files: JSON, strictly read."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from compiler.errors import InputError
from compiler.files import json_text, parse_json, require_format

SITES, MACRONODES, JOB, ION_FILE = "sites.json", "macronodes.json", "job.json", "ions.json"
"""Names of the files, by machine: neighbours, cluster, photon counting, ions."""

LAYOUT_FILES = (SITES, MACRONODES, JOB, ION_FILE)


class LayoutFile(BaseModel):
    """Base of layout files: frozen, finite numbers, no unknown keys; ``FORMAT`` names the kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    FORMAT: ClassVar[str]

    def text(self) -> str:
        """The file."""
        body: dict[str, Any] = self.model_dump(mode="json")
        return json_text({"format": self.FORMAT, "version": 1, **body})


Kind = TypeVar("Kind", bound=LayoutFile)


def read_layout(kind: type[Kind], text: str, where: str) -> Kind:
    """The layout that a text holds.

    Raises
    ------
    InputError
        Naming the first field that is wrong.
    """
    data = require_format(parse_json(text, where), kind.FORMAT, 1, where)
    try:
        return kind.model_validate({key: value for key, value in data.items() if key not in ("format", "version")})
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise InputError(f"{where}: {path}: {first['msg']}") from None
