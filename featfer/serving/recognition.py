"""The bytes of photos in, expressions out, within limits."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException
from PIL import UnidentifiedImageError
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile

from featfer.errors import FeatferError, is_out_of_memory
from featfer.features.detection import find_faces_for
from featfer.images.decoding import FORMATS, TooLargeError, decode_pixels, open_image
from featfer.prediction.predict import find_status, number_faces
from featfer.serving.worker import RETRY_AFTER
from featfer.typing import Pixels

if TYPE_CHECKING:
    from featfer.recognizer import Recognizer
    from featfer.serving.limits import Limits

BLOCK = 4096  # bytes that a JPEG decoder gets at a time: this many can be scans that take seconds


class _Stoppable(io.BytesIO):
    """The bytes of a file; reading fails once stopped, because a small file can keep a decoder busy for hours."""

    def __init__(self, content: bytes, stopped: Callable[[], bool]) -> None:
        super().__init__(content)
        self._stopped = stopped

    def read(self, size: int | None = -1) -> bytes:
        if self._stopped():
            raise OSError("nobody waits for this photo any more")
        return super().read(size)


def recognize(recognizer: Recognizer, files: list[tuple[str, bytes]], limits: Limits, stopped: Callable[[], bool],
              no_face: str = "skip", smallest: float | None = None, reject: float = 0.0) -> list[dict[str, Any]]:
    """Recognize the expressions in photos.

    Parameters
    ----------
    recognizer : featfer.recognizer.Recognizer
    files : list of (str, bytes)
        Name and content.
    limits : Limits
    stopped : callable
        Says whether nobody waits for the answer any more; then no further file is read.
    no_face, smallest, reject
        As for `featfer.recognizer.Recognizer.predict`; with "error", a photo without a face counts as one that cannot be read.

    Returns
    -------
    list of dict
        Plain data for `featfer.serving.schemas.Photo`, or `Unread` for a file that cannot be read.

    Raises
    ------
    HTTPException
        When the only file cannot be read.
    """
    answers = []
    for name, content in files:
        try:
            photo = _recognize_photo(recognizer, content, limits, stopped, no_face, smallest, reject)
            answers.append({"name": name, **photo})
        except HTTPException as refusal:
            if len(files) == 1:
                raise
            answers.append({"name": name, "error": refusal.detail})
    return answers


def read_photo(content: bytes, limits: Limits, stopped: Callable[[], bool]) -> Pixels:
    """Decode a photo.

    Parameters
    ----------
    content : bytes
        Of a file.
    limits, stopped
        As for `recognize`.

    Returns
    -------
    uint8 array (h, w) or (h, w, 3)
        As `featfer.images.pixels.read_image` returns it.

    Raises
    ------
    HTTPException
        413 for too many pixels; 422 for a damaged file or unknown format, or when stopped.
    """
    if not content:
        raise HTTPException(422, "the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about what it reads from damaged files
            with open_image(_Stoppable(content, stopped), "the photo") as image:
                return _decode(image, limits)
    except TooLargeError:
        raise _too_many_pixels(limits) from None
    except FeatferError as error:
        raise HTTPException(422, str(error)) from None
    except UnidentifiedImageError:
        raise HTTPException(422, f"not a photo that can be read: give {', '.join(FORMATS)} or HEIC") from None
    except HTTPException:
        raise
    except Exception as error:  # Pillow can raise nearly anything for a damaged file
        if is_out_of_memory(error):
            raise
        raise HTTPException(422, "the photo is damaged or cut short: its pixels cannot be decoded") from None


def _decode(image: Image, limits: Limits) -> Pixels:
    if image.width * image.height > limits.pixels:
        raise _too_many_pixels(limits, image.size)
    if isinstance(image, JpegImageFile):
        image.decodermaxblock = BLOCK
    return decode_pixels(image, "the photo", may_change=True)


def _recognize_photo(recognizer: Recognizer, content: bytes, limits: Limits, stopped: Callable[[], bool], no_face: str,
                     smallest: float | None, reject: float) -> dict[str, Any]:
    try:
        return _describe_photo(recognizer, read_photo(content, limits, stopped), limits, no_face, smallest, reject)
    except HTTPException:
        raise
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise HTTPException(503, "there is too little memory for this photo now: send it smaller, or later",
                            {"Retry-After": str(RETRY_AFTER)}) from None


def _describe_photo(recognizer: Recognizer, image: Pixels, limits: Limits, no_face: str, smallest: float | None,
                    reject: float) -> dict[str, Any]:
    (faces,) = find_faces_for(recognizer.features, [image], no_face=no_face, smallest=smallest)
    if no_face == "error" and not faces:
        raise HTTPException(422, "no face found: send a photo with a larger or more upright face")
    if len(faces) > limits.faces:
        raise HTTPException(422, f"{len(faces)} faces are more than {limits.faces} in one photo: send a part of it")
    expressions = recognizer.expressions(faces) if faces else []
    return {"width": image.shape[1], "height": image.shape[0], "status": find_status(expressions),
            "faces": number_faces([expression.rejected_below(reject) for expression in expressions])}


def _too_many_pixels(limits: Limits, size: tuple[int, int] | None = None) -> HTTPException:
    found = f"{size[0]:,} x {size[1]:,} pixels are" if size else "the photo has"
    return HTTPException(413, f"{found} more than {limits.pixels:,}: send it smaller")
