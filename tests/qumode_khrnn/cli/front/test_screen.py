"""Lines fit the screen: no word is cut, a row of a table goes on below its text, pipes keep whole lines."""

import os

import pytest
from command import khrnn, on_a_terminal

from qumode_khrnn.cli.front.screen import fitted, screen_width

ROW = "photonic-cubic         photonic     hypothetical  All-optical machine: " + "squeezers and detectors " * 8


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_fit_and_keep_their_words(width):
    lines = fitted(ROW, width).splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == ROW.split()
    assert len({len(line) - len(line.lstrip()) for line in lines[1:]}) <= 1


def test_a_row_goes_on_below_its_text_where_there_is_room():
    assert fitted(ROW, 200).splitlines()[1].startswith(" " * 50 + "and detectors")
    assert fitted(ROW, 80).splitlines()[1].startswith(" " * 23 + "and detectors")  # the line before is full


def test_short_lines_and_pipes_are_left_alone(monkeypatch):
    assert fitted("a  b", 40) == "a  b" and fitted(ROW, None) == ROW
    monkeypatch.setenv("COLUMNS", "72")
    assert screen_width() is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert screen_width() == 72
    monkeypatch.setenv("COLUMNS", "3")
    assert screen_width() == 40


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="lines are fitted to terminals only")
@pytest.mark.parametrize("line", [("profiles",), ("backends",), ("passes",), ("profiles", "show", "photonic-gkp")])
def test_tables_fit_a_terminal_of_80_columns_and_pipes_keep_whole_lines(line, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    piped = khrnn(*line).stdout.splitlines()
    shown = on_a_terminal(*line).splitlines()
    assert [one for one in shown if len(one) > 80 and " " in one.strip()] == []
    assert len(piped) < len(shown) and " ".join(piped).split() == " ".join(shown).split()
