"""dlib's face recognition network: its weights, and what computes it."""
