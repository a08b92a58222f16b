"""What is wrong with a box: its graph of services and facts is asked; the first broken links are findings."""
