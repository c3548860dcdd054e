"""Annotated images: the boxes of faces and their expressions, drawn on the image."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from featfer.expression import UNLIKE, UNSURE, Expression
from featfer.faces import FAINT
from featfer.images.pixels import resize, to_rgb
from featfer.prediction.placing import Place, find_place, place_all
from featfer.typing import Box, Pixels
from featfer.typing import Path as AnyPath
from featfer.utils.files import write_atomically
from featfer.utils.outputs import PICTURE

# Okabe and Ito's palette, by rank: the likeliest expression's bar and the box take the first. All bars are grey for UNSURE.
BOX, BAR, TEXT, PANEL = (0, 114, 178), (86, 180, 233), (255, 255, 255), (20, 20, 20)
GREY = (150, 150, 150)
OPACITY = 205    # of panels and tags, of 255
MIN_SIDE = 480   # smaller images are enlarged, so that the text can be read ...
MAX_SIDE = 4000  # ... but not beyond this
LINES = 42       # of text in the image's shorter side ...
LEAST_TEXT = 12  # ... but the text is at least this many pixels high
SHRINK = 0.85    # by which the text is made smaller until all panels have room
MOST_PANELS = 6  # with more faces, each has a tag, and bars below the image
FEW_BARS = 3     # for each of these faces
MAX_LINE = 0.05  # of a face's side: largest width of the line around it
DASH = 4         # line widths: a dash of the box around a faint face
MARGIN = 0.06    # of a face's side, kept clear around each of several faces
MAX_TAG = 0.4    # of the faces' sides: largest height of the text in their tags
MAX_LEGEND = 0.4  # of the image's height: largest height of the bars below it, if their text can be so small
NO_FACE = "no face found"
JPEG = {"quality": 95, "subsampling": 0}  # colours at full resolution, or thin lines are blurred


def draw(image: Pixels, expressions: Sequence[Expression]) -> Image.Image:
    """Draw the box of each face and its blend of expressions, as bars, on a copy of an image.

    Several faces are numbered, from 1. The boxes of faint faces are dashed. Nothing is drawn over a face: if there is no room
    for the bars beside the faces, tags are drawn there, and the bars below the image, which becomes higher.

    Parameters
    ----------
    image : uint8 array (h, w) or (h, w, 3)
    expressions : list of Expression
        With boxes in pixels of the image.

    Returns
    -------
    PIL.Image.Image
    """
    scale = max(1, min(-(-MIN_SIDE // min(image.shape[:2])), MAX_SIDE // max(image.shape[:2])))
    picture = Image.fromarray(to_rgb(resize(image, image.shape[0] * scale, image.shape[1] * scale)))
    size = max(LEAST_TEXT, min(picture.size) // LINES)
    if not expressions:
        note = _make_tag(NO_FACE, "", size)
        return _paste(picture, [note], [(0, 0, *note.size)])
    pen = ImageDraw.Draw(picture)
    boxes = [(scale * left, scale * top, scale * right, scale * bottom)
             for left, top, right, bottom in (expression.box for expression in expressions)]
    for box, expression in zip(boxes, expressions, strict=True):
        width = round(max(2, min(size / 5, _side(box) * MAX_LINE)))
        if expression.status == FAINT:
            _draw_dashes(pen, box, width)
        else:
            pen.rectangle(box, outline=BOX, width=width)
    boxes = [_add_margin(box) for box in boxes] if len(boxes) > 1 else boxes
    numbers = [f"{number}" for number in range(1, len(boxes) + 1)] if len(boxes) > 1 else [""]
    return _draw_panels(picture, expressions, numbers, boxes, size) or _draw_tags(picture, expressions, numbers, boxes, size)


def save_drawing(image: Pixels, expressions: Sequence[Expression], path: Path) -> None:
    """Write the annotated copy of an image to a file (Path), complete or not at all; parameters as for `draw`."""
    is_jpeg = Image.registered_extensions()[path.suffix.lower()] == "JPEG"
    write_picture(draw(image, expressions), path, **(JPEG if is_jpeg else {}))


def write_picture(picture: Image.Image, path: AnyPath, **options: Any) -> None:
    """Write a PIL image to a PNG or JPEG file, complete or not at all, with a mark that featfer made it.

    Parameters
    ----------
    picture : PIL.Image.Image
    path : str or Path
        Its suffix says the format.
    **options
        Of `PIL.Image.Image.save`.

    Raises
    ------
    WriteError
        When the file cannot be written, or is an image without such a mark.
    """
    form = Image.registered_extensions()[Path(path).suffix.lower()]
    about = PngInfo()
    about.add_text("Software", "featfer")
    mark = {"pnginfo": about} if form == "PNG" else {"comment": b"Drawn by featfer"}
    with write_atomically(path, PICTURE) as file:
        picture.save(file, format=form, **mark, **options)


def _draw_dashes(pen: ImageDraw.ImageDraw, box: Box, width: int) -> None:
    """Draw a box of dashes, each as long as the gap after it."""
    left, top, right, bottom = map(round, box)
    dash = DASH * width
    for x in range(left, right, 2 * dash):
        for y in (top, bottom - width + 1):
            pen.rectangle((x, y, min(x + dash, right), y + width - 1), fill=BOX)
    for y in range(top, bottom, 2 * dash):
        for x in (left, right - width + 1):
            pen.rectangle((x, y, x + width - 1, min(y + dash, bottom)), fill=BOX)


def _draw_panels(picture: Image.Image, expressions: Sequence[Expression], numbers: Sequence[str], boxes: Sequence[Box],
                 size: int) -> Image.Image | None:
    """Return the image with a panel of bars beside each face; None if there is no room."""
    if len(boxes) > MOST_PANELS:
        return None
    for smaller in _text_sizes(size, max(LEAST_TEXT, size * SHRINK ** 2)):
        panels = [_make_panel(face, smaller, number) for face, number in zip(expressions, numbers, strict=True)]
        places = place_all([panel.size for panel in panels], boxes, picture.size)
        if places:
            return _paste(picture, panels, places)
    return None


def _draw_tags(picture: Image.Image, expressions: Sequence[Expression], numbers: Sequence[str], boxes: Sequence[Box],
               size: int) -> Image.Image:
    """Return the image with bars below it, and, if there are several faces, a tag beside each."""
    legend = _make_legend(expressions, numbers, picture.size, size)
    if len(boxes) > 1:
        _paste(picture, *_make_tags(expressions, numbers, boxes, picture.size, size))
    enlarged = Image.new("RGB", (picture.width, picture.height + legend.height), PANEL)
    enlarged.paste(picture, (0, 0))
    enlarged.paste(legend, (0, picture.height))
    return enlarged


def _make_tags(expressions: Sequence[Expression], numbers: Sequence[str], boxes: Sequence[Box], frame: tuple[int, int],
               size: int) -> tuple[list[Image.Image], list[Place]]:
    """Return (tags, places) of the faces.

    Tags have number, label and probability, in the largest text for which all have room; else only the number. If these have no
    room either, they are placed where they cover least.
    """
    most = max(LEAST_TEXT, min(size, MAX_TAG * median(map(_side, boxes))))
    words = [e.label if e.label == UNSURE else f"{e.label} {e.confidence:.0%}" for e in expressions]
    for texts in (words, [""] * len(words)):
        for size in _text_sizes(most, LEAST_TEXT):
            tags = [_make_tag(text, number, size) for text, number in zip(texts, numbers, strict=True)]
            places = place_all([tag.size for tag in tags], boxes, frame)
            if places:
                return tags, places
    taken, places = list(boxes), []
    for tag, box in zip(tags, boxes, strict=True):
        places.append(find_place(tag.size, box, frame, taken))
        taken.append(places[-1])
    return tags, places


def _make_legend(expressions: Sequence[Expression], numbers: Sequence[str], frame: tuple[int, int], size: int) -> Image.Image:
    """Return a strip as wide as the image, with the bars of each face in columns."""
    count = None if len(expressions) == 1 else FEW_BARS
    names = {name for expression in expressions for name in expression.probabilities}
    for text in _text_sizes(size, LEAST_TEXT):
        panels = [_make_panel(face, text, number, count, numbers, names)
                  for face, number in zip(expressions, numbers, strict=True)]
        width, height = (max(panel.size[axis] for panel in panels) + text for axis in (0, 1))
        columns = max(1, (frame[0] - text) // width)
        rows = -(-len(panels) // columns)
        if rows * height <= MAX_LEGEND * frame[1]:
            break
    strip = Image.new("RGB", (frame[0], rows * height + text), PANEL)
    for at, panel in enumerate(panels):
        row, column = divmod(at, columns)
        strip.paste(panel.convert("RGB"), (text // 2 + column * width, text // 2 + row * height))
    return strip


def _make_panel(expression: Expression, size: int, number: str = "", count: int | None = None, numbers: Sequence[str] = (),
                names: Collection[str] = ()) -> Image.Image:
    """Return an RGBA image with a line for each expression: name, bar and percent, likeliest first, after UNSURE and UNLIKE.

    number: of the face, before the first line, or "" for none; count: of expressions, None for all above 0.5 percent
    numbers, names: of other faces, for which the columns must be wide enough too
    """
    font, step = ImageFont.load_default(size), round(size * 1.35)
    is_unsure = expression.label == UNSURE
    lines = [(name, value) for name, value in expression.blend() if value >= 0.005 or name == expression.label][:count]
    notes = [UNSURE] * is_unsure + [UNLIKE] * expression.is_novel
    before = round(max(map(font.getlength, (number, *numbers))) + size) if number else 0
    wide = round(max(map(font.getlength, (*names, *(name for name, _ in lines)))) + size * 0.6)
    bars, percents = size * 5, round(font.getlength("100 %") + size * 0.4)
    width = before + size + max([wide + bars + percents, *(round(font.getlength(note)) for note in notes)])
    panel = Image.new("RGBA", (width, step * (len(notes) + len(lines)) + size // 2), (*PANEL, OPACITY))
    pen = ImageDraw.Draw(panel)
    _write_number(pen, number, size)
    for i, note in enumerate(notes):
        pen.text((before + size // 2, size // 4 + i * step), note, TEXT, font)
    for i, (name, value) in enumerate(lines):
        top = size // 4 + (len(notes) + i) * step
        pen.text((before + size // 2, top), name, TEXT, font)
        left, colour = before + size // 2 + wide, GREY if is_unsure else BOX if i == 0 else BAR
        pen.rectangle((left, top + step // 5, left + max(1, round(bars * value)), top + step * 4 // 5), colour)
        pen.text((left + bars + size * 0.3, top), f"{value:.0%}", TEXT, font)
    return panel


def _make_tag(text: str, number: str, size: int) -> Image.Image:
    """Return an RGBA image of one line: the number of a face, or "" for none, and a text."""
    font, step = ImageFont.load_default(size), round(size * 1.35)
    before = round(font.getlength(number) + size) if number else 0
    after = round(font.getlength(text) + size) if text else 0
    tag = Image.new("RGBA", (before + after, step + size // 4), (*PANEL, OPACITY))
    pen = ImageDraw.Draw(tag)
    _write_number(pen, number, size)
    pen.text((before + size // 2, size // 5), text, TEXT, font)
    return tag


def _write_number(pen: ImageDraw.ImageDraw, number: str, size: int) -> None:
    """Write the number of a face, on the colour of its box, in the corner of a panel or a tag."""
    if number:
        font = ImageFont.load_default(size)
        pen.rectangle((0, 0, round(font.getlength(number) + size) - 1, round(size * 1.35) + size // 4 - 1), BOX)
        pen.text((size // 2, size // 5), number, TEXT, font)


def _paste(picture: Image.Image, panels: Sequence[Image.Image], places: Sequence[Place]) -> Image.Image:
    """Paste panels into the image at their places, and return it."""
    for panel, (left, top, _, _) in zip(panels, places, strict=True):
        picture.paste(panel, (left, top), panel)
    return picture


def _text_sizes(most: float, least: float) -> Iterator[int]:
    """Yield sizes of text (int) from the largest to the smallest."""
    size = most
    while size > least:
        yield int(size)
        size *= SHRINK
    yield int(least)


def _side(box: Box) -> float:
    return max(1, min(box[2] - box[0], box[3] - box[1]))


def _add_margin(box: Box) -> Box:
    margin = MARGIN * _side(box)
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin
