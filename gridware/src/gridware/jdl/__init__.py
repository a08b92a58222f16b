"""JDL, the job description language: how it is read, what it may say, and the jobs that it stands for."""
