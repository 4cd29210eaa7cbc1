"""The product driven as a person would drive it, from a new home, and photographed on the way."""
