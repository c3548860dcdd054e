"""Tools for every room, which know nothing about faces: files, processes, progress, checkpoints, the training loop."""
