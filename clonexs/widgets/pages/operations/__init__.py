"""Pages of the folder operations."""
