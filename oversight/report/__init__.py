"""The annual report (行政执法总体情况): figures of a year, counted from the ledger, each with its rows."""
