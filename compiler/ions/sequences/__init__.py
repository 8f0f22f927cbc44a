"""Sequences of spin-dependent displacements that make phases along one direction, with certified errors."""
