"""Delta tables on disk: reading and writing the transaction log."""
