"""Delta Sharing: what a workspace shares, with whom, and what others share with it."""
