"""Compiled programs, simulated: samples, error budgets, back ends against one another."""
