"""Muniment: the program that puts the parts together. Nothing imports it."""
