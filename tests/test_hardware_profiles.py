"""Profiles: the shipped ones, and precise messages for broken ones."""

import json

import pytest

from compiler.operations import OPERATIONS
from hardware_profiles import InputError, Mark, load_profile, profile_from_data, profile_names


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_are_sound(name):
    profile = load_profile(name)
    assert profile.name == name
    assert set(profile.operations) <= set(OPERATIONS)
    for path, quantity in profile.quantities().items():
        assert len(quantity.source) > 10, path
        assert profile.status == "hypothetical" or quantity.mark is not Mark.ASSUMED, path


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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (change(["colour"], "blue"), "colour"),
        (change(["version"], 0), "version"),
        (change(["status"], "dream"), "status"),
        (change(["operations", "Squeeze", "availability"], "maybe"), "availability"),
        (change(["operations", "Squeeze", "loss_db", "value"], -0.1), ">= 0"),
        (change(["operations", "Squeeze", "ranges", "r", "maximum", "value"], 0.0), "> 0"),
        (change(["operations", "Squeeze", "loss_db", "mark"], "Z"), "mark"),
        (change(["operations", "Squeeze", "loss_db", "value"], "0.1"), "number"),
        (change(["operations", "Squeeze", "loss_db", "value"], True), "number"),
        (change(["operations", "Teleport"], {"availability": "native"}), "no such operation"),
        (change(["operations", "Squeeze", "ranges"], {"q": QUANTITY_RANGE}), "no such parameter"),
        (change(["topology", "max_modes"], {**QUANTITY_RANGE["maximum"], "value": 1.5}), "whole number"),
        ([], "the profile"),
    ],
)
def test_broken_profiles_name_the_field(data, message):
    with pytest.raises(InputError, match=message) as caught:
        profile_from_data(data, "mine.toml")
    assert "\n" not in str(caught.value)


def test_files_and_names(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(load_profile("ideal-cubic").model_dump(mode="json")))
    assert load_profile(path) == load_profile("ideal-cubic")
    with pytest.raises(InputError, match="known: ideal-cubic"):
        load_profile("ideal-cubc")
    with pytest.raises(InputError, match="No such file"):
        load_profile("absent.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(InputError, match="not valid TOML"):
        load_profile(tmp_path / "bad.toml")
