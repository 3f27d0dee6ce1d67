"""Trusted time: RFC 3161 tokens over checkpoints, from outside authorities and from one of the agency's own."""
