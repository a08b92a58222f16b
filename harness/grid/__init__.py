"""The grid commands as a person types them: what they print, as small typed results."""
