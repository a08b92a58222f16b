"""Machines through libvirt, and no other way."""
