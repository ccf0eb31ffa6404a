"""Audit: who did what to which accession, append-only."""
