"""Read and write small data files: clear one-line errors, and nothing half-written."""

from compiler.files.data import MAX_JSON_BYTES, json_text, number, parse_json, read_json, require_format
from compiler.files.writing import (
    FULL,
    cannot_write,
    lock,
    real_path,
    remove_temporaries,
    require_writable,
    write_bytes,
    write_text,
)
from hardware_profiles.texts import parse_toml, read_bytes, read_text, read_toml

__all__ = [
    "FULL",
    "MAX_JSON_BYTES",
    "cannot_write",
    "json_text",
    "lock",
    "number",
    "parse_json",
    "parse_toml",
    "read_bytes",
    "read_json",
    "read_text",
    "read_toml",
    "real_path",
    "remove_temporaries",
    "require_format",
    "require_writable",
    "write_bytes",
    "write_text",
]
