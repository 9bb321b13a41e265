"""Places that were served, held against a weighted mix of places that were not."""
