"""Define the types of numbers in configurations, and read configurations from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compiler.files import read_toml
from hardware_profiles.messages import invalid
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
    """Base of settings: frozen, and unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_config(model: type[Model], path: Path) -> Model:
    """Read a TOML configuration; settings that it does not name keep the model's defaults.

    Raises
    ------
    InputError
        If a setting is wrong; the message names the first one.
    """
    return validated(model, read_toml(path), str(path))


def validated(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Return the data as a validated model; ``where`` names their source in messages.

    Raises
    ------
    InputError
        If a setting is wrong; the message names the first one.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error, where, model) from None
