"""Many pictures on one sheet, small, with boxes drawn on them, to be looked at."""

import math

from PIL import Image, ImageDraw

SIDE = 110  # pixels of a picture on the sheet
HEAD = 11   # pixels above it, for its name
COLUMNS = 16


def write_sheet(pictures, path):
    """Write a sheet of pictures to an image file.

    Parameters
    ----------
    pictures : list of (uint8 array (h, w) or (h, w, 3), list of box, str)
        Picture, boxes in its pixels, and name.
    path : str or Path
    """
    sheet = Image.new("RGB", (COLUMNS * SIDE, max(1, math.ceil(len(pictures) / COLUMNS)) * (SIDE + HEAD)), "white")
    for at, (pixels, boxes, name) in enumerate(pictures):
        picture = Image.fromarray(pixels).convert("RGB")
        scale = SIDE / max(picture.size)
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
        for box in boxes:
            ImageDraw.Draw(picture).rectangle([side * scale for side in box], outline=(255, 0, 0), width=2)
        left, top = at % COLUMNS * SIDE, at // COLUMNS * (SIDE + HEAD)
        ImageDraw.Draw(sheet).text((left, top), name[:18], fill="black", font_size=9)
        sheet.paste(picture, (left, top + HEAD))
    sheet.save(path)
