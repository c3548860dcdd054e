"""What every room may use and that knows nothing of faces: files, processes, progress, environment."""
