"""Publication in the archive's own page and API: what waits, proposing, checking, approving, withdrawing."""
