"""What runs on a worker node around a job: sent there as text, and read by whatever Python it has."""
