"""Spark Connect in front of the embedded engine."""
