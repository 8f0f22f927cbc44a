"""Strawberry Fields: its programs, scripts, Blackbird and XIR texts as circuits."""
