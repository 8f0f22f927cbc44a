"""Passes from text: options of every type that a field may have, defaults, and nested fields."""

from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.passes.registry import PASSES, options_of, parse_passes, summary_of
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Toy:
    """Leave every circuit as it is. It has an option of
    every kind.

    `khrnn passes` does not show this paragraph.
    """

    flag: bool = False
    count: int | None = 3
    rate: float = 0.5
    kind: Literal["one", "two"] = "one"
    label: str = "x"
    inner: SynthesisOptions = field(default_factory=SynthesisOptions)
    shown: object = None
    name: str = "toy"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Do nothing."""
        return PassResult(circuit, "")


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(PASSES, "toy", Toy)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("toy", {}),
        ("toy{}", {}),
        ("toy{flag=true}", {"flag": True}),
        ("toy{flag=false}", {"flag": False}),
        ("toy{count=none}", {"count": None}),
        ("toy{count=-7}", {"count": -7}),
        ("toy{rate=2}", {"rate": 2.0}),
        ("toy{rate=1e-3}", {"rate": 1e-3}),
        (" toy { kind = two , label = a b } ,", {"kind": "two", "label": "a b"}),
        ("toy{label=none}", {"label": "none"}),
        ("toy{effort=1,seed=5}", {"inner": SynthesisOptions(effort=1.0, seed=5)}),
    ],
)
def test_options_are_read_by_their_types(text, changes):
    (found,) = parse_passes(text)
    assert found == replace(Toy(), **changes)
    assert type(found.rate) is float and type(found.flag) is bool and type(found.inner.seed) is int


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("flag=yes", "flag must be true or false, found 'yes'"),
        ("flag=1", "flag must be true or false, found '1'"),
        ("count=1.5", "count must be integer or none, found '1.5'"),
        ("rate=none", "rate must be number, found 'none'"),
        ("kind=three", "kind must be one or two, found 'three'"),
        ("shown=1", "has no option 'shown'"),
        ("name=other", "has no option 'name'"),
        ("inner=1", "has no option 'inner'"),
        ("count=", "options are NAME=VALUE, found 'count='"),
        ("seed=1,seed=1", "the option seed is set twice"),
    ],
)
def test_what_is_no_option_is_refused(option, message):
    with pytest.raises(InputError, match=f"--passes: toy:? .*{message}|--passes: toy: {message}"):
        parse_passes(f"toy{{{option}}}")


def test_defaults_hold_where_the_text_says_nothing():
    shared = SynthesisOptions(effort=2.0, seed=9)
    one, two, other = parse_passes("toy{rate=1},lower_phases,toy", {"rate": 4.0, "options": shared, "effort": 3.0})
    assert (one.rate, other.rate) == (1.0, 4.0)
    assert one.inner == other.inner == SynthesisOptions(effort=3.0)
    assert two == LowerPhases(options=shared)
    (given,) = parse_passes("lower_phases{effort=1}", {"effort": 3.0, "seed": 4})
    assert given.options == SynthesisOptions(effort=1.0, seed=4)


def test_options_and_summaries_are_told():
    found = [(option.name, option.kind, option.default) for option in options_of(Toy)]
    assert found == [
        ("flag", "true or false", "False"),
        ("count", "integer or none", "3"),
        ("rate", "number", "0.5"),
        ("kind", "one or two", "one"),
        ("label", "text", "x"),
        ("objective", "cubics or depth or strength", "cubics"),
        ("effort", "number", "10.0"),
        ("seed", "integer", "0"),
        ("strength_cap", "number", "5.0"),
    ]
    assert summary_of(Toy) == "Leave every circuit as it is."


@pytest.mark.parametrize("text", ["toy toy", "toy;toy", "toy{rate=1", "{rate=1}", "toy,,toy", "1toy"])
def test_lists_of_another_form_are_refused(text):
    with pytest.raises(InputError, match="must be names with options in braces"):
        parse_passes(text)
