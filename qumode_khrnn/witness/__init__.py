"""Noncontextuality inequalities on qumodes: what the network and its rivals reach, and on which device."""
