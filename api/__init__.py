"""HTTP: the API, the review pages, accounts and who may see what.

Reads the archive, appends what visitors did to its ledger, never starts a flow and never parses media.
"""
