"""The drill: faults are put into boxes, one after another: is what is said then true, and does it help?"""
