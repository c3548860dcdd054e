"""Recordings measured: a table with a row for each face in each frame of a video."""
