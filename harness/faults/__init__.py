"""What can be broken in a box on purpose: for drills, and for those who teach with broken boxes."""
