"""Demo data: believable, related tables made by the engine itself."""
