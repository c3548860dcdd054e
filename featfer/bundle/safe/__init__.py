"""Recognizers as files that run no code when they are read: they hold numbers, text, and names out of a fixed list.

To add a form: a file with `write` (recognizer -> bytes) and `read` (bytes -> recognizer), and a line in FORMS.
"""

from featfer.bundle.safe import safetensors, skops
from featfer.bundle.safe.whole import check_recognizer
from featfer.errors import BundleError, FeatferError

FORMS = {".skops": skops, ".safetensors": safetensors}  # by the ending of the file's name


def read_plain(content, form):
    """Return the recognizer in the bytes of a file; form: one of FORMS. Raises BundleError for what is refused, and other
    errors for what is damaged."""
    recognizer = FORMS[form].read(content)
    try:
        check_recognizer(recognizer)
    except FeatferError:
        raise
    except Exception as error:  # of whatever the file has put in the place of what belongs there
        raise BundleError(f"holds parts that do not fit together ({type(error).__name__}: {error!s:.200})") from error
    return recognizer
