"""A catalogue on a PostgreSQL server: the same tables, the same questions, the same answers as in a SQLite file.

Nothing here is imported before a URL asks for it. docs/postgresql.md says how a server is set up.
"""
