"""Evidence packages made for an archivist over the page and the API, kept for a day, gone after a restart."""
