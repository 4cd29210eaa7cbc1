"""What the product can do: one module, or package, per operation."""
