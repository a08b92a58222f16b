"""One module for each family of faults; what is laid here with ``FAULTS`` is part of the catalogue."""
