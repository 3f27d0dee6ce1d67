"""The public site (公示): an application of its own, beside the archive and without a way into it."""
