"""Examples of data sets as they ship, small ones."""

import gzip
import io
import zipfile

import numpy as np
from robustness.seeds import encoded, face, fer2013


def packed():
    """Return FER2013's csv in archives."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("fer2013.csv", fer2013())
    return {"fer2013.csv.gz": gzip.compress(fer2013(), mtime=0), "fer2013.zip": archive.getvalue()}


def raf_db():
    names = [f"{('train', 'test')[i % 2]}_0000{i}" for i in range(1, 8)]
    lines = [f"{name}.jpg {i}" for i, name in enumerate(names, start=1)]
    return {
        "EmoLabel/list_patition_label.txt": "\n".join([*lines, ""]).encode(),
        **{f"Image/aligned/{name}_aligned.jpg": encoded(np.roll(face(), i), "JPEG") for i, name in enumerate(names)},
    }


def ferplus_folders():
    lines = [f'fer000000{i}.png,"(0, 0, 48, 48)",{9 - i},{i},1,0,0,0,0,0,0,0' for i in range(4)]
    files = {f"fer000000{i}.png": encoded(np.roll(face(), i), "PNG") for i in range(4)}
    return {f"{part}/{name}": content for part in ("FER2013Train", "FER2013Test")
            for name, content in {"label.csv": "\n".join([*lines, ""]).encode(), **files}.items()}


def ck_plus():
    names = [f"S00{i}/001/S00{i}_001_00000003" for i in range(4)]
    return {
        **{f"Emotion/{name}_emotion.txt": f"   {i}.0000000e+00\n".encode() for i, name in enumerate(names)},
        **{f"cohn-kanade-images/{name}.png": encoded(np.roll(face(), i), "PNG") for i, name in enumerate(names)},
    }
