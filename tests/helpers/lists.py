"""Lists of faces, as csv files beside their pictures."""

from PIL import Image


def write_faces(folder, crops, rows, header="path,label"):
    """Write pictures and a csv with a row for each, such as ("happy", "ann"); return the csv's path."""
    lines = []
    for i, (crop, cells) in enumerate(zip(crops, rows, strict=False)):
        Image.fromarray(crop).save(folder / f"{i}.png")
        lines.append(",".join([f"{i}.png", *cells]))
    path = folder / "faces.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path
