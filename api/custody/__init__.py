"""Custody on the spot: a clip's or a case's life, each entry with all that a browser needs to check it."""
