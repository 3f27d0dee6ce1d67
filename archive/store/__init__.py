"""Immutable bytes, named by their digest (docs/formats/store.md)."""
