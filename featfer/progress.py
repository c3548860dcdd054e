"""Progress: bars on standard error, where a person is looking, and curves for TensorBoard."""

import sys
from contextlib import closing, nullcontext

from tqdm import tqdm

from featfer.errors import MissingError
from featfer.outputs import check_folder


def bar(iterable=None, **options):
    """Return a tqdm bar that shows itself on a terminal only; one inside another is cleared when it is full."""
    return tqdm(iterable, disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=None, **options)


def logbook(folder):
    """Return a context with a SummaryWriter into a folder, or with None for None; raise MissingError without tensorboard,
    WriteError where it cannot write there."""
    if folder is None:
        return nullcontext()
    check_folder(folder)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingError("logs need tensorboard; pip install 'featfer[cnn]'") from error
    return closing(SummaryWriter(str(folder)))
