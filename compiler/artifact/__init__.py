"""A compiled program on disk, its certificate, and its check from the files alone."""

from compiler.artifact.certificate import MAX_DIGITS
from compiler.artifact.check import CERTIFIED, ArtifactCheck, check_artifact
from compiler.artifact.folder import (
    CERTIFICATE,
    LABELS_FILE,
    StoredProgram,
    changed_files,
    optional_files,
    own_files,
    read_program,
    recorded_settings,
    write_artifact,
)

__all__ = [
    "CERTIFICATE",
    "CERTIFIED",
    "LABELS_FILE",
    "MAX_DIGITS",
    "ArtifactCheck",
    "StoredProgram",
    "changed_files",
    "check_artifact",
    "optional_files",
    "own_files",
    "read_program",
    "recorded_settings",
    "write_artifact",
]
