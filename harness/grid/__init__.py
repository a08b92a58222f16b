"""Readers: what grid commands print, as small typed results."""
