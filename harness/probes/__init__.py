"""Looks at a network or a service from one place: small programs, and readers of what comes back."""
