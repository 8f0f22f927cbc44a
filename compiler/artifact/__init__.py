"""A compiled program on disk, its certificate, and its check from the files alone."""

from compiler.artifact.certificate import MAX_DIGITS
from compiler.artifact.check import ArtifactCheck, check_artifact
from compiler.artifact.folder import LABELS_FILE, StoredProgram, read_program, write_artifact

__all__ = [
    "LABELS_FILE",
    "MAX_DIGITS",
    "ArtifactCheck",
    "StoredProgram",
    "check_artifact",
    "read_program",
    "write_artifact",
]
