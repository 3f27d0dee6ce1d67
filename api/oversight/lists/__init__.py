"""The lists of the three systems over HTTP: reading them, writing a draft, publishing it."""
