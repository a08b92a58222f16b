"""Between HTCondor's gridmanager and GRAM: a GAHP server for each account, while it has jobs."""
