"""Services: what a box offers, what each rests on, how it is asked whether it works, and how it is mended."""
