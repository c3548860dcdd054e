"""Safe forms of recognizers: files that run no code when they are read. They hold numbers, text, and names from a fixed list.

To add a form: a module with `write` (recognizer -> bytes) and `read` (bytes -> recognizer), and a line in FORMS.
"""

from __future__ import annotations

from featfer.bundle.safe import safetensors, skops
from featfer.bundle.safe.check_model import check_recognizer
from featfer.errors import BundleError, FeatferError
from featfer.face_model import FaceModel

FORMS = {".skops": skops, ".safetensors": safetensors}  # by file name extension


def read_safe(content: bytes, form: str) -> FaceModel:
    """Read a recognizer from the bytes of a safe file.

    Parameters
    ----------
    content : bytes
    form : str
        A key of FORMS, such as ".skops".

    Returns
    -------
    Recognizer or AffectRecognizer

    Raises
    ------
    BundleError
        For a file that is refused. Damaged files may raise other errors.
    """
    recognizer = FORMS[form].read(content)
    try:
        check_recognizer(recognizer)
    except FeatferError:
        raise
    except Exception as error:  # a file may hold anything in place of a part
        raise BundleError(f"holds parts that do not fit together ({type(error).__name__}: {error!s:.200})") from error
    return recognizer
