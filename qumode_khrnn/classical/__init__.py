"""Classical models of HSMT: constructive ones, and trained networks."""
