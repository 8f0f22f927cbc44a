"""Types of numbers in configurations, and the reader of TOML configurations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compiler.errors import InputError
from compiler.files import read_toml
from qumode_khrnn.network.cell import MAX_SQUEEZING

Positive = Annotated[int, Field(ge=1, le=10**6, strict=True)]
Scale = Annotated[float, Field(ge=0.0, le=100.0, strict=True)]
Share = Annotated[float, Field(ge=0.0, lt=1.0, strict=True)]
Squeezing = Annotated[float, Field(ge=0.0, le=MAX_SQUEEZING, strict=True)]
StateSize = Annotated[int, Field(ge=4, le=16, strict=True)]
TrainingSeeds = Annotated[int, Field(ge=1, le=20, strict=True)]
LearningRates = tuple[Annotated[float, Field(gt=0.0, lt=1.0, strict=True)], ...]

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Frozen, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_config(model: type[Model], path: Path) -> Model:
    """Read a TOML configuration; what it does not set keeps the model's default.

    Raises
    ------
    InputError
        Naming the first field that is wrong.
    """
    return validated(model, read_toml(path), str(path))


def validated(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Data as a model.

    Raises
    ------
    InputError
        Naming the first field that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        at = f"{where}: {field}" if field else where
        raise InputError(f"{at}: {first['msg']}, found {first.get('input')!r}") from None
