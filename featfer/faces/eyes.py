import numpy as np


def measure_eyes(points):
    d=lambda a,b: np.linalg.norm(points[:,a]-points[:,b],axis=1)
    return np.stack([(d(s+1,s+5)+d(s+2,s+4))/(2*d(s,s+3)) for s in (36,42)],1)
