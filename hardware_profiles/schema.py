"""The profile schema: what a device can do, every number with its provenance. Unknown keys are rejected.

A profile knows operations by name only; the compiler defines what they do. Orders and indices of modes and spins are
plain integers; every other number is a `Quantity`.
"""

from __future__ import annotations

from difflib import get_close_matches
from math import inf
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, model_validator

from hardware_profiles.display import Drawable
from hardware_profiles.errors import did_you_mean
from hardware_profiles.names import OPERATION_PARAMETERS
from hardware_profiles.operation_spec import Availability, Index, OperationSpec, Range
from hardware_profiles.quantity import (
    UNVERIFIED,
    Count,
    HalfAtMost,
    Mark,
    NotNegative,
    Phase,
    Positive,
    Quantity,
    Share,
    Strict,
)

__all__ = [
    "OPERATION_PARAMETERS",
    "UNVERIFIED",
    "Availability",
    "Clock",
    "LoopSpec",
    "Macronode",
    "Mark",
    "NoiseSpec",
    "OperationSpec",
    "Profile",
    "Quantity",
    "Range",
    "ReadoutSpec",
    "Spins",
    "Topology",
    "profile_schema",
]

Name = Annotated[str, Field(min_length=1)]


class LoopSpec(Strict):
    """A delay loop of a time-bin machine: light in the loop meets the light that comes ``delay_bins`` bins later."""

    delay_bins: Count
    efficiency: Share | None = None
    phase_rad: Phase | None = None


class Topology(Strict):
    """The number of modes, and which of them can interact.

    Kind "pairs" needs ``pairs``, the modes that are coupled. Kind "loops" needs ``loops``, in the order in which light
    meets them. In kind "quad-rail" macronode k is linked to the macronodes k +- 1 and k +- ``local_macronodes``.
    """

    kind: Literal["all-to-all", "line", "ring", "pairs", "loops", "quad-rail"]
    max_modes: Count | None = None
    pairs: tuple[tuple[Index, Index], ...] = ()
    loops: tuple[LoopSpec, ...] = ()
    local_macronodes: Count | None = None
    mode_names: tuple[Name, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _fits_kind(self) -> Topology:
        for kind, key in (("pairs", "pairs"), ("loops", "loops"), ("quad-rail", "local_macronodes")):
            if (self.kind == kind) != bool(getattr(self, key)):
                raise ValueError(f"{key} must be given for kind {kind!r} only; the kind here is {self.kind!r}")
        if len(set(self.mode_names)) != len(self.mode_names):
            raise ValueError("mode_names must be distinct")
        return self


class NoiseSpec(Strict):
    """Noise that acts on every mode all the time, and the latency of feed-forward.

    All losses go into an environment that holds ``environment_quanta`` quanta. ``heating_quanta_per_s`` adds twice its
    value per second to the variance of both quadratures. ``dephasing_rad2_per_s`` is the variance of a random rotation
    per second.
    """

    loss_db_per_s: NotNegative | None = None
    environment_quanta: NotNegative | None = None
    heating_quanta_per_s: NotNegative | None = None
    dephasing_rad2_per_s: NotNegative | None = None
    feed_forward_latency_s: NotNegative | None = None


class ReadoutSpec(Strict):
    """One kind of measurement.

    The efficiency of a channel is ``efficiency``, which all channels share, times its entry in
    ``channel_efficiencies``; modes take the channels in turn. Homodyne detection states its inefficiency as ``loss_db``
    of the operation Homodyne instead. If ``feed_forward`` is true, results can steer later operations, after the
    latency in ``noise`` and on a cluster machine at most ``max_index_distance`` macronodes later. The bit that is read
    from a spin is wrong with ``flip_probability``.
    """

    efficiency: Share | None = None
    flip_probability: HalfAtMost | None = None
    channel_efficiencies: tuple[Share, ...] = ()
    feed_forward: StrictBool = False
    max_index_distance: Count | None = None
    note: str = ""


class Spins(Strict):
    """The spins that operations with ``uses_spin`` share."""

    count: Count
    note: str = ""


class Macronode(Strict):
    """One node of a cluster machine.

    ``added_variance`` is what the identity operation adds to the variance of both quadratures, in units of the vacuum's
    variance.
    """

    angles: Count
    squeezing_db: Positive
    antisqueezing_db: Positive
    added_variance: NotNegative


class Clock(Strict):
    """Time bins: their rate or length, and their number per run."""

    rate_hz: Positive | None = None
    bin_s: Positive | None = None
    sample_s: Positive | None = None
    steps: Count | None = None
    padded_bins: Count | None = None
    max_bins: Count | None = None
    concurrent_modes: Count | None = None


class Profile(Drawable, Strict):
    """A device.

    ``machine`` names a kind of machine that another package adds; the kinds of this project follow from the other
    fields. ``primitives`` are operations of the machine that the compiler does not know, under names of their own.
    ``facts`` are numbers that are shown and not used in computations; their names end in their units.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1, strict=True)]
    family: Literal["ideal", "photonic", "trapped-ion", "cavity"]
    status: Literal["device", "fixture", "hypothetical"]
    description: Annotated[str, Field(min_length=10)]
    topology: Topology
    machine: Annotated[str, Field(min_length=1)] | None = None
    noise: NoiseSpec = NoiseSpec()
    operations: dict[str, OperationSpec]
    primitives: dict[str, OperationSpec] = Field(default_factory=dict)
    measurement: dict[Literal["homodyne", "photon-counting", "spin-one-bit"], ReadoutSpec] = Field(default_factory=dict)
    spins: Spins | None = None
    macronode: Macronode | None = None
    clock: Clock | None = None
    facts: dict[str, Quantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _parts_fit(self) -> Profile:
        for name, spec in self.operations.items():
            if name not in OPERATION_PARAMETERS:
                near = ", ".join(get_close_matches(name, OPERATION_PARAMETERS, 5, 0.0))
                others = f"; of {len(OPERATION_PARAMETERS)} known ones the closest are {near}"
                hint = did_you_mean(name, OPERATION_PARAMETERS) or others
                raise ValueError(f"operations.{name}: there is no such operation{hint}")
            if unknown := set(spec.ranges) - set(OPERATION_PARAMETERS[name]):
                known = list(OPERATION_PARAMETERS[name])
                raise ValueError(f"operations.{name}.ranges: must be of parameters in {known}, found {sorted(unknown)}")
        for name in sorted(self.operations.keys() & self.primitives.keys()):
            raise ValueError(f"primitives.{name}: must not have the name of an operation")
        limit = self.topology.max_modes
        specs = {f"operations.{name}": spec for name, spec in self.operations.items()}
        specs |= {f"primitives.{name}": spec for name, spec in self.primitives.items()}
        most = inf if limit is None else limit.value
        for where, pairs in [("topology", self.topology.pairs), *((key, spec.pairs) for key, spec in specs.items())]:
            for a, b in pairs:
                if a == b or max(a, b) >= most:
                    below = "" if limit is None else f" below {most:g}"
                    raise ValueError(f"{where}.pairs: must be of two different modes{below}, found [{a}, {b}]")
        for where, spec in specs.items():
            if spec.modes and max(spec.modes) >= most:
                raise ValueError(f"{where}.modes: must be below {most:g}, found {list(spec.modes)}")
            if (spec.uses_spin or spec.spins) and self.spins is None:
                raise ValueError(f"{where}: uses a spin, so that the section spins must be given")
            if self.spins is not None and spec.spins and max(spec.spins) >= self.spins.count.value:
                raise ValueError(f"{where}.spins: must be below {self.spins.count.value:g}, found {list(spec.spins)}")
        if limit is not None and len(self.topology.mode_names) not in {0, limit.value}:
            raise ValueError(
                f"topology.mode_names: must list {limit.value:g} names, found {len(self.topology.mode_names)}"
            )
        return self

    @model_validator(mode="after")
    def _gates_alone_are_limited_per_mode(self) -> Profile:
        gates = self.topology.kind not in {"loops", "quad-rail"} and self.spins is None
        gates = gates and "photon-counting" not in self.measurement
        wrong = [f"primitives.{name}" for name, spec in self.primitives.items() if spec.max_per_mode]
        wrong += [f"operations.{name}" for name, spec in self.operations.items() if spec.max_per_mode and not gates]
        if wrong:
            raise ValueError(f"{wrong[0]}.max_per_mode: only machines with a set of gates can state this limit")
        return self

    def to_data(self) -> dict[str, Any]:
        """Return plain data, with ``machine``, ``max_per_mode`` and ``flip_probability`` only where they are set.

        Files of older releases do not contain these three fields.
        """
        data = self.model_dump(mode="json", exclude={"machine"} if self.machine is None else None)
        for spec in (*data["operations"].values(), *data["primitives"].values()):
            if spec["max_per_mode"] is None:
                del spec["max_per_mode"]
        for readout in data["measurement"].values():
            if readout["flip_probability"] is None:
                del readout["flip_probability"]
        return data

    def __repr__(self) -> str:
        native = sum(spec.availability is Availability.NATIVE for spec in self.operations.values())
        return (
            f"<Profile {self.name}, version {self.version}: {self.family}, {self.status}, {self.topology.kind}, "
            f"{native} native operations of {len(self.operations)}>"
        )

    __str__ = __repr__

    def is_native(self, operation: str) -> bool:
        """Tell whether the device performs the operation itself."""
        spec = self.operations.get(operation)
        return spec is not None and spec.availability is Availability.NATIVE

    def limit(self, operation: str, parameter: str) -> float | None:
        """Return the largest magnitude of a parameter of an operation; None if the profile states no limit."""
        spec = self.operations.get(operation)
        allowed = None if spec is None else spec.ranges.get(parameter)
        return None if allowed is None else allowed.limit

    def allows_order(self, order: int) -> bool:
        """Tell whether single-mode phase gates of the given order (x^order) are native."""
        if order == 3 and self.is_native("CubicPhase"):
            return True
        spec = self.operations.get("PhasePower")
        return spec is not None and self.is_native("PhasePower") and order in spec.orders

    def quantities(self) -> dict[str, Quantity]:
        """Return every number of the profile by its dotted path; items of lists are numbered from 0."""
        found: dict[str, Quantity] = {}

        def walk(value: object, path: str) -> None:
            if isinstance(value, Quantity):
                found[path] = value
                return
            children: Any = ()
            if isinstance(value, BaseModel):
                children = ((key, getattr(value, key)) for key in type(value).model_fields)
            elif isinstance(value, dict):
                children = value.items()
            elif isinstance(value, tuple):
                children = enumerate(value)
            for key, item in children:
                walk(item, f"{path}.{key}" if path else str(key))

        walk(self, "")
        return found

    def without_prose(self) -> dict[str, Any]:
        """Return the profile as JSON data without descriptions and notes: all that programs and costs depend on.

        Two profiles with equal data of this kind are the same device in other words.

        >>> from hardware_profiles import load_profile
        >>> profile = load_profile("ideal-cubic")
        >>> reworded = profile.model_copy(update={"description": "The same device in other words."})
        >>> reworded == profile, reworded.without_prose() == profile.without_prose()
        (False, True)
        """

        def bare(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: bare(item) for key, item in value.items() if key not in {"description", "note"}}
            return [bare(item) for item in value] if isinstance(value, list) else value

        data: dict[str, Any] = bare(self.model_dump(mode="json"))
        return data


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a complete profile; a file that extends another may leave out what it inherits.

    >>> sorted(profile_schema()["required"])[:3]
    ['description', 'family', 'name']
    """
    schema = Profile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
