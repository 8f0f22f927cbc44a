"""Hypergraphs, unit cells, and the circuits that they are."""
