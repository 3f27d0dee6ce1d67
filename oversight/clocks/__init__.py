"""Clocks on every case and clip: what is due when by the rules, and what became of it."""
