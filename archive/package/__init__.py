"""The evidence package: clips with everything a stranger needs to judge them (docs/formats/package.md)."""
