"""Every fault of a text or TOML file is one line, and no file takes more memory than it may."""

from pathlib import Path

import pytest

from hardware_profiles import texts
from hardware_profiles.errors import InputError
from hardware_profiles.texts import MAX_DEPTH, parse_toml, read_text, read_toml


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "not valid TOML"),
        ("a = " + "[" * 3000, "nested too deeply"),
        ("a = " + "9" * 5000, "not valid TOML: an integer is above the limit of 4,300 digits$"),
        ("a = '\x00'", "not valid TOML: .*(invalid|Illegal) character"),
        ("a" + ".a" * MAX_DEPTH + " = 1", "nested more than 50 deep"),
        ("a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "nested more than 50 deep"),
    ],
)
def test_faults_of_toml_are_one_line(text, words):
    with pytest.raises(InputError, match=words) as caught:
        parse_toml(text, "settings")
    assert str(caught.value).startswith("settings: not valid") and "\n" not in str(caught.value)


def test_nesting_up_to_the_limit_is_read():
    data = parse_toml("a" + ".a" * (MAX_DEPTH - 2) + " = [1]", "settings")
    for _ in range(MAX_DEPTH - 1):
        data = data["a"]
    assert data == [1]


def test_windows_text_is_read_as_it_is_meant(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert read_text(path) == "a = 1\nb = 2\n" and read_toml(path) == {"a": 1, "b": 2}


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    monkeypatch.setattr(texts, "MAX_SETTINGS_BYTES", 100)
    (tmp_path / "big").write_bytes(b"#" * 101)
    (tmp_path / "fits").write_bytes(b"#" * 100)
    assert read_toml(tmp_path / "fits") == {}
    for name, words in (
        ("latin", "must be UTF-8"),
        ("none", "No such file"),
        ("big", "at most 100 bytes, found more"),
        (".", "Is a directory"),
        ("a\0b", "not a valid name of a file"),
    ):
        with pytest.raises(InputError, match=f"cannot read profile file .*{words}"):
            read_toml(tmp_path / name, "profile file ")
    with pytest.raises(InputError, match="at most 1,000 bytes, found more"):
        read_text(Path("/dev/zero"), most=1000)  # endless
