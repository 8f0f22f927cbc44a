"""The meaning of circuits: maps in phase space, the Gaussian states they prepare, and equality of circuits."""
