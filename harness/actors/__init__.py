"""What a person does on a box, typed as that person types it: the hands of the checks."""
