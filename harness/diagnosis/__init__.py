"""What is wrong with a box: its services and facts are looked at; the first broken links are findings."""
