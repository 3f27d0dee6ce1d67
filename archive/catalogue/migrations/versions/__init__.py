"""One module for each revision; never edited once released."""
