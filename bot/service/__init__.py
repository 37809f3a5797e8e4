"""Verbs. Each is one transaction: load facts, let the domain decide, write what it said."""
