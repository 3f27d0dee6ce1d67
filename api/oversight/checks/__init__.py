"""Checks of a case against the list of matters that must be recorded, over HTTP."""
