"""Expressions drawn on the picture they were seen in."""

from pathlib import Path
from statistics import median

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from featfer.images.pixels import resize, to_rgb
from featfer.prediction.placing import find_place, place_all
from featfer.utils.files import write_atomically
from featfer.utils.outputs import PICTURE

# Okabe and Ito's palette, by rank: the likeliest expression's bar and the box take the first.
BOX, BAR, TEXT, PANEL = (0, 114, 178), (86, 180, 233), (255, 255, 255), (20, 20, 20)
OPACITY = 205    # of panels and tags, of 255
MIN_SIDE = 480   # smaller pictures are enlarged, so that the text can be read ...
MAX_SIDE = 4000  # ... but not beyond this
LINES = 42       # of text that would fill the picture's shorter side ...
LEAST_TEXT = 12  # ... but it is at least so many pixels high
SHRINK = 0.85    # of the text, from one try to find room for all to the next
MOST_PANELS = 6  # with more faces, each has a tag, and its bars below the picture
FEW_BARS = 3     # for each of those faces
LINE_SHARE = 0.05  # of a face's side, the most that the line around it is wide
MARGIN = 0.06    # of a face's side, kept clear around it where there are several
TAG_SHARE = 0.4  # of the faces' sides, the most that the text of their tags is high
LEGEND_SHARE = 0.4  # of the picture's height, what the bars below it have, where their text can be so small
NO_FACE = "no face found"
JPEG = {"quality": 95, "subsampling": 0}  # colours at full size too, or thin lines are smeared


def draw(image, expressions):
    """Return a PIL image with the box of each face and its blend of expressions as bars.

    image: uint8 (h, w) or (h, w, 3); expressions: list of Expression, with boxes in its pixels

    Of several faces each has its number, from 1 in their order. Nothing is drawn over a face: where there is no room beside
    the faces for their bars, they have tags there, and the bars stand below the picture, which becomes higher.
    """
    scale = max(1, min(-(-MIN_SIDE // min(image.shape[:2])), MAX_SIDE // max(image.shape[:2])))
    picture = Image.fromarray(to_rgb(resize(image, image.shape[0] * scale, image.shape[1] * scale)))
    size = max(LEAST_TEXT, min(picture.size) // LINES)
    if not expressions:
        note = _tag(NO_FACE, "", size)
        return _paste(picture, [note], [(0, 0, *note.size)])
    boxes, pen = [[side * scale for side in expression.box] for expression in expressions], ImageDraw.Draw(picture)
    for box in boxes:
        pen.rectangle(box, outline=BOX, width=round(max(2, min(size / 5, _side(box) * LINE_SHARE))))
    boxes = [_with_margin(box) for box in boxes] if len(boxes) > 1 else boxes
    numbers = [f"{number}" for number in range(1, len(boxes) + 1)] if len(boxes) > 1 else [""]
    return _draw_panels(picture, expressions, numbers, boxes, size) or _draw_tags(picture, expressions, numbers, boxes, size)


def save_drawing(image, expressions, path):
    """Write the drawing of a picture to a file, whole; the file's suffix says the format."""
    is_jpeg = Image.registered_extensions()[path.suffix.lower()] == "JPEG"
    write_picture(draw(image, expressions), path, **(JPEG if is_jpeg else {}))


def write_picture(picture, path, **options):
    """Write a PIL image to a PNG or JPEG file, whole, with a mark that says who drew it; options: of PIL.

    Raises WriteError where it cannot be written, or another picture is there, which has no such mark.
    """
    form = Image.registered_extensions()[Path(path).suffix.lower()]
    about = PngInfo()
    about.add_text("Software", "featfer")
    mark = {"pnginfo": about} if form == "PNG" else {"comment": b"Drawn by featfer"}
    with write_atomically(path, PICTURE) as file:
        picture.save(file, format=form, **mark, **options)


def _draw_panels(picture, expressions, numbers, boxes, size):
    """Return the picture with a panel of bars beside each face, None where there is no room for them."""
    if len(boxes) > MOST_PANELS:
        return None
    for smaller in _sizes(size, max(LEAST_TEXT, size * SHRINK ** 2)):
        panels = [_panel(face, smaller, number) for face, number in zip(expressions, numbers, strict=True)]
        places = place_all([panel.size for panel in panels], boxes, picture.size)
        if places:
            return _paste(picture, panels, places)
    return None


def _draw_tags(picture, expressions, numbers, boxes, size):
    """Return the picture with a tag beside each face, where there are several, and their bars below."""
    below = _legend(expressions, numbers, picture.size, size)
    if len(boxes) > 1:
        _paste(picture, *_tags(expressions, numbers, boxes, picture.size, size))
    whole = Image.new("RGB", (picture.width, picture.height + below.height), PANEL)
    whole.paste(picture, (0, 0))
    whole.paste(below, (0, picture.height))
    return whole


def _tags(expressions, numbers, boxes, frame, size):
    """Return (tags, places) of the faces: number, label and share in the largest text in which all have room, else the number
    alone, and where even these have none, where they cover least."""
    most = max(LEAST_TEXT, min(size, TAG_SHARE * median(map(_side, boxes))))
    words = [f"{e.label} {e.probabilities[e.label]:.0%}" for e in expressions]
    for texts in (words, [""] * len(words)):
        for size in _sizes(most, LEAST_TEXT):
            tags = [_tag(text, number, size) for text, number in zip(texts, numbers, strict=True)]
            places = place_all([tag.size for tag in tags], boxes, frame)
            if places:
                return tags, places
    taken, places = list(boxes), []
    for tag, box in zip(tags, boxes, strict=True):
        places.append(find_place(tag.size, box, frame, taken))
        taken.append(places[-1])
    return tags, places


def _legend(expressions, numbers, frame, size):
    """Return a strip as wide as a frame, with the bars of each face in columns."""
    count = None if len(expressions) == 1 else FEW_BARS
    names = {name for expression in expressions for name in expression.probabilities}
    for text in _sizes(size, LEAST_TEXT):
        panels = [_panel(face, text, number, count, numbers, names) for face, number in zip(expressions, numbers, strict=True)]
        width, height = (max(panel.size[axis] for panel in panels) + text for axis in (0, 1))
        columns = max(1, (frame[0] - text) // width)
        rows = -(-len(panels) // columns)
        if rows * height <= LEGEND_SHARE * frame[1]:
            break
    strip = Image.new("RGB", (frame[0], rows * height + text), PANEL)
    for at, panel in enumerate(panels):
        row, column = divmod(at, columns)
        strip.paste(panel.convert("RGB"), (text // 2 + column * width, text // 2 + row * height))
    return strip


def _panel(expression, size, number="", count=None, numbers=(), names=()):
    """Return a small picture (RGBA): a line with name, bar and percent for each expression, likeliest first.

    number: of the face, "" for none, stands before the first line; count: of the expressions, None for all of note
    numbers, names: of others, which its columns are wide enough for too
    """
    font, step = ImageFont.load_default(size), round(size * 1.35)
    lines = [(name, share) for name, share in expression.blend() if share >= 0.005 or name == expression.label][:count]
    before = round(max(map(font.getlength, (number, *numbers))) + size) if number else 0
    names = round(max(map(font.getlength, (*names, *(name for name, _ in lines)))) + size * 0.6)
    bars, shares = size * 5, round(font.getlength("100 %") + size * 0.4)
    panel = Image.new("RGBA", (before + names + bars + shares + size, step * len(lines) + size // 2), (*PANEL, OPACITY))
    pen = ImageDraw.Draw(panel)
    _write_number(pen, number, size)
    for i, (name, share) in enumerate(lines):
        top = size // 4 + i * step
        pen.text((before + size // 2, top), name, TEXT, font)
        left = before + size // 2 + names
        pen.rectangle((left, top + step // 5, left + max(1, round(bars * share)), top + step * 4 // 5), BOX if i == 0 else BAR)
        pen.text((left + bars + size * 0.3, top), f"{share:.0%}", TEXT, font)
    return panel


def _tag(text, number, size):
    """Return a small picture (RGBA) of a line: the number of a face, "" for none, and a text."""
    font, step = ImageFont.load_default(size), round(size * 1.35)
    before = round(font.getlength(number) + size) if number else 0
    after = round(font.getlength(text) + size) if text else 0
    tag = Image.new("RGBA", (before + after, step + size // 4), (*PANEL, OPACITY))
    pen = ImageDraw.Draw(tag)
    _write_number(pen, number, size)
    pen.text((before + size // 2, size // 5), text, TEXT, font)
    return tag


def _write_number(pen, number, size):
    """Write the number of a face in a field of its box's colour, in the corner of a panel or a tag."""
    if number:
        font = ImageFont.load_default(size)
        pen.rectangle((0, 0, round(font.getlength(number) + size) - 1, round(size * 1.35) + size // 4 - 1), BOX)
        pen.text((size // 2, size // 5), number, TEXT, font)


def _paste(picture, panels, places):
    for panel, (left, top, _, _) in zip(panels, places, strict=True):
        picture.paste(panel, (left, top), panel)
    return picture


def _sizes(most, least):
    """Yield sizes of text from the largest to the smallest, int."""
    size = most
    while size > least:
        yield int(size)
        size *= SHRINK
    yield int(least)


def _side(box):
    return max(1, min(box[2] - box[0], box[3] - box[1]))


def _with_margin(box):
    margin = MARGIN * _side(box)
    return [box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin]
