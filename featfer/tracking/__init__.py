"""Faces from one frame of a video to the next."""
