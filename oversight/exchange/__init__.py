"""Exchange between levels (省、地、县、乡): signed, resumable, acknowledged messages (docs/formats/exchange.md)."""
