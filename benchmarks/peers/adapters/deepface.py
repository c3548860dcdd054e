"""DeepFace, as its README says: python -m benchmarks.peers.adapters.deepface photos|crops."""

import sys

from benchmarks.peers.adapters.answering import answer_lines, as_face


def make():
    """Return the answer of DeepFace: on photos by its default detector, on crops with `detector_backend="skip"`."""
    from deepface import DeepFace

    DeepFace.build_model("Emotion", task="facial_attribute")  # downloads the weights where they are missing
    options = {"detector_backend": "skip"} if sys.argv[1] == "crops" else {}

    def answer(path):
        try:
            return read(DeepFace.analyze(path, actions=["emotion"], **options))
        except ValueError as error:
            if "could not be detected" in str(error):
                return []
            raise

    return answer


def read(found):
    """Return the faces in what `analyze` returns; its scores are in per cent."""
    return [as_face((face["region"][side] for side in "xywh"), {name: score / 100 for name, score in face["emotion"].items()})
            for face in found]


if __name__ == "__main__":
    answer_lines(make)
