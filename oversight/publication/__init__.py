"""What the agency tells the public (公示): decisions, lists, certificates, the figures of a year."""
