"""The two other systems, and the rules about the first: deadlines, lists, legal review, publication, retention.

Stands beside `ingest/` and imports `archive/` only. No number of a rule is a constant here: rules are data.
"""
