"""Hypergraphs, unit cells, and their circuits."""
