"""Prediction: files and folders in, faces with expressions out, as rows and annotated images."""
