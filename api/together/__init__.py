"""Several recorders of one incident, watched on one corrected clock."""
