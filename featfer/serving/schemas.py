"""The answers of the API, for its OpenAPI description and for checking what is sent."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FACE: dict[str, Any] = {
    "face": 1, "label": "happy", "probabilities": {"angry": 0.01, "disgust": 0.0, "fear": 0.01, "happy": 0.94, "sad": 0.01,
                                                   "surprise": 0.02, "neutral": 0.01},
    "box": [176.5, 77.0, 266.5, 167.0], "status": "found", "score": 2.1547, "novelty": 0.31, "confidence": 0.94,
    "ambiguity": 0.1637}
PHOTO: dict[str, Any] = {"name": "astronaut.jpg", "width": 512, "height": 512, "status": "found", "faces": [FACE]}
UNREAD: dict[str, Any] = {
    "name": "notes.txt", "error": "not a photo that can be read: give JPEG, PNG, WEBP, BMP, GIF, TIFF, PPM, AVIF or HEIC"}


class Face(BaseModel):
    """The expression in one face."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": FACE})
    face: int = Field(description="its number in the photo, from 1, best detection first")
    label: str = Field(description="the likeliest expression, or 'unsure' where its probability is below `reject`")
    probabilities: dict[str, float] = Field(description="of every expression, in [0, 1]; they sum to 1")
    box: tuple[float, float, float, float] = Field(description="left, top, right, bottom in pixels of the upright photo, and "
                                                               "within it")
    status: str = Field(description="'found'; 'faint' where only a second look found it; or 'whole-image' where the "
                                    "whole photo was taken for a face")
    score: float | None = Field(description="the detector's; null for a whole image")
    novelty: float | None = Field(description="the share of ordinary faces that are less unlike those that the model learned "
                                              "from, in [0, 1]; null where the model cannot tell")
    confidence: float = Field(description="the probability of the likeliest expression")
    ambiguity: float = Field(description="how mixed the probabilities are: 0 for one certain expression, 1 for equal ones")


class Photo(BaseModel):
    """A photo that was read: its size in pixels, upright, and its faces, best detection first."""

    model_config = ConfigDict(json_schema_extra={"example": PHOTO})
    name: str = Field(description="the file's, as sent; at most 255 characters, unprintable ones replaced")
    width: int
    height: int
    status: str = Field(description="'found', 'faint' where only a second look found faces, 'no-face' where no face was "
                                    "found, or 'whole-image' where the whole photo was then taken for one, as "
                                    "`featfer serve --no-face whole` does")
    faces: list[Face]


class Unread(BaseModel):
    """One of several files that could not be read, and why."""

    model_config = ConfigDict(json_schema_extra={"example": UNREAD})
    name: str
    error: str


class Figures(BaseModel):
    """How well the model did on the images of a split, from 0 to 1."""

    images: int
    accuracy: float
    macro_f1: float


class Model(BaseModel):
    """What the model is; the figures and the rest of its card are left out where it has none."""

    name: str
    labels: list[str] = Field(description="the expressions, in the order of the probabilities")
    classifier: str | None = None
    trained_on: str | None = None
    figures: dict[str, Figures] = Field({}, description="by split; test was not used to choose the model")
    limits: dict[str, int | float] = Field(description="the most that a request may ask for: bytes, files, pixels a photo, "
                                                 "faces a photo, seconds, waiting requests, "
                                                 "parts of a form, connections")


class Problem(BaseModel):
    """Why a request was refused, and what to do."""

    detail: str


def describe_problem(description: str, example: str) -> dict[str, Any]:
    """Return the OpenAPI description of an error answer (dict), with an example of its text."""
    return {"model": Problem, "description": description, "content": {"application/json": {"example": {"detail": example}}}}
