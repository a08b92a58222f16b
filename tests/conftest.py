"""What tests of every kind may ask for."""

from tests.drill.tried import told

__all__ = ["told"]
