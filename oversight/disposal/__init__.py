"""Lawful destruction: a list, two people, and removal of what nothing keeps at the moment it goes."""
