"""Pictures of what simulations return: outcomes and error budgets."""
