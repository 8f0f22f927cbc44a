"""File formats of compiled programs: each written, read back and compared."""
