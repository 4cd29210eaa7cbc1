"""Spark Connect in front of the statement layer and the embedded engine."""
