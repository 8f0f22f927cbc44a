"""Registries of named objects: this project's first, then those of entry points, each of its kind and of one name."""

import math
import sys
from importlib.metadata import EntryPoint

import pytest

from hardware_profiles import InputError, extensions

GROUP = "tests.numbers"


@pytest.fixture
def numbers(monkeypatch):
    """Make a registry of numbers: pi and e are this project's, the others are entry points by name and value."""

    def made(*points, kind=float):
        found = [EntryPoint(name, value, GROUP) for name, value in points]
        monkeypatch.setattr(extensions, "entry_points", lambda group: found if group == GROUP else [])
        extensions.added.cache_clear()
        return extensions.Registry(GROUP, kind, {"pi": "math:pi", "e": "math:e"})

    yield made
    extensions.added.cache_clear()


def test_own_objects_come_first_and_others_by_name(numbers):
    registry = numbers(("tau", "math:tau"), ("inf", "math:inf"))
    assert list(registry) == ["pi", "e", "inf", "tau"] and len(registry) == 4
    assert dict(registry) == {"pi": math.pi, "e": math.e, "inf": math.inf, "tau": math.tau}
    assert "tau" in registry and "phi" not in registry and registry.get("phi") is None
    with pytest.raises(KeyError, match="phi"):
        registry["phi"]
    assert registry.usable() == dict(registry) and registry.unusable() == {}


@pytest.mark.parametrize(
    ("points", "name", "message"),
    [
        ([("pi", "math:tau")], "pi", "tests.numbers: the name 'pi' is taken; entry point math:tau must choose another"),
        (
            [("x", "math:tau"), ("x", "math:inf")],
            "x",
            "the name 'x' is taken; entry point math:inf and entry point math:tau must choose another",
        ),
        ([("x", "math:sqrt")], "x", "'x' of entry point math:sqrt must be a float, found builtin_function_or_method"),
        ([("x", "math:none")], "x", r"cannot be loaded \(AttributeError: .*none.*\); mend or uninstall it"),
        ([("x", "no_such_package:x")], "x", r"cannot be loaded \(ModuleNotFoundError: No module named"),
    ],
)
def test_objects_that_cannot_be_had_are_told_and_keep_no_other_back(numbers, points, name, message):
    registry = numbers(*points, ("tau", "math:tau"))
    assert name in registry
    with pytest.raises(InputError, match=message) as caught:
        registry[name]
    assert "\n" not in str(caught.value)
    assert registry.unusable() == {name: str(caught.value)}
    assert registry.usable() == {n: v for n, v in (("pi", math.pi), ("e", math.e), ("tau", math.tau)) if n != name}


def test_an_object_may_be_of_several_kinds(numbers):
    registry = numbers(("a", "sys:maxsize"), ("b", "math:tau"), ("c", "sys:version"), kind=(float, int))
    assert (registry["a"], registry["b"]) == (sys.maxsize, math.tau)
    with pytest.raises(InputError, match="must be a float or int, found str"):
        registry["c"]
