"""The profile schema: what a device can do, every number with its provenance. Unknown keys are rejected.

A profile knows operations by name only; what they do is the compiler's business.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Mark(str, Enum):
    """How far a number can be trusted."""

    READ = "F"  # read in the cited text
    SECONDARY = "F2"  # from a secondary source
    FIXTURE = "T"  # public test fixture: plausible, not a calibration
    DERIVED = "D"  # derived, from other numbers or by definition
    RECALLED = "R"  # recalled: verify before quoting
    ASSUMED = "A"  # assumed for a hypothetical device; nothing shows it


UNVERIFIED = (Mark.SECONDARY, Mark.RECALLED)
"""Marks to be shown as unverified wherever the number is shown."""


OPERATION_PARAMETERS: dict[str, tuple[str, ...]] = {
    "PrepareVacuum": (),
    "PrepareSqueezed": ("r",),
    "PrepareCubic": ("gamma", "r"),
    "Rotation": ("theta",),
    "Squeeze": ("r",),
    "Shear": ("s",),
    "Displacement": ("x", "p"),
    "BeamSplitter": ("theta", "phi"),
    "ControlledX": ("s",),
    "ControlledZ": ("s",),
    "Interferometer": ("matrix",),
    "PolynomialPhase": ("polynomial",),
    "CubicPhase": ("gamma",),
    "PhasePower": ("order", "strength"),
    "Kerr": ("kappa",),
    "Homodyne": ("angle", "result"),
    "Loss": ("eta",),
    "ThermalLoss": ("eta", "nbar"),
    "DisplacementNoise": ("x_variance", "p_variance"),
    "Dephasing": ("variance",),
}
"""Names of the operations that a profile may list, with the names of their parameters."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Strict):
    """A number with its provenance."""

    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    source: Annotated[str, Field(min_length=3)]
    date: date
    mark: Mark


class Range(_Strict):
    """Allowed magnitude of a parameter: ``|parameter| <= maximum``."""

    maximum: Quantity


class Availability(str, Enum):
    """How a device performs an operation."""

    NATIVE = "native"
    SYNTHESISED = "synthesised"
    TELEPORTED = "teleported"
    UNAVAILABLE = "unavailable"


class OperationSpec(_Strict):
    """One operation of a device.

    ``loss_db`` is lost on every mode that the operation touches, after the operation (before it, for measurements);
    ``added_variance`` is then added to both quadratures of each, in units of the vacuum's variance.
    """

    availability: Availability
    loss_db: Quantity | None = None
    added_variance: Quantity | None = None
    duration_s: Quantity | None = None
    ranges: dict[str, Range] = {}
    orders: tuple[int, ...] = ()
    note: str = ""


class Topology(_Strict):
    """Which modes can interact, and how many there are."""

    kind: Literal["all-to-all"]
    max_modes: Quantity | None = None


class NoiseSpec(_Strict):
    """Noise that every mode suffers all the time, and the latency of feed-forward.

    All losses go into an environment of ``environment_quanta``; ``heating_quanta_per_s`` adds twice as much
    variance per second to both quadratures; ``dephasing_rad2_per_s`` is the variance of a random rotation per second.
    """

    loss_db_per_s: Quantity | None = None
    environment_quanta: Quantity | None = None
    heating_quanta_per_s: Quantity | None = None
    dephasing_rad2_per_s: Quantity | None = None
    feed_forward_latency_s: Quantity | None = None


class Profile(_Strict):
    """A device."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1, strict=True)]
    family: Literal["ideal", "photonic", "trapped-ion", "cavity"]
    status: Literal["device", "fixture", "hypothetical"]
    description: Annotated[str, Field(min_length=10)]
    topology: Topology
    noise: NoiseSpec = NoiseSpec()
    operations: dict[str, OperationSpec]

    @model_validator(mode="after")
    def _values_make_sense(self) -> Profile:
        limit = self.topology.max_modes
        if limit is not None and (limit.value < 1.0 or limit.value != int(limit.value)):
            raise ValueError(f"topology.max_modes.value must be a whole number >= 1, found {limit.value}")
        for key, quantity in self.noise:
            if quantity is not None and quantity.value < 0.0:
                raise ValueError(f"noise.{key}.value must be >= 0, found {quantity.value}")
        for name, spec in self.operations.items():
            if name not in OPERATION_PARAMETERS:
                raise ValueError(f"operations.{name}: no such operation; known: {', '.join(OPERATION_PARAMETERS)}")
            if unknown := set(spec.ranges) - set(OPERATION_PARAMETERS[name]):
                known = list(OPERATION_PARAMETERS[name])
                raise ValueError(f"operations.{name}.ranges: no such parameter {sorted(unknown)}; known: {known}")
            for key in ("loss_db", "added_variance", "duration_s"):
                quantity = getattr(spec, key)
                if quantity is not None and quantity.value < 0.0:
                    raise ValueError(f"operations.{name}.{key}.value must be >= 0, found {quantity.value}")
            for key, allowed in spec.ranges.items():
                if allowed.maximum.value <= 0.0:
                    raise ValueError(f"operations.{name}.ranges.{key}.maximum.value must be > 0")
        return self

    def is_native(self, operation: str) -> bool:
        """Whether the device performs the operation itself."""
        spec = self.operations.get(operation)
        return spec is not None and spec.availability is Availability.NATIVE

    def allows_order(self, order: int) -> bool:
        """Whether single-mode phase gates of the given order (x^order) are native."""
        if order == 3 and self.is_native("CubicPhase"):
            return True
        spec = self.operations.get("PhasePower")
        return spec is not None and self.is_native("PhasePower") and order in spec.orders

    def quantities(self) -> dict[str, Quantity]:
        """Every number of the profile, by its dotted path."""
        found: dict[str, Quantity] = {}

        def walk(value: object, path: str) -> None:
            if isinstance(value, Quantity):
                found[path] = value
            elif isinstance(value, BaseModel):
                for key in type(value).model_fields:
                    walk(getattr(value, key), f"{path}.{key}" if path else key)
            elif isinstance(value, dict):
                for key, item in value.items():
                    walk(item, f"{path}.{key}")

        walk(self, "")
        return found
