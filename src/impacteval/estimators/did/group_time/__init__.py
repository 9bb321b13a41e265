"""Effects by starting date and period, and their averages (Callaway and Sant'Anna)."""
