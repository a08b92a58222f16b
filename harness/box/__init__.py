"""A box: a site brought up on a dom0."""
