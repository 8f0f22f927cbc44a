"""Passes that replace logical operations by those of a device."""
