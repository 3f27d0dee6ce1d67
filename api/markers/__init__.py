"""Markers and notes that people put beside a clip."""
