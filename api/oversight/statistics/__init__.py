"""Statistics over HTTP and on a page with charts of our own."""
