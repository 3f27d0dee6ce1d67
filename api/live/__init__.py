"""The live desk as it happens: one look at the station and the ledger for everybody who listens."""
