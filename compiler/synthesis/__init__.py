"""Synthesis of cubic phase polynomials from single-mode cubic gates and real beamsplitters, one strategy per file."""
