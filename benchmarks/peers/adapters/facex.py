"""facex, as its description says: python -m benchmarks.peers.adapters.facex photos|crops."""

import sys

from benchmarks.peers.adapters.answering import answer_lines, as_face


def make():
    """Return the answer of facex: on photos by its detector, on crops by `detect_emotion`, which takes a face."""
    import cv2
    import facex

    pool = facex.PoolManager(pool_size=1)
    if sys.argv[1] == "photos":
        return lambda path: read(pool.predict(cv2.imread(path)))
    worker = pool.get_worker("crops")
    return lambda path: [as_face((0, 0, 1, 1), worker.detect_emotion(cv2.imread(path, cv2.IMREAD_GRAYSCALE)))]


def read(found):
    """Return the faces in what `predict` returns."""
    return [as_face(face["bbox"], face["emot"]) for face in found]


if __name__ == "__main__":
    answer_lines(make)
