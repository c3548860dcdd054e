"""A bar that shows how much of some films has been analyzed, by whatever processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from featfer.analysis.parts import Parts
from featfer.errors import FeatferError
from featfer.images.video import open_video
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar

LOOK_EVERY = 0.5  # seconds
FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} s of film [{elapsed}<{remaining}]"


@contextmanager
def show_progress(places: Mapping[str, AnyPath]) -> Iterator[None]:
    """Show the seconds of film that have been analyzed while the `with` block runs.

    Parameters
    ----------
    places : dict
        {film: folder of its parts}
    """
    lengths = [_find_length(film) for film in places]
    known = [length for length in lengths if length is not None]
    total = round(sum(known)) if len(known) == len(lengths) else None
    is_over = threading.Event()
    form = None if total is None else FORMAT
    with bar(total=total, desc="analyzing", unit=" s of film", delay=1, bar_format=form) as shown:
        watched = [Parts(place) for place in places.values()]
        watcher = threading.Thread(target=_watch, args=(watched, shown, is_over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            is_over.set()
            watcher.join()


def _watch(parts: list[Parts], shown: Any, is_over: threading.Event) -> None:
    while True:
        is_last = is_over.wait(LOOK_EVERY)
        done = round(sum(part.find_end() for part in parts))
        shown.update(min(done, shown.total or done) - shown.n)
        if is_last:
            return


def _find_length(film: str) -> float | None:
    """Return how many seconds a film lasts; 0 if it cannot be read, None if it does not say."""
    try:
        with open_video(film) as video:
            return video.length
    except FeatferError:
        return 0.0
