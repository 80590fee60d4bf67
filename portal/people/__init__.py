"""Persons and their identifiers, stored as keyed hashes and encrypted values."""
