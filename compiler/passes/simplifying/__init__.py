"""Passes that make circuits smaller without new kinds of operations."""
