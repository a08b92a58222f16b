"""Certificates and proxies as files and services have them."""
