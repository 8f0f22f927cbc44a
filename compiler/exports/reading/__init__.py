"""Reading programs of other tools back, and comparing them with what was written."""
