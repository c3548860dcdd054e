"""featfer predict"""

from collections import Counter
from contextlib import closing
from functools import partial

import click
from featfer_cli import options, printing
from featfer_cli.stopping import NOTHING, keeping

GUESSES = 3     # shown of each face, however unlikely ...
SHOWN = 0.005   # ... and as many more as have this probability
EXPRESSIONS_ONLY = {"--csv": "table", "--out": "out", "--action-units": "action_units"}


@click.command()
@click.argument("sources", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default="stages", show_default=True,
              help="A bundle's file, or one that ships: stages, small, svm, rf or mlp.")
@options.detector
@options.smallest_face
@options.no_face
@click.option("--every", type=click.IntRange(min=1), metavar="N",
              help="Of a film every Nth frame  [default: the first of each second]")
@click.option("--csv", "table", metavar="FILE", help="Save a table, a row a face, written as they come.")
@click.option("--out", metavar="DIR", help="Save each picture there with boxes and bars drawn on it.")
@click.option("--action-units", is_flag=True, help="Say which facial actions the landmarks show, from 0 to 5.")
@options.labels
@options.no_verify
@options.as_json
def predict(sources, model, detector, smallest_face, no_face, every, table, out, action_units, labels, no_verify, as_json):
    """Say which expressions are in the faces of photos and films.

    PATH is a photo, a film, a folder (searched with all below it) or a pattern in quotes. A line a face: where it is, and the
    blend of expressions; several faces are numbered, best detection first. What cannot be read, in a damaged film too, is named
    at the end, the rest done; the exit code is then 1. What has no face, and in a folder what is neither photo nor film, is
    counted there. DIR has the pictures in folders as theirs are.

    \b
    featfer predict photo.jpg --action-units
    featfer predict photos --csv expressions.csv
    featfer predict photos/*.jpg --json > expressions.json
    featfer predict film.mp4 --every 5 --out annotated
    featfer predict group.jpg --smallest-face 40
    """
    from featfer.bundle.persist import load, load_recognizer
    from featfer.faces import find_detector
    from featfer.prediction.action_units import with_units
    from featfer.prediction.annotating import Annotator
    from featfer.prediction.inputs import read_pictures
    from featfer.prediction.predict import FacelessPictures, point_columns, predict_pictures, tabulated

    find_detector(detector)
    failed, passed, done, faceless = [], Counter(), Counter(), FacelessPictures()
    found = _found(sources, passed, failed)
    files = [file for _, below in found for file in below]
    _check_table(files, table, model)
    annotator = Annotator(files, [source for source, _ in found], out) if out else None
    recognizer = load_recognizer(model, not no_verify, labels) if labels else load(model, not no_verify)
    _check(recognizer, model)
    pictures, tell = read_pictures(files, every, failed), with_units if action_units else None
    predictions = predict_pictures(recognizer, pictures, detector, tell, failed, _taken(no_face), smallest_face, _engine(files))
    predictions = _with_faces(predictions, failed) if no_face == "error" else faceless.note(predictions)
    if annotator:
        predictions = annotator.save(predictions, failed)
    if table is not None:
        predictions = tabulated(predictions, table, recognizer.label_set.names, point_columns(recognizer, tell))
    with keeping(partial(_kept, done, table, out)), closing(predictions):
        _print(_counted(predictions, files, done), as_json)
    _end(annotator, faceless, passed, failed, as_json)


def _end(annotator, faceless, passed, failed, as_json):
    """Say what was written, in how many images no face was found, how many files were passed over, and what failed; exit with
    1 where something did."""
    from featfer.images.walking import passed_over
    if annotator and annotator.written:
        printing.echo_line(str(annotator), err=as_json)
    if faceless.names:
        printing.echo_line(str(faceless), err=True)
    for sentence in passed_over(passed):
        printing.echo_line(f"{sentence[0].upper()}{sentence[1:]}.", err=True)
    for reason in failed:
        printing.echo_line(f"Error: {reason}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _engine(files):
    """Return what computes the network for all of some files: of films it is not known how many faces there are."""
    from featfer.features.dlibnet.feature import engine_for
    from featfer.prediction.inputs import is_film
    return engine_for(None if any(map(is_film, files)) else len(files))


def _taken(no_face):
    """Return what is done with a picture without a face; those of --no-face error are skipped, and told afterwards."""
    return "whole" if no_face == "whole" else "skip"


def _with_faces(predictions, failed):
    """Yield predictions but those without a face, of which a sentence goes to the list of failures."""
    for picture, expressions in predictions:
        if expressions:
            yield picture, expressions
        else:
            failed.append(f"{picture.name}: no face found; --no-face skip passes over it, whole takes it all for one")


def _check(recognizer, model):
    """Raise ParameterError for what is asked of a model of valence and arousal and is only for expressions."""
    from featfer.affect.recognizer import AffectRecognizer
    from featfer.errors import ParameterError
    asked = [option for option, name in EXPRESSIONS_ONLY.items() if options.is_given(name)]
    if asked and isinstance(recognizer, AffectRecognizer):
        raise ParameterError(f"{', '.join(asked)}: for models of expressions; {model} tells valence and arousal, to be "
                             "printed, with --json too")


def _found(sources, passed, failed):
    """Return (source, its files) of each source; what there is not goes to the list of failures, what is no picture is
    counted."""
    from featfer.errors import DataError
    from featfer.prediction.inputs import find_files
    found = []
    for source in sources:
        try:
            found.append((source, find_files(source, passed, failed)))
        except DataError as error:
            failed.append(str(error))
    return found


def _check_table(files, table, model):
    """Raise WriteError, before any work, where the table cannot be written, or something would be lost."""
    from featfer.utils.outputs import PREDICTIONS, check_output, identities
    if table is not None:
        check_output(table, PREDICTIONS, identities([*files, model]))


def _kept(done, table, out):
    """Say what is kept of a run that is stopped."""
    if not done["pictures"]:
        return NOTHING
    where = [*([f"their rows are in {table}"] if table else []), *([f"their pictures in {out}"] if out else [])]
    return (f"Pictures that were done: {done['pictures']:,}{'; ' if where else ''}{' and '.join(where)}. The same command "
            "begins with the first again.")


def _counted(predictions, files, done):
    """Yield the predictions, under a progress bar where they take a while; done["pictures"]: how many there were."""
    from featfer.prediction.inputs import is_film
    from featfer.utils.progress import bar
    total = None if any(map(is_film, files)) else len(files)
    for prediction in bar(predictions, total=total, desc="predicting", unit=" images", delay=1):
        done["pictures"] += 1
        yield prediction


def _print(predictions, as_json):
    from featfer.prediction.predict import as_dict
    from featfer.utils.progress import without_bars
    if as_json:
        return printing.print_json_array(as_dict(picture, expressions) for picture, expressions in predictions)
    for picture, expressions in predictions:
        with without_bars():
            if not expressions:
                printing.echo_line(f"{picture.name}: no face found")
            for number, expression in enumerate(expressions, 1):
                printing.echo_line(f"{picture.name}: {_line(expression, number if len(expressions) > 1 else None)}")
                if units := getattr(expression, "action_units", None):
                    click.echo(f"    {_units(units)}")


def _line(expression, number=None):
    """Return a line on a face; number: its number among the faces of its image, None for the only one."""
    from featfer.affect.recognizer import Affect
    left, top, right, bottom = (round(side) for side in expression.box)
    face = "face" if number is None else f"face {number}"
    where = f"{face} at {left},{top} to {right},{bottom}"
    if expression.status != "found":
        where = "no face found, whole image taken"
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
