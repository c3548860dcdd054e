"""Labelled photographs, and recognizers whose answers on them are known."""

import numpy as np
from PIL import Image

from featfer.evaluation.photographs import Answers, Photographs
from featfer.expression import Expression
from featfer.features import make_features
from featfer.labels import FER7

STEP = 10  # of grey from one class to the next


class Reader:
    """A recognizer that reads its answer in the grey of the face's image, and counts the faces that it was asked about."""

    label_set = FER7

    def __init__(self, label_set=FER7):
        self.label_set, self.features, self.asked = label_set, make_features("pixels"), 0

    def expressions(self, faces):
        self.asked += len(faces)
        return [self._express(face, self.answer(round(float(face.pixels.mean()) / STEP))) for face in faces]

    def answer(self, grey):
        return grey % len(self.label_set), 0.8

    def _express(self, face, answer):
        label, confidence = answer
        others = (1 - confidence) / (len(self.label_set) - 1)
        probabilities = {name: confidence if i == label else others for i, name in enumerate(self.label_set.names)}
        return Expression(self.label_set.names[label], probabilities, face.box, face.status, None)


class Biased(Reader):
    """Errs at a rate on pictures whose grey is in the upper half, which are those of a group, and at another on the others."""

    def __init__(self, of_group, of_others):
        super().__init__()
        self.rates, self.draw = (of_others, of_group), np.random.default_rng(0)

    def answer(self, grey):
        errs = self.draw.random() < self.rates[grey >= len(FER7)]
        return (grey + errs) % len(FER7), 0.8


def write_grey(path, grey, side=160):
    """Write a picture of one grey, 0 to 25; return its name."""
    Image.new("L", (side, side), STEP * grey).save(path)
    return path.name


def write_list(folder, rows, header="path,label"):
    """Write moods.csv beside a grey picture for each row, (label, grey, further cells); return its path."""
    lines = [",".join([write_grey(folder / f"{i}.png", grey), label, *cells]) for i, (label, grey, *cells) in enumerate(rows)]
    (folder / "moods.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder / "moods.csv"


def make_photographs(truth, names=("angry", "happy", "sad"), **others):
    """Return Photographs of some classes, given by number."""
    truth = np.array(truth)
    return Photographs("made", np.array([f"{i}.png" for i in range(len(truth))]), tuple(names), truth, **others)


def make_answers(predicted, confidence=0.8, classes=3):
    """Return Answers: the number of a class for each photo, None where no face was found."""
    confidence = np.broadcast_to(confidence, len(predicted))
    probabilities = np.full((len(predicted), classes), np.nan)
    for row, (label, sure) in enumerate(zip(predicted, confidence, strict=True)):
        if label is not None:
            probabilities[row] = (1 - sure) / (classes - 1)
            probabilities[row, label] = sure
    return Answers(probabilities, np.array([label is not None for label in predicted], int))
