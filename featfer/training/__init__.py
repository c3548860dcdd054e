"""Training: a feature table in, a calibrated recognizer and its card out."""
