"""Proposed links, work lists and imports over HTTP and on a page."""
