"""py-feat, as its documentation says: python -m benchmarks.peers.adapters.feat photos|crops."""

from benchmarks.peers.adapters.answering import answer_lines, as_face


def make():
    """Return the answer of py-feat; it has no call for a crop, which goes through its detector as photos do."""
    from feat import Detectorv2

    detector = Detectorv2()  # downloads the weights where they are missing
    return lambda path: read(detector.detect(path, data_type="image"))


def read(found):
    """Return the faces in the Fex that `detect` returns; a row without a face has no box."""
    boxes, emotions = found.faceboxes, found.emotions
    return [as_face([box[f"FaceRect{side}"] for side in ("X", "Y", "Width", "Height")], scores)
            for box, scores in zip(boxes.to_dict("records"), emotions.to_dict("records"), strict=True)
            if box["FaceRectX"] == box["FaceRectX"]]


if __name__ == "__main__":
    answer_lines(make)
