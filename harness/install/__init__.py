"""A box put on a host as the original was: its disks in files or logical volumes, and what Xen is told."""
