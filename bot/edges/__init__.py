"""Where the world touches us; each outside library lives in exactly one of these files."""
