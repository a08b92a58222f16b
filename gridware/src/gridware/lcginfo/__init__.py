"""lcg-info: attributes of CEs and SEs by short names."""
