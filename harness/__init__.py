"""Grid in a Box: bring a virtual grid site up, use it as a student would, say if the school can start."""
