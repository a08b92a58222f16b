"""What ``icebox`` can be told to do: one module for each group of commands."""
