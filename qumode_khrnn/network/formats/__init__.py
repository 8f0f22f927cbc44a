"""Readers of hypergraphs in the forms in which they are published: one module per form, one table of them all."""
