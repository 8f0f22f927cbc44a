"""Strict readers of expressions and scripts, which several formats share; nothing is ever run."""
