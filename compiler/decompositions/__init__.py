"""Identities of gates that passes, machines and exports share."""
