"""The evidence core: store, ledger, catalogue, audit. Imports nothing of ours but itself."""
