"""dlib's face recognition network: its weights, and the network in torch and NumPy."""
