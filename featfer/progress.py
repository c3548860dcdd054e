"""Progress bars on standard error, where a person is looking."""

import sys

from tqdm import tqdm


def bar(iterable=None, **options):
    """Return a tqdm bar that shows itself on a terminal only; one inside another is cleared when it is full."""
    return tqdm(iterable, disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=None, **options)
