"""What the trainer hands out: for each student one sheet of paper, and the files that belong to him alone."""
