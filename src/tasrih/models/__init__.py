"""Finding, opening and running models."""
