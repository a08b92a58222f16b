"""The lcg-* commands, one a module or a family of small ones."""
