"""The checkpoint of a training: what was kept to go on from, read without running code from it."""

import pickle
import zipfile

from featfer.errors import DataError
from featfer.files import opened


def read_checkpoint(path, device, names):
    """Return what a training kept (dict); names: of what is in it.

    Raises DataError where it is damaged, or something else: what is written whole and read by nobody else seldom is.
    """
    import torch

    try:
        with opened(path) as file:
            kept = torch.load(file, map_location=device, weights_only=True)
        if not (isinstance(kept, dict) and set(names) <= kept.keys()):
            raise ValueError(f"it is without {', '.join(sorted(set(names) - set(kept)))}")
    except (OSError, RuntimeError, EOFError, LookupError, TypeError, ValueError, AttributeError, zipfile.BadZipFile,
            pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: not a checkpoint ({reason:.200}); remove it, and the training begins anew") from None
    return kept
