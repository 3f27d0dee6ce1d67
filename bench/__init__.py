"""Measurements of the whole program against bare floors and other people's programs (docs/performance.md)."""
