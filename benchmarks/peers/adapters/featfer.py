"""featfer, as its README says: python -m benchmarks.peers.adapters.featfer photos|crops MODEL."""

import sys

from benchmarks.peers.adapters.answering import answer_lines, as_face


def make():
    """Return the answer of a model that ships with featfer; a crop in which no face is found is taken whole."""
    import featfer

    recognizer = featfer.load(sys.argv[2]).warm_up()
    if sys.argv[1] == "photos":
        return lambda path: read(recognizer.predict(path)[0])
    return lambda path: read(recognizer.predict(path, no_face="whole")[0][:1])


def read(found):
    """Return the faces in a list of Expression."""
    return [as_face((left, top, right - left, bottom - top), face.probabilities)
            for face in found for left, top, right, bottom in [face.box]]


if __name__ == "__main__":
    answer_lines(make)
