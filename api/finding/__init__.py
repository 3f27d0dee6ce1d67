"""Finding clips: what a search box understands, the search and its record, counts, kept searches, the page.

Public: `searching` (for whoever has to search), `routes` and `pages` (for the application).
"""
