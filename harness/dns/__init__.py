"""Names: the providers that point the nodes' public names at the dom0, and the embedded name service."""
