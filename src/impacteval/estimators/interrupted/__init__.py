"""One served series, held against its own past carried on."""
