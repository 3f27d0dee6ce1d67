"""Documents of a case, and what ties their pages to moments of clips."""
