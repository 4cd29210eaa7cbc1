"""REST services, one module per API of the SDK."""
