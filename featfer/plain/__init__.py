"""Recognizers as files that run no code when they are read: they hold numbers, text, and names out of a fixed list.

To add a form: a file with `write` (recognizer -> bytes) and `read` (bytes -> recognizer), and a line in FORMS.
"""

import numpy as np

from featfer.errors import BundleError, FeatferError
from featfer.plain import safetensors, skops

FORMS = {".skops": skops, ".safetensors": safetensors}  # by the ending of the file's name


def read_plain(content, form):
    """Return the recognizer in the bytes of a file; form: one of FORMS. Raises BundleError for what is refused, and other
    errors for what is damaged."""
    recognizer = FORMS[form].read(content)
    try:
        values = np.zeros((1, sum(feature.size for feature in recognizer.features)), np.float32)
        fits = recognizer.answers(values).shape == (1, len(recognizer.told))
    except FeatferError:
        raise
    except Exception as error:  # of whatever the file has put in the place of what belongs there
        raise BundleError(f"holds parts that do not fit together ({type(error).__name__}: {error})") from error
    if not fits:
        raise BundleError("holds parts that do not fit together: it tells other things than it says")
    return recognizer
