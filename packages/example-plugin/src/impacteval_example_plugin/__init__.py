"""placeholder until the kit lands."""
