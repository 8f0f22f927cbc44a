"""JSON that is read: every number fits into a float, and every refusal is one line that names the file."""

import pytest

from compiler.errors import InputError
from compiler.files import parse_json


@pytest.mark.parametrize("text", ["1e400", "[-1e999]", '{"a": [1' + 400 * "0" + "]}", 5000 * "9"])
def test_numbers_that_no_float_holds_are_refused(text):
    with pytest.raises(InputError, match=r"^a\.json: numbers must be finite \(below 1\.8e308\), found -?[19]"):
        parse_json(text, "a.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "numbers must be finite, found NaN"),
        ("[1, -Infinity]", "numbers must be finite, found -Infinity"),
        ('{"a": 1, "a": 2}', "the key 'a' appears twice in one object"),
        ("[1,", "not valid JSON: .* at line 1 column 4"),
        ('{"a\\nb": 1, "a\\nb": 2}', "the key .*b' appears twice"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_json(text, "a.json")
    assert str(caught.value).isprintable()


def test_integers_stay_integers_and_floats_keep_every_digit():
    assert parse_json("[123456789012345678901, 0.1, -2.5e-300, 1.7976931348623157e308, true, null]", "a") == [
        *(123456789012345678901, 0.1, -2.5e-300, 1.7976931348623157e308, True, None)
    ]
