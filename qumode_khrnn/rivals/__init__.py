"""Constructive classical models of HSMT: what each remembers is stated, and each answers token by token."""
