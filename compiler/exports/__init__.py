"""File formats of compiled programs; every file is read back and compared before it is reported as written."""
