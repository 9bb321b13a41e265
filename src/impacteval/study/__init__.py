"""The study folder: load, digest, lock, prepare, log."""
