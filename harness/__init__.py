"""Grid in a Box: bring up a virtual grid site, use it as a student would, and say whether the school can start."""
