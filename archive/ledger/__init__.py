"""The append-only, hash-chained log of custody events (docs/formats/ledger.md)."""
