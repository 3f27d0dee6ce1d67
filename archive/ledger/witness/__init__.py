"""Witnesses: independent machines that cosign checkpoints, so that no operator rewrites history unseen."""
