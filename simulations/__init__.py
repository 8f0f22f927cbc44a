"""Everything that runs: the exact simulator, back ends, cross-checks, experiments, reports."""
