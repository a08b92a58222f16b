"""The lcg-* and lfc-* commands: files under names of their own, with copies on storage elements."""
