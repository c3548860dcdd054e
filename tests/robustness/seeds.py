"""Examples of every kind of file that featfer reads, small ones."""

import io
import json
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

PHOTO = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
USAGES = ("Training", "PublicTest", "PrivateTest")
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


@cache
def face(side=48, grey=True):
    """Return a face as an array, uint8 (side, side) or (side, side, 3)."""
    with Image.open(PHOTO) as image:
        cut = image.crop((170, 115, 380, 325)).resize((side, side))
    return np.asarray(cut.convert("L" if grey else "RGB"))


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


def images():
    """Return {name: content} of a face in each format, mode and variant."""
    rgb, grey = Image.fromarray(face(64, grey=False)), Image.fromarray(face(64))
    frames, exif = [grey.rotate(30 * i) for i in range(3)], Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(face(64).astype(np.uint16) * 257)
    animated = {"save_all": True, "append_images": frames}
    return {
        "rgb.jpg": encoded(rgb, "JPEG"),
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True),
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG"),
        "turned.jpg": encoded(rgb, "JPEG", exif=exif),
        "rgb.png": encoded(rgb, "PNG"),
        "deep.png": encoded(deep, "PNG"),
        "palette.png": encoded(rgb.quantize(16), "PNG"),
        "alpha.png": encoded(rgb.convert("RGBA"), "PNG"),
        "grey-alpha.png": encoded(grey.convert("LA"), "PNG"),
        "bits.png": encoded(grey.convert("1"), "PNG"),
        "moving.png": encoded(grey, "PNG", **animated),
        "moving.gif": encoded(grey, "GIF", **animated),
        "still.gif": encoded(rgb, "GIF"),
        "rgb.webp": encoded(rgb, "WEBP"),
        "lossless.webp": encoded(rgb.convert("RGBA"), "WEBP", lossless=True),
        "moving.webp": encoded(grey, "WEBP", **animated),
        "rgb.bmp": encoded(rgb, "BMP"),
        "palette.bmp": encoded(rgb.quantize(16), "BMP"),
        "rgb.tiff": encoded(rgb, "TIFF"),
        "lzw.tiff": encoded(rgb, "TIFF", compression="tiff_lzw"),
        "deflate.tiff": encoded(rgb, "TIFF", compression="tiff_deflate"),
        "jpeg.tiff": encoded(rgb, "TIFF", compression="jpeg"),
        "fax.tiff": encoded(grey.convert("1"), "TIFF", compression="group4"),
        "deep.tiff": encoded(deep, "TIFF"),
        "float.tiff": encoded(Image.fromarray(face(64) / np.float32(255)), "TIFF"),
        "rgb.ppm": encoded(rgb, "PPM"),
        "grey.pgm": encoded(grey, "PPM"),
    }


def fer2013(order="emotion,pixels,Usage"):
    """Return the content of a FER2013 csv of nine rows."""
    rows = [
        {"emotion": i % 7, "pixels": " ".join(map(str, np.roll(face(), i).ravel())), "Usage": USAGES[i % 3]} for i in range(9)
    ]
    names = [name.strip() for name in order.split(",")]
    return "\n".join([order, *(",".join(str(row[name]) for name in names) for row in rows), ""]).encode()


def votes():
    return "\n".join([VOTES, *(f"{USAGES[i % 3]},fer{i}.png,{9 - i},{i},1,0,0,0,0,0,0,0" for i in range(9)), ""]).encode()


def listed():
    """Return the files of a list of faces."""
    head = "path,label,split,subject,valence,arousal"
    rows = [f"{i}.png,{('happy', 'sad', '')[i % 3]},{('train', 'val', 'test')[i % 3]},S{i},{i / 9:.2f},-0.5" for i in range(6)]
    return {
        "list.csv": "\n".join([head, *rows, ""]).encode(),
        **{f"{i}.png": encoded(np.roll(face(), i), "PNG") for i in range(6)},
    }


def class_folders():
    return {
        f"{split}/{name}/{i}.png": encoded(np.roll(face(), i), "PNG")
        for split in ("train", "test")
        for i, name in enumerate(("happy", "sad"))
    }


def affectnet_lists():
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    rows = [f"1/{i}.jpg,10,10,40,40,,{i},0.{i},-0.{i}" for i in range(4)]
    content = "\n".join([head, *rows, ""]).encode()
    return {
        "training.csv": content,
        "validation.csv": content,
        **{f"Manually_Annotated_Images/1/{i}.jpg": encoded(np.roll(face(64), i), "JPEG") for i in range(4)},
    }


def affectnet_sets():
    files = {}
    for folder in ("train_set", "val_set"):
        for i in range(3):
            files[f"{folder}/images/{i}.jpg"] = encoded(np.roll(face(), i), "JPEG")
            files |= {
                f"{folder}/annotations/{i}_{kind}.npy": npy(value)
                for kind, value in (("exp", str(i)), ("val", "0.5"), ("aro", "-0.25"))
            }
    return files


def npy(value):
    buffer = io.BytesIO()
    np.save(buffer, np.array(value))
    return buffer.getvalue()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def codebook():
    from featfer.features.visual_words.fisher import FORMAT

    draw = np.random.default_rng(0)
    return npz(
        format=FORMAT,
        mean=np.zeros(128, np.float32),
        axes=draw.normal(size=(128, 4)).astype(np.float32),
        weights=np.full(3, 1 / 3, np.float32),
        centres=draw.normal(size=(3, 6)).astype(np.float32),
        deviations=np.ones((3, 6), np.float32),
    )


def backbone():
    from featfer.features.dlibnet.weights import SHAPES

    return npz(**{name: np.zeros(shape, np.float16) for name, shape in SHAPES.items()})


def below(folder):
    """Return {name: content} of all files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()
    }


def store(folder):
    """Return the files of a store of nine images."""
    from featfer.extraction.run import extract
    from featfer.features import make_features

    (folder / "fer2013.csv").write_bytes(fer2013())
    extract(folder / "fer2013.csv", folder / "store", make_features("pixels"), jobs=1)
    return below(folder / "store")


def table(folder):
    from featfer.features import make_features
    from featfer.store.opening import open_table

    store(folder)
    open_table(folder / "store", make_features("pixels")).save(folder / "table.npz")
    return {"table.npz": (folder / "table.npz").read_bytes()}


def bundle(folder):
    """Return the files of a small bundle: rows of noise sorted by an LDA."""
    from featfer.bundle.persist import save
    from featfer.features import make_features
    from featfer.labels import FER7
    from featfer.store.table import FeatureTable
    from featfer.training.classifier import train

    draw, count = np.random.default_rng(0), 140
    labels, feature = np.arange(count) % 7, make_features("geometry")[0]
    rows = FeatureTable(
        features=draw.normal(size=(count, feature.size)).astype(np.float32) + labels[:, None],
        labels=labels.astype(np.int16),
        splits=np.repeat(["train", "val"], count // 2),
        status=np.full(count, "found"),
        groups=np.arange(count, dtype=np.int32),
        ids=np.array([f"made:{i}" for i in range(count)]),
        boxes=np.zeros((count, 4), np.float32),
        label_set=FER7,
        fingerprints=[feature.fingerprint],
        source="made",
    )
    recognizer, card = train(rows, "lda", command="featfer train")
    save(recognizer, folder / "lda.joblib", card)
    return below(folder)


def plain(folder):
    """Return the files of the same in the forms that run no code."""
    from featfer.bundle.persist import load
    from featfer.bundle.safe import FORMS
    bundle(folder)
    recognizer = load(folder / "lda.joblib")
    return {f"lda{ending}": form.write(recognizer) for ending, form in FORMS.items()}


def study(folder):
    from featfer.tuning.study import open_study

    identity = {"objective": "most", "source": "made", "rows": ["12ab"], "features": {"embedding": []}, "spaces": {}, "seed": 0}
    with open_study(folder / "study.db", identity) as opened:
        for i in range(3):
            trial = opened.ask()
            trial.suggest_float("svm.C", 0.1, 10)
            trial.set_user_attr("setting", {"features": "embedding", "classifier": "svm", "params": {"C": 1.0}})
            trial.set_user_attr("result", {"accuracy_without_copies": 0.5 + i / 10, "accuracy": 0.5, "seconds": 1.0})
            opened.tell(trial, 0.5 + i / 10)
    return below(folder)


def checkpoint():
    import torch

    net = torch.nn.Linear(3, 2)
    buffer = io.BytesIO()
    torch.save(
        {"run": {"rows": 3}, "history": [{"epoch": 1, "loss": 0.5}], "best": (0.5, 1), "at": (1, 2), "net": net.state_dict()},
        buffer,
    )
    return buffer.getvalue()


def label_set():
    become = {"neutral": "calm", "happy": "calm", "surprise": "", **dict.fromkeys(("angry", "sad", "fear", "disgust"), "upset")}
    lines = ['names = ["calm", "upset"]', "[from.fer7]", *(f'{old} = "{new}"' for old, new in become.items()), ""]
    return "\n".join(lines).encode()


def weights():
    import torch

    buffer = io.BytesIO()
    torch.save(torch.nn.Linear(3, 2).state_dict(), buffer)
    return buffer.getvalue()


VIDEOS = {".mp4": "mpeg4", ".avi": "mjpeg", ".mkv": "libx264", ".ts": "mpeg2video", ".wmv": "wmv2", ".flv": "flv"}


def video(folder, suffix, codec, count=12, side=64):
    """Return the content of a video of so many frames, each so many pixels wide and high."""
    import av

    path = folder / f"video{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for i in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(face(side, grey=False), 5 * i, axis=1))))
        container.mux(stream.encode(None))
    return path.read_bytes()


def copies():
    from featfer.datasets.duplicates import COLUMNS

    return "\n".join([",".join(COLUMNS), *(",".join(["fer2013:2"] * len(COLUMNS)) for _ in range(4)), ""]).encode()


def cards(folder):
    """Return the card of a bundle, with figures."""
    return {name: content for name, content in bundle(folder).items() if name.endswith(".json") and json.loads(content)}
