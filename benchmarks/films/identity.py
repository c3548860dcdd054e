"""Whether the numbers of tracks and persons in tables of films are those of the persons who are seen."""

from benchmarks.films.scenes import RATE
from benchmarks.films.scoring import score_identities
from featfer.faces.boxes import overlap

VISIBLE = 0.6  # share of a face from which on it counts; one that is less visible is neither missed nor false
PAUSE = 0.5    # seconds out of sight after which a new track is right
NEAR = 0.3     # overlap from which a found box may be on a face that does not count


def score_tables(tables, truths, shots, rate=RATE):
    """Score the tracks and the persons of the films of a recording.

    Parameters
    ----------
    tables : list of DataFrame
        Of each film, with the columns frame, track, person, left, top, right and bottom.
    truths : list of list of list of Seen
        The faces of each frame of each film.
    shots : list of list of Shot
    rate : float
        Frames/s.

    Returns
    -------
    dict
        {"track", "person": as `score_identities` returns}. Tracks are right if they end at cuts, and where a face is out of
        sight for longer than PAUSE; persons, if they are the same in all films.
    """
    scores = {}
    for column in ("track", "person"):
        there, here = [], []
        for film, (table, truth, cuts) in enumerate(zip(tables, truths, shots, strict=True)):
            names = name_tracks(truth, cuts, rate) if column == "track" else name_persons(truth)
            numbered = read_boxes(table, column, len(truth))
            there += [{(film, *name) if column == "track" else name: box for name, box in frame.items()} for frame in names]
            here += [{(film, number) if column == "track" else number: box
                      for number, box in drop_hidden(frame, seen).items()} for frame, seen in zip(numbered, truth, strict=True)]
        scores[column] = score_identities(there, here)
    return scores


def read_boxes(table, column, frames):
    """Return {number: box} of each frame, of the faces that have a number in a column of a table."""
    boxes = [{} for _ in range(frames)]
    numbered = table[table[column].notna()]
    for frame, number, *box in numbered[["frame", column, "left", "top", "right", "bottom"]].itertuples(index=False):
        boxes[int(frame)][int(number)] = tuple(map(float, box))
    return boxes


def name_persons(truth):
    """Return {name: box} of each frame, of the faces that count."""
    return [{seen.name: seen.box for seen in frame if seen.visible >= VISIBLE} for frame in truth]


def name_tracks(truth, shots, rate=RATE):
    """Return {(name, stretch): box} of each frame; a stretch ends at a cut, and after PAUSE out of sight."""
    named, cuts, last, stretch = [], _find_cuts(shots, rate), {}, {}
    for number, frame in enumerate(name_persons(truth)):
        if number in cuts:
            last = {}
        for name in frame:
            if number - last.get(name, -1e9) > PAUSE * rate:
                stretch[name] = stretch.get(name, 0) + 1
            last[name] = number
        named.append({(name, stretch[name]): box for name, box in frame.items()})
    return named


def drop_hidden(boxes, seen):
    """Return the found boxes of a frame, without those that are on a face that does not count, and on none that does."""
    counted, hidden = ([face.box for face in seen if (face.visible >= VISIBLE) == counts] for counts in (True, False))
    return {number: box for number, box in boxes.items()
            if _is_near(box, counted) or not _is_near(box, hidden)}


def _is_near(box, others):
    return any(overlap(box, other) >= NEAR for other in others)


def _find_cuts(shots, rate):
    """Return the numbers of the first frames of shots."""
    starts, number = set(), 0
    for shot in shots:
        starts.add(number)
        number += round(shot.seconds * rate)
    return starts
