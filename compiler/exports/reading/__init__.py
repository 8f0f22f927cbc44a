"""Read programs of other tools back, and compare them with the circuits that were written."""
