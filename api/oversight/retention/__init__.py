"""Retention, holds and disposals over page and API. Nothing is removed from here."""
