"""Reaching nodes: one SSH connection per node and account, for commands, Fabric and testinfra."""
