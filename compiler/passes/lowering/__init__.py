"""Passes that replace operations by those of a device."""
