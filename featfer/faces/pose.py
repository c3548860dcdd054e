import numpy as np


def estimate_pose(points, size):
    return np.zeros((len(points), 3))
