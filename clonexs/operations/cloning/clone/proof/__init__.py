"""Proof that a copy is equal: metadata, row counts, files, content."""
