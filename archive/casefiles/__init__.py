"""The case file: which act it is, its stages, whom it is about, its documents and the volume that they form."""
