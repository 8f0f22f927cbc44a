"""Layout files: JSON, strictly read."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compiler.files import json_text, parse_json, require_format
from hardware_profiles.messages import invalid

SITES, MACRONODES, JOB, ION_FILE = "sites.json", "macronodes.json", "job.json", "ions.json"
"""Names of the files, by machine: neighbours, cluster, photon counting, ions."""

LAYOUT_FILES = (SITES, MACRONODES, JOB, ION_FILE)


STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)
"""Numbers must be finite and typed as numbers, and unknown keys are refused."""

Index = Annotated[int, Field(ge=0, le=10**9)]
Bounded = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Angles, areas and the like: nothing that a machine does is larger."""


class LayoutFile(BaseModel):
    """Base of layout files; ``FORMAT`` names the kind."""

    model_config = STRICT
    FORMAT: ClassVar[str]

    def text(self) -> str:
        """Return the file."""
        body: dict[str, Any] = self.model_dump(mode="json")
        return json_text({"format": self.FORMAT, "version": 1, **body})


Kind = TypeVar("Kind", bound=LayoutFile)


def read_layout(kind: type[Kind], text: str, where: str) -> Kind:
    """Read the layout that a text holds.

    Raises
    ------
    InputError
        If a field is wrong; the message names the first one.
    """
    data = require_format(parse_json(text, where), kind.FORMAT, 1, where)
    try:
        body = {key: value for key, value in data.items() if key not in ("format", "version")}
        return kind.model_validate_json(json.dumps(body))  # lists are tuples in JSON, even where types are strict
    except ValidationError as error:
        raise invalid(error, where, kind) from None
