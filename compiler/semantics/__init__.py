"""What circuits mean: maps in phase space, the Gaussian states they prepare, and whether two circuits do the same."""
