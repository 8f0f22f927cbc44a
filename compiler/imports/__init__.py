"""Readers of programs of other tools, which return circuits; the files are data, and nothing in them is ever run."""
