"""Cleans a storage element of what interrupted transfers left behind."""
