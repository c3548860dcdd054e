"""Many pictures through a recognizer, and what it sees in them as plain data and as a table."""

import csv
import io

from featfer.errors import MissingError, ParameterError
from featfer.files import written_whole
from featfer.images import batches

COLUMNS = ("image", "frame", "seconds", "face", "label", "probability", "second", "second_probability", "third",
           "third_probability", "left", "top", "right", "bottom", "score", "status")


def predict_pictures(recognizer, pictures, detector="hog", tell=None, failed=None):
    """Yield (picture, expressions) of each Picture, in order; pictures is an iterable, read as it goes, some ahead.

    tell: function of an image's Faces and their Expressions that returns what is to stand in place of these, such as
    featfer.units_seen.with_units
    failed: a list, to which a sentence is added for each picture that fails, such as for want of memory; without it the
    exception is raised
    """
    for batch in batches(pictures, lambda picture: picture.pixels.size):
        yield from _predicted(recognizer, batch, detector, tell, failed)
        del batch  # its pictures may be large, and the next ones are read now


def _predicted(recognizer, batch, detector, tell, failed):
    """Yield (picture, expressions) of each Picture of a batch; where that fails, of each by itself."""
    try:
        seen = [tell(faces, expressions) if tell else expressions
                for faces, expressions in recognizer.look([picture.pixels for picture in batch], detector)]
    except (MissingError, ParameterError):  # no picture is the cause
        raise
    except Exception as error:
        if failed is None:
            raise
        if len(batch) == 1:
            failed.append(f"{batch[0].name}: {_reason(error)}")
            return
    else:
        yield from zip(batch, seen, strict=True)
        return
    for picture in batch:
        yield from _predicted(recognizer, [picture], detector, tell, failed)


def _reason(error):
    if isinstance(error, MemoryError):
        return "there is too little memory to look at it"
    return f"cannot be looked at ({type(error).__name__}: {error})"


def as_dict(picture, expressions):
    """Return plain data for JSON: image and faces, and of a film's frame its number and its time."""
    time = {} if picture.frame is None else {"frame": picture.frame, "seconds": picture.seconds}
    return {"image": picture.name, **time, "faces": [expression.as_dict() for expression in expressions]}


def tabulated(predictions, path, names):
    """Yield predictions as they come, each written to a csv file as a row a face.

    predictions: (picture, expressions) pairs; names: of all expressions, whose probabilities are columns
    After them come the landmarks, x1, y1, x2 and so on in pixels, and the action units, where the first face has them.
    The file takes its name when all have come, so it is whole or what stood there before; raises WriteError where it cannot be
    written.
    """
    with written_whole(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")  # names of files, as they are
        table = csv.DictWriter(text, [], extrasaction="ignore")
        for picture, expressions in predictions:
            for number, expression in enumerate(expressions, 1):
                row = _row(picture, number, expression)
                _begin(table, row)
                table.writerow(row)
            yield picture, expressions
        _begin(table, [*COLUMNS, *names])
        text.detach()


def _begin(table, columns):
    """Write the header of a table that has none yet."""
    if not table.fieldnames:
        table.fieldnames = list(columns)
        table.writeheader()


def _row(picture, number, expression):
    guesses = [value for guess in [*expression.blend(), ("", ""), ("", "")][:3] for value in guess]
    values = (picture.name, picture.frame, picture.seconds, number, *guesses, *expression.box, expression.score,
              expression.status)
    points = {f"{axis}{i}": side for i, point in enumerate(expression.landmarks or (), 1)
              for axis, side in zip("xy", point, strict=True)}
    return {**dict(zip(COLUMNS, values, strict=True)), **expression.probabilities, **points,
            **(getattr(expression, "action_units", None) or {})}
