"""fer, as its description says: python -m benchmarks.peers.adapters.fer photos|crops [mtcnn].

Its description says `from fer import FER`; in 25.10.3 the class is in `fer.fer` only.
"""

import sys

from benchmarks.peers.adapters.answering import answer_lines, as_face


def make():
    """Return the answer of fer: on photos by its detector, on crops for the whole picture without its border of 10 pixels."""
    import cv2
    from fer.fer import FER

    if sys.argv[1] == "photos":
        detector = FER(mtcnn="mtcnn" in sys.argv)
        return lambda path: read(detector.detect_emotions(cv2.imread(path)))
    detector = FER(offsets=(0, 0))

    def answer_crop(path):
        image = cv2.imread(path)
        return read(detector.detect_emotions(image, face_rectangles=[(0, 0, image.shape[1], image.shape[0])]))

    return answer_crop


def read(found):
    """Return the faces in what `detect_emotions` returns."""
    return [as_face(face["box"], face["emotions"]) for face in found]


if __name__ == "__main__":
    answer_lines(make)
