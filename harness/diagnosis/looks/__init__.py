"""What a look at a machine is made of; it goes there with the program (``harness/diagnosis/look.py``)."""
