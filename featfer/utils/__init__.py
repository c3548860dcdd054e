"""What every room may use, and what knows nothing of faces: files, processes, progress, the training loop."""
