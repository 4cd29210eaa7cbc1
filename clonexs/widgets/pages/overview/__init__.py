"""Pages of the folder overview."""
