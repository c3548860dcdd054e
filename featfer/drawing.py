"""Expressions drawn on the picture they were seen in."""

from PIL import Image, ImageDraw, ImageFont

from featfer.files import written_whole
from featfer.images import resize, to_rgb

# Okabe and Ito's palette, by rank: the likeliest expression's bar and the box take the first.
BOX, BAR, TEXT, PANEL = (0, 114, 178), (86, 180, 233), (255, 255, 255), (20, 20, 20)
MIN_SIDE = 480   # smaller pictures are enlarged, so that the text can be read ...
MAX_SIDE = 4000  # ... but not beyond this


def draw(image, expressions):
    """Return a PIL image with the box of each face and its blend of expressions as bars.

    image: uint8 (h, w) or (h, w, 3); expressions: list of Expression, with boxes in its pixels
    """
    scale = max(1, min(-(-MIN_SIDE // min(image.shape[:2])), MAX_SIDE // max(image.shape[:2])))
    picture = Image.fromarray(to_rgb(resize(image, image.shape[0] * scale, image.shape[1] * scale)))
    size = max(12, min(picture.size) // 42)
    panels = []
    for expression in expressions:
        box = [side * scale for side in expression.box]
        ImageDraw.Draw(picture).rectangle(box, outline=BOX, width=max(2, size // 5))
        panels.append((_panel(expression, size), box))
    for panel, box in panels:
        picture.paste(panel, _place(panel.size, box, picture.size), panel)
    return picture


def save_drawing(image, expressions, path):
    """Write the drawing of a picture to a file, whole; the file's suffix says the format."""
    with written_whole(path) as file:
        draw(image, expressions).save(file, format=Image.registered_extensions()[path.suffix.lower()], quality=92)


def _panel(expression, size):
    """Return a small picture (RGBA): a line with name, bar and percent for each expression, likeliest first."""
    font, step = ImageFont.load_default(size), round(size * 1.35)
    lines = [(name, share) for name, share in expression.blend() if share >= 0.005 or name == expression.label]
    names = round(max(font.getlength(name) for name, _ in lines) + size * 0.6)
    bars, shares = size * 5, round(font.getlength("100 %") + size * 0.4)
    panel = Image.new("RGBA", (names + bars + shares + size, step * len(lines) + size // 2), (*PANEL, 205))
    pen = ImageDraw.Draw(panel)
    for i, (name, share) in enumerate(lines):
        top = size // 4 + i * step
        pen.text((size // 2, top), name, TEXT, font)
        left = size // 2 + names
        pen.rectangle((left, top + step // 5, left + max(1, round(bars * share)), top + step * 4 // 5), BOX if i == 0 else BAR)
        pen.text((left + bars + size * 0.3, top), f"{share:.0%}", TEXT, font)
    return panel


def _place(panel, box, picture):
    """Return where a panel goes: beside the box where there is room, else over its bottom."""
    width, height = panel
    left, top, right, bottom = (round(side) for side in box)
    if right + width <= picture[0]:
        x, y = right, top
    elif left - width >= 0:
        x, y = left - width, top
    else:
        x, y = left, bottom - height
    return max(0, min(x, picture[0] - width)), max(0, min(y, picture[1] - height))
