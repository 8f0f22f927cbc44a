"""Joint momenta: modes under a cubic phase, all read in momentum, sampled one by one with few modes live on grids."""
