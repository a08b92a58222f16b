"""What the checks of network, names, clocks and certificates have in common."""
