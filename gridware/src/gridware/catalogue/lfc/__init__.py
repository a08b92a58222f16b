"""The lfc-* commands: the names in the catalogue, and nothing on storage elements."""
