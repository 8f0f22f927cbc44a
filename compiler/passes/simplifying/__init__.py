"""Passes that make circuits smaller with the same set of operations."""
