"""The three systems over HTTP: one page that leads to each part, and a row of links on a case's page. See parts.py."""
