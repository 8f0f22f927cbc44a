"""Sequences of spin-dependent displacements that make phases of one direction, with certified errors."""
