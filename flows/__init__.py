"""Prefect wiring: starts, retries and shows what follows a docking; decides nothing about truth (docs/flows.md)."""
