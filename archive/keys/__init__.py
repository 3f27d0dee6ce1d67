"""The ledger's keys: which one signs when, where its private half is, and how one follows another."""
