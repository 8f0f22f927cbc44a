"""The schema of profiles: precise messages, inheritance, numbers set by the user, JSON Schema."""

import json
from datetime import date
from typing import get_args

import pytest

from compiler.ir.operations import OPERATIONS
from compiler.ir.operations import snake_name as compiler_name
from hardware_profiles import (
    InputError,
    Mark,
    apply_overrides,
    earlier_versions,
    load_profile,
    parse_overrides,
    profile_from_data,
    profile_names,
    profile_schema,
)
from hardware_profiles.loader import DATA
from hardware_profiles.names import snake_name
from hardware_profiles.operation_spec import By, Range


def test_a_number_without_provenance_is_refused():
    data = load_profile("photonic-cubic").model_dump(mode="json")
    data["operations"]["Squeeze"]["loss_db"] = 0.1
    with pytest.raises(InputError, match=r"operations\.Squeeze\.loss_db.*found 0\.1"):
        profile_from_data(data, "mine")
    data["operations"]["Squeeze"]["loss_db"] = {"value": 0.1, "mark": "F", "date": "2026-01-01"}
    with pytest.raises(InputError, match=r"loss_db\.source"):
        profile_from_data(data, "mine")


QUANTITY_RANGE = {"maximum": {"value": 1.0, "source": "nowhere", "date": "2026-01-01", "mark": "A"}}


def change(path, value):
    data = load_profile("photonic-cubic").model_dump(mode="json")
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return data


QUANTITY = QUANTITY_RANGE["maximum"]
SQUEEZE = ["operations", "Squeeze"]
PAIRS = {"kind": "pairs", "pairs": [[0, 1]]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (change(["colour"], "blue"), r"mine.toml: colour: there is no such key; known: name, [^:]*$"),
        (change(["famly"], "photonic"), r"famly: there is no such key; did you mean 'family'\?$"),
        (change([*SQUEEZE, "loss_bd"], QUANTITY), r"operations.Squeeze.loss_bd: .* did you mean 'loss_db'\?"),
        (change(["version"], 0), "version: must be >= 1, found 0"),
        (change(["version"], "1"), "version: must be a whole number, without quotes, found '1'"),
        (change(["version"], 1.0), "version: must be a whole number.*, found 1.0"),
        (
            change(["name"], "My Device"),
            "name: must consist of small letters, digits and hyphens .*, found 'My Device'",
        ),
        (change(["description"], "short"), "description: must be a text of at least 10 characters, found 'short'"),
        (change(["status"], "dream"), "status: must be one of 'device', 'fixture' or 'hypothetical', found 'dream'"),
        (change(["topology"], "line"), "topology: must be a table, found 'line'"),
        (change(["topology", "kind"], "star"), "topology.kind: must be one of .*'quad-rail', found 'star'"),
        (change(["topology"], {"kind": "pairs"}), "topology: pairs must be given for kind 'pairs'"),
        (change(["topology"], {**PAIRS, "kind": "line"}), "topology: pairs .* the kind here is 'line'"),
        (change(["topology"], {"kind": "loops"}), "loops must be given for kind 'loops'"),
        (change(["topology"], {"kind": "quad-rail"}), "local_macronodes must be given for kind 'quad-rail'"),
        (change(["topology"], {**PAIRS, "pairs": [[1, 1]]}), r"topology.pairs: .* different modes, found \[1, 1\]"),
        (change(["topology"], {**PAIRS, "pairs": [[0, -1]]}), r"topology.pairs.0.1: must be >= 0, found -1"),
        (change(["topology"], {**PAIRS, "max_modes": QUANTITY}), r"different modes below 1, found \[0, 1\]"),
        (
            change(
                ["topology"],
                {"kind": "loops", "loops": [{"delay_bins": QUANTITY, "phase_rad": {**QUANTITY, "value": -7.0}}]},
            ),
            r"topology.loops.0.phase_rad: value must be within -2 pi and 2 pi, found -7",
        ),
        (change(["topology", "mode_names"], ["a", "a"]), "topology: mode_names must be distinct"),
        (change(["topology", "max_modes"], {**QUANTITY, "value": 1.5}), "max_modes: .* a whole number >= 1, found 1.5"),
        (change([*SQUEEZE, "availability"], "maybe"), "availability: must be one of .*'unavailable', found 'maybe'"),
        (change([*SQUEEZE, "by"], ["magic"]), "operations.Squeeze.by.0: must be one of .*, found 'magic'"),
        (
            change([*SQUEEZE, "loss_db"], 0.1),
            "Squeeze.loss_db: must be a table { value, source, .* provenance, found 0.1",
        ),
        (change([*SQUEEZE, "loss_db", "value"], -0.1), "operations.Squeeze.loss_db: value must be >= 0, found -0.1"),
        (change([*SQUEEZE, "loss_db", "mark"], "Z"), "loss_db.mark: must be one of 'F', .* or 'A', found 'Z'"),
        (change([*SQUEEZE, "loss_db", "value"], "0.1"), "loss_db.value: must be a number, without quotes, found '0.1'"),
        (change([*SQUEEZE, "loss_db", "value"], True), "loss_db.value: must be a number, found True"),
        (change([*SQUEEZE, "loss_db", "value"], float("nan")), "loss_db.value: must be a finite number, found nan"),
        (change([*SQUEEZE, "loss_db", "source"], ""), "loss_db.source: must be a text of at least 3 characters"),
        (change([*SQUEEZE, "loss_db", "source"], 3), "loss_db.source: must be a text in quotes, found 3"),
        (change([*SQUEEZE, "loss_db", "date"], "yesterday"), "loss_db.date: must be a date such as .*'yesterday'"),
        (change([*SQUEEZE, "loss_db", "date"], 0), "loss_db.date: must be a date such as 2026-11-22, found 0"),
        (change([*SQUEEZE, "loss_db", "unit"], "dB"), "loss_db.unit: there is no such key; known: value, source, date"),
        (change([*SQUEEZE, "success_probability"], {**QUANTITY, "value": 1.5}), "must be > 0 and <= 1, found 1.5"),
        (change([*SQUEEZE, "uses_spin"], "yes"), "uses_spin: must be true or false, found 'yes'"),
        (
            change([*SQUEEZE, "uses_spin"], True),
            "mine.toml: operations.Squeeze: uses a spin, so that the section spins must be given",
        ),
        (change([*SQUEEZE, "orders"], 3), "operations.Squeeze.orders: must be a list, found 3"),
        (change([*SQUEEZE, "orders"], [2.5]), "operations.Squeeze.orders.0: must be a whole number"),
        (change([*SQUEEZE, "ranges", "r", "maximum", "value"], 0.0), "ranges.r: maximum.value must be > 0 .* found 0"),
        (change([*SQUEEZE, "ranges", "r"], {}), "ranges.r: must have either a maximum or levels, and not both"),
        (change([*SQUEEZE, "ranges", "r", "levels"], [QUANTITY]), "ranges.r: must have either a maximum or levels"),
        (change([*SQUEEZE, "ranges", "r", "shared"], True), "ranges.r: shared needs levels"),
        (change([*SQUEEZE, "ranges", "r", "minimum"], {**QUANTITY, "value": 9.0}), "ranges.r: minimum must come with"),
        (
            change([*SQUEEZE, "ranges"], {"q": QUANTITY_RANGE}),
            r"Squeeze.ranges: must be of parameters in \['r'\], found \['q'\]",
        ),
        (
            change(["operations", "Teleport"], {"availability": "native"}),
            "operations.Teleport: there is no such operation; of [0-9]+ known ones the closest are",
        ),
        (
            change(["primitives", "Squeeze"], {"availability": "native"}),
            "primitives.Squeeze: must not have the name of an operation",
        ),
        (change(["measurement", "guess"], {}), "measurement.guess: must be one of 'homodyne', .*, found 'guess'"),
        (change(["measurement", "homodyne", "feed_forward"], 1), "feed_forward: must be true or false, found 1"),
        (change(["spins"], {"count": {**QUANTITY, "value": 0.0}}), "spins.count: value must be a whole number >= 1"),
        (change(["clock"], {"bin_s": {**QUANTITY, "value": 0.0}}), "clock.bin_s: value must be > 0, found 0"),
        (change(["facts", "weight_kg"], 3), "facts.weight_kg: must be a table { value, source, date, mark }"),
        ({"name": "empty"}, r"mine.toml: version: must be given \(and 5 more\)"),
        ([], "mine.toml: the profile: must be a table"),
    ],
)
def test_broken_profiles_name_the_field(data, message):
    with pytest.raises(InputError, match=message) as caught:
        profile_from_data(data, "mine.toml")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("operation", "key", "value", "message"),
    [
        ("RampUp", "modes", [10], r"primitives.RampUp.modes: must be below 10, found \[10\]"),
        ("RampUp", "spins", [6], r"primitives.RampUp.spins: must be below 6, found \[6\]"),
        ("Beamsplitter", "pairs", [[0, 10]], r"primitives.Beamsplitter.pairs: .* below 10, found \[0, 10\]"),
    ],
)
def test_indices_must_exist(operation, key, value, message):
    data = load_profile("trapped-ion-qscout").model_dump(mode="json")
    data["primitives"][operation][key] = value
    with pytest.raises(InputError, match=message):
        profile_from_data(data, "mine")


def test_every_key_is_checked():
    """The table above cannot forget a section: each refuses a key that nobody knows."""
    sections = {
        "topology": {"kind": "line"},
        "noise": {},
        "macronode": {},
        "clock": {},
        "spins": {"count": QUANTITY},
    }
    assert set(sections) | {"operations", "primitives", "measurement", "facts"} == {
        key for key, field in profile_schema()["properties"].items() if "$ref" in str(field)
    }
    for key, table in sections.items():
        with pytest.raises(InputError, match=rf"{key}\.zzz: there is no such key"):
            profile_from_data(change([key], {**table, "zzz": 1}), "mine")


def test_files_and_names(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(load_profile("ideal-cubic").model_dump(mode="json")))
    assert load_profile(path) == load_profile("ideal-cubic")
    with pytest.raises(InputError, match="must be one of cavity-snail"):
        load_profile("ideal-cubc")
    with pytest.raises(InputError, match="No such file"):
        load_profile("absent.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(InputError, match="not valid TOML"):
        load_profile(tmp_path / "bad.toml")


def quantity(value):
    return {"value": value, "source": "nowhere", "date": "2026-01-01", "mark": "A"}


def test_extends_fills_in_what_is_left_out(tmp_path):
    own = {
        "extends": "photonic-cubic",
        "name": "mine",
        "noise": {"heating_quanta_per_s": quantity(2.0)},
        "operations": {"Squeeze": {"loss_db": quantity(0.3)}, "CubicPhase": {"availability": "unavailable"}},
    }
    base, mine = load_profile("photonic-cubic"), profile_from_data(own, "mine")
    assert mine.noise.heating_quanta_per_s.value == 2.0
    squeeze = mine.operations["Squeeze"]
    assert squeeze.loss_db.source == "nowhere"  # a number is replaced with its provenance
    assert squeeze.ranges == base.operations["Squeeze"].ranges
    assert mine.operations["CubicPhase"].loss_db is None  # an operation that states its availability is replaced
    unchanged = set(base.operations) - {"Squeeze", "CubicPhase"}
    assert all(mine.operations[name] == base.operations[name] for name in unchanged)
    (tmp_path / "base.json").write_text(json.dumps(own))
    (tmp_path / "top.toml").write_text('extends = "base.json"\nname = "top"\nversion = 7\n')
    top = load_profile(tmp_path / "top.toml")
    assert (top.name, top.version, top.noise) == ("top", 7, mine.noise)


@pytest.mark.parametrize(
    ("extends", "name", "message"),
    [
        ("photonic-cubik", "mine", "must name a profile .*found 'photonic-cubik'; did you mean 'photonic-cubic'"),
        ("absent.toml", "mine", "cannot read profile file .*absent.toml: No such file"),
        (3, "mine", "extends: must be the name of a profile or a file, found 3"),
        ("photonic-cubic", None, "name: must be given, and differ from that of photonic-cubic"),
        ("photonic-cubic", "photonic-cubic", "name: must differ from that of the profile it extends"),
        ("self.json", "mine", "extends: must not lead in a circle, found 'self.json' again"),
    ],
)
def test_wrong_extends(extends, name, message, tmp_path):
    data = {"extends": extends} | ({"name": name} if name else {})
    (tmp_path / "self.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=message) as caught:
        load_profile(tmp_path / "self.json")
    assert "\n" not in str(caught.value)


def test_a_partial_number_does_not_borrow_provenance():
    own = {"extends": "photonic-cubic", "name": "mine", "operations": {"Squeeze": {"loss_db": {"value": 0.3}}}}
    with pytest.raises(InputError, match=r"Squeeze\.loss_db\.source: must be given: every number needs"):
        profile_from_data(own, "mine")


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("loss_db.beam_splitter", "operations.BeamSplitter.loss_db"),
        ("operations.BeamSplitter.loss_db", "operations.BeamSplitter.loss_db"),
        ("loss_db.squeezer", "operations.Squeeze.loss_db"),
        ("duration_s.homodyne", "operations.Homodyne.duration_s"),  # not there before
        ("noise.feed_forward_latency_s", "noise.feed_forward_latency_s"),
        ("operations.Squeeze.ranges.r.maximum", "operations.Squeeze.ranges.r.maximum"),
        ("operations.Shear.ranges.s.maximum", "operations.Shear.ranges.s.maximum"),
        ("clock.bin_s", "clock.bin_s"),
        ("topology.max_modes", "topology.max_modes"),
    ],
)
def test_overrides(given, path):
    base = load_profile("photonic-cubic")
    changed = apply_overrides(base, {given: 2.0}, TODAY)
    found = changed.quantities()[path]
    assert (found.value, found.source, found.date, found.mark) == (2.0, "user", TODAY, Mark.ASSUMED)
    assert changed.name == "photonic-cubic-modified"
    others = {key: q for key, q in changed.quantities().items() if key != path}
    assert others == {key: q for key, q in base.quantities().items() if key != path}


def test_overrides_in_lists_and_twice():
    changed = apply_overrides(load_profile("xanadu-borealis"), {"topology.loops.2.efficiency": 0.5}, TODAY)
    assert [loop.efficiency.value == 0.5 for loop in changed.topology.loops] == [False, False, True]
    assert apply_overrides(changed, {"topology.loops.0.efficiency": 0.5}, TODAY).name == changed.name
    assert apply_overrides(changed, {}, TODAY) is changed
    for beyond in ("topology.loops.3.efficiency", "topology.loops.-1.efficiency", "topology.loops.efficiency"):
        with pytest.raises(InputError, match="xanadu-borealis-modified has no such number"):
            apply_overrides(changed, {beyond: 0.5}, TODAY)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("loss_db.beamsplitter", 0.1, "override loss_db.beamsplitter: photonic-cubic has no .*'loss_db.beam_splitter'"),
        ("operations.BeamSpliter.loss_db", 0.1, "did you mean .*'operations.BeamSplitter.loss_db'"),
        ("operations.BeamSplitter", 0.1, "has no such number"),
        ("operations.BeamSplitter.availability", 0.1, "has no such number"),
        ("operations.Kerr.loss_db", 0.1, "has no such number"),  # the profile does not list it
        ("operations.Squeeze.ranges.r.levels.0", 0.1, "has no such number"),
        ("operations.Squeeze.ranges.q.maximum", 0.1, "must be of parameters in"),
        ("noise.heating", 0.1, "did you mean 'noise.heating_quanta_per_s'"),
        ("version", 2.0, "has no such number"),
        ("", 2.0, "has no such number"),
        ("loss_db.beam_splitter", -0.1, "overrides: operations.BeamSplitter.loss_db: value must be >= 0, found -0.1"),
        ("loss_db.beam_splitter", float("inf"), "must be a finite number, found inf"),
        ("loss_db.beam_splitter", True, "must be a finite number, found True"),
        ("loss_db.beam_splitter", "0.1", "must be a finite number, found '0.1'"),
        ("measurement.photon-counting.efficiency", 0.5, "has no such number"),  # it counts no photons
        ("primitives.RampUp.duration_s", 0.5, "has no such number"),
        ("operations.Squeeze.orders.0", 2.0, "has no such number"),
    ],
)
def test_wrong_overrides(path, value, message):
    with pytest.raises(InputError, match=message) as caught:
        apply_overrides(load_profile("photonic-cubic"), {path: value}, TODAY)
    assert "\n" not in str(caught.value)


def test_parse_overrides():
    assert parse_overrides(["a.b=1", " c = 2e-3 ", "a.b=3"]) == {"a.b": 3.0, "c": 2e-3}
    for text in ("a.b", "a.b=", "a=b=1", "=x"):
        with pytest.raises(InputError, match="must be PATH=NUMBER"):
            parse_overrides([text])


def test_short_names_are_those_of_the_compiler():
    assert {name: snake_name(name) for name in OPERATIONS} == {n: compiler_name(kind) for n, kind in OPERATIONS.items()}
    assert len({snake_name(name) for name in OPERATIONS}) == len(OPERATIONS)


def test_ranges():
    q = {"source": "nowhere", "date": "2026-01-01", "mark": "A"}
    both = Range(maximum={"value": 2.0, **q}, minimum={"value": 0.5, **q})
    assert [both.allows(x) for x in (0.4, 0.5, 2.0, 2.1, -1.0)] == [False, True, True, False, False]
    levels = Range(levels=[{"value": 0.0, **q}, {"value": -1.0, **q}], shared=True)
    assert [levels.allows(x) for x in (0.0, -1.0, 1.0, 0.5)] == [True, True, False, False]
    assert (both.limit, levels.limit) == (2.0, 1.0)
    assert (both.text("r"), levels.text("r")) == ("0.5 <= r <= 2", "r one of 0, -1 (the same for all uses)")


@pytest.mark.parametrize("name", profile_names())
def test_profiles_survive_json(name):
    profile = load_profile(name)
    assert profile_from_data(json.loads(json.dumps(profile.model_dump(mode="json"))), name) == profile


def test_json_schema_knows_every_key_and_choice():
    schema = profile_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["family"]["enum"] == ["ideal", "photonic", "trapped-ion", "cavity"]
    numbers = schema["$defs"]["Quantity"]
    assert set(numbers["required"]) == {"value", "source", "date", "mark"}
    by = schema["$defs"]["OperationSpec"]["properties"]["by"]["items"]["enum"]
    assert by == list(get_args(By))
    assert json.loads(json.dumps(schema)) == schema


def test_a_bit_of_a_spin_is_read_wrong_at_most_half_of_the_time():
    def spin(value: float) -> object:
        data = load_profile("trapped-ion-motional").to_data()
        data["measurement"]["spin-one-bit"]["flip_probability"]["value"] = value
        return data

    for value in (0.0, 0.01, 0.5):
        found = profile_from_data(spin(value), "mine").measurement["spin-one-bit"].flip_probability
        assert found is not None and found.value == value
    for value in (-0.1, 0.51):
        with pytest.raises(InputError, match=r"flip_probability.*value must be >= 0 and <= 0.5"):
            profile_from_data(spin(value), "mine")
    changed = apply_overrides(
        load_profile("trapped-ion-qscout"), {"measurement.spin-one-bit.flip_probability": 0.02}, date(2026, 11, 30)
    )
    stated = changed.measurement["spin-one-bit"].flip_probability
    assert stated is not None and (stated.value, stated.source) == (0.02, "user")
    unstated = load_profile("trapped-ion-qscout").to_data()["measurement"]["spin-one-bit"]
    assert "flip_probability" not in unstated  # files of older versions do not know it


def test_earlier_versions_of_shipped_profiles_are_kept():
    """Each is older than the shipped profile of its name, and a program for it verifies (tests/compiler/artifact)."""
    names = {entry.name.removesuffix(".toml") for entry in (DATA / "earlier").iterdir()}
    found = {f"{name}-{old.version}" for name in profile_names() for old in earlier_versions(name)}
    assert names == found
    for name in profile_names():
        versions = [old.version for old in earlier_versions(name)]
        assert versions == sorted(versions) and all(version < load_profile(name).version for version in versions)
        assert all(old.name == name and old != load_profile(name) for old in earlier_versions(name))
