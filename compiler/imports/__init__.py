"""Programs of other tools, read as circuits; their files are data, and nothing in them is ever run."""
