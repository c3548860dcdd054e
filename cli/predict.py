"""featfer predict"""

from collections import Counter
from contextlib import closing
from pathlib import Path

import click
from featfer_cli import options

GUESSES = 3     # shown of each face, however unlikely ...
SHOWN = 0.005   # ... and as many more as have this probability
EXPRESSIONS_ONLY = {"--csv": "table", "--out": "out", "--action-units": "action_units"}


@click.command()
@click.argument("sources", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default="stages", show_default=True,
              help="A bundle's file, or one that ships: stages, small, svm, rf or mlp.")
@options.detector
@click.option("--every", type=click.IntRange(min=1), metavar="N",
              help="Of a film every Nth frame  [default: the first of each second]")
@click.option("--csv", "table", metavar="FILE", help="Save a table, a row a face, written when all is done.")
@click.option("--out", metavar="DIR", help="Save each picture there with boxes and bars drawn on it.")
@click.option("--action-units", is_flag=True, help="Say which facial actions the landmarks show, from 0 to 5.")
@options.labels
@options.no_verify
@options.as_json
def predict(sources, model, detector, every, table, out, action_units, labels, no_verify, as_json):
    """Say which expressions are in the faces of photos and films.

    PATH is a photo, a film, a folder (searched with all below it) or a pattern in quotes. A line a face: where it is, and the
    blend of expressions. What cannot be read, in a damaged film too, is named at the end, the rest done; the exit code is then
    1. What is neither photo nor film in a folder is counted at the end. Of photos of the same name, the pictures in DIR are
    numbered.

    \b
    featfer predict photo.jpg
    featfer predict photos --csv expressions.csv
    featfer predict photos/*.jpg --json > expressions.json
    featfer predict film.mp4 --every 5 --out annotated
    featfer predict photo.jpg --detector mmod
    featfer predict photo.jpg --action-units
    """
    from featfer.bundle import load, load_recognizer
    from featfer.faces import find_detector
    from featfer.predictions import predict_pictures, tabulated
    from featfer.sources import read_pictures

    find_detector(detector)
    failed, passed = [], Counter()
    files = _files(sources, passed, failed)
    drawings = _drawings(files, out)
    recognizer = load_recognizer(model, not no_verify, labels) if labels else load(model, not no_verify)
    _check(recognizer, model)
    tell = None
    if action_units:
        from featfer.units_seen import with_units as tell
    predictions = predict_pictures(recognizer, read_pictures(files, every, failed), detector, tell, failed)
    if out:
        predictions = _drawn(predictions, drawings, failed)
    if table:
        predictions = tabulated(predictions, table, recognizer.label_set.names)
    with closing(predictions):
        _print(_counted(predictions, files), as_json)
    _end(passed, failed)


def _end(passed, failed):
    """Say how many files were passed over, and what failed; exit with 1 where something did."""
    from featfer.walking import passed_over
    for sentence in passed_over(passed):
        options.echo_line(f"{sentence[0].upper()}{sentence[1:]}.", err=True)
    for reason in failed:
        options.echo_line(f"Error: {reason}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _check(recognizer, model):
    """Raise ParameterError for what is asked of a model of valence and arousal and is only for expressions."""
    from featfer.affect_recognizer import AffectRecognizer
    from featfer.errors import ParameterError
    asked = [option for option, name in EXPRESSIONS_ONLY.items() if options.is_given(name)]
    if asked and isinstance(recognizer, AffectRecognizer):
        raise ParameterError(f"{', '.join(asked)}: for models of expressions; {model} tells valence and arousal, to be "
                             "printed, with --json too")


def _files(sources, passed, failed):
    """Return the files of all sources; what there is not goes to the list of failures, what is no picture is counted."""
    from featfer.errors import DataError
    from featfer.sources import find_files
    files = []
    for source in sources:
        try:
            files += find_files(source, passed, failed)
        except DataError as error:
            failed.append(str(error))
    return files


def _drawings(files, out):
    """Return {file: where what is drawn on it goes, without a suffix}; empty without --out."""
    if out is None:
        return {}
    from featfer.errors import ParameterError
    from featfer.files import distinct
    files = list(dict.fromkeys(files))
    drawings = dict(zip(files, (Path(out) / stem for stem in distinct(Path(file).stem for file in files)), strict=True))
    originals = {Path(file).resolve() for file in files}
    for drawing in drawings.values():
        picture = drawing.with_name(f"{drawing.name}.png")
        if picture.resolve() in originals:
            raise ParameterError(f"--out {out}: {picture} is one of the images and would be lost; name another folder")
    return drawings


def _drawn(predictions, drawings, failed):
    """Yield predictions, each drawn on its picture; what cannot be written goes to the list of failures."""
    from featfer.drawing import save_drawing
    from featfer.errors import WriteError
    for picture, expressions in predictions:
        drawing = drawings[picture.file]
        frame = "" if picture.frame is None else f"-{picture.frame:06d}"
        try:
            save_drawing(picture.pixels, expressions, drawing.with_name(f"{drawing.name}{frame}.png"))
        except WriteError as error:
            failed.append(str(error))
        else:
            yield picture, expressions


def _counted(predictions, files):
    """Return the predictions under a progress bar, where they take a while."""
    from featfer.progress import bar
    from featfer.sources import is_film
    total = None if any(map(is_film, files)) else len(files)
    return bar(predictions, total=total, desc="predicting", unit=" images", delay=1)


def _print(predictions, as_json):
    from tqdm import tqdm

    from featfer.predictions import as_dict
    if as_json:
        return options.print_json([as_dict(picture, expressions) for picture, expressions in predictions])
    for picture, expressions in predictions:
        with tqdm.external_write_mode():  # the bar steps aside
            for expression in expressions:
                options.echo_line(f"{picture.name}: {_line(expression)}")
                if units := getattr(expression, "action_units", None):
                    click.echo(f"    {_units(units)}")


def _line(expression):
    from featfer.affect_recognizer import Affect
    left, top, right, bottom = (round(side) for side in expression.box)
    where = f"face at {left},{top} to {right},{bottom}" if expression.status == "found" else "no face found, whole image taken"
    return f"{where}: {_affect(expression) if isinstance(expression, Affect) else _blend(expression)}"


def _blend(expression):
    return ", ".join(f"{name} {share:.0%}" for rank, (name, share) in enumerate(expression.blend())
                     if rank < GUESSES or share >= SHOWN)


def _affect(affect):
    told = {"valence": affect.valence, "arousal": affect.arousal}
    return ", ".join(f"{name} {value:+.2f}" for name, value in told.items() if value is not None)


def _units(intensities):
    """Return in words which action units are seen, strongest first."""
    seen = sorted((pair for pair in intensities.items() if pair[1] >= 1), key=lambda pair: -pair[1])
    return "action units: " + (", ".join(f"{name} {value:.1f}" for name, value in seen) or "none above 1 of 5")
