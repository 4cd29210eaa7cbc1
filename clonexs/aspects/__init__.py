"""Aspects: what is true of an object besides its data. One file each, in the order of change."""
