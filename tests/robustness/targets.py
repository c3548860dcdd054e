"""What is fuzzed: each kind of file that featfer reads, and the code that reads it, as a command would."""

import os
from pathlib import Path

import numpy as np
from robustness import dataset_seeds as sets
from robustness import seeds
from robustness.forged import plain_kinds
from robustness.fuzz import Target

from featfer.errors import DataError, FeatferError

ROOT = Path(__file__).parents[2]


def image(path):
    from featfer.images.pixels import read_image, resize, to_grey
    pixels = read_image(path)
    assert pixels.dtype == np.uint8 and pixels.ndim in (2, 3) and pixels.size
    resize(to_grey(pixels), 48, 48)


def source(path):
    """Read a source as `featfer extract` does, without the faces."""
    from featfer.datasets import find_dataset
    _load(find_dataset(path), path)


def voted(path):
    from featfer.datasets import with_votes
    _load(with_votes(path.parent / "fer2013.csv", path.parent / "fer2013new.csv", "probability"), path.parent / "fer2013.csv")


def _load(dataset, path):
    from featfer.store.store import Store
    dataset.digest(path)
    faceset = dataset.load(path, True)
    count = len(faceset)
    assert count == len(faceset.images) == len(faceset.keys) == len(faceset.labels) == len(set(faceset.ids.tolist()))
    assert -1 <= faceset.labels.min() <= faceset.labels.max() < max(1, len(faceset.label_set or ()))
    assert set(faceset.splits.tolist()) <= {"train", "val", "test", ""}
    for i in range(min(count, 4)):
        try:
            assert faceset.images[i].read().dtype == np.uint8
        except DataError:  # a row of its own then, "unreadable"
            continue
    store = Store(path.parent / f".store-{os.getpid()}", create=True)
    store.put_source(faceset)
    assert len(store.source(faceset.digest)[0]) == count


def forged(path):
    """Read a store as `featfer train` does."""
    from featfer.features import make_features
    from featfer.store.opening import open_table
    table = open_table(path, make_features("pixels"))
    assert len(table) == len(table.features) == len(table.boxes)
    return table


def store(path):
    """Read a store; what is not refused must be what was written."""
    from featfer.features import make_features
    from featfer.store.store import Store
    table, whole = forged(path), path.parent / "whole.npy"
    np.testing.assert_array_equal(table.features, np.load(whole))
    assert (table.labels == np.arange(9) % 7).all() and Store(path).fingerprints() == {
        feature.key: feature.fingerprint for feature in make_features("pixels")}


def mended(path):
    """Mend and read a store as `featfer extract` does."""
    from featfer.extraction.run import extract
    from featfer.features import make_features
    (path.parent / "fer2013.csv").write_bytes(seeds.fer2013())
    extract(path.parent / "fer2013.csv", path, make_features("pixels"), jobs=1)
    store(path)


def table(path):
    from featfer.store.table import load_table
    rows = load_table(path)
    rows.split("train")
    rows.find_train_duplicates(rows)


def codebook(path):
    from featfer.features import make_features
    feature, = make_features(f"bovw:{path}")
    assert np.isfinite(feature.words.encode(np.ones((841, 128), np.float32))).all() and feature.size


def backbone(path):
    from featfer.features.dlibnet.weights import backbone_weights
    from featfer.utils.fitted_files import content_of
    backbone_weights(content_of(path), path)


def models(path):
    from featfer_cli.benchmark_plan import plan
    plan(path, "fer2013.csv", path.parent / "work")


def recipe(path):
    from featfer.cnn import load_recipe
    load_recipe(path).as_dict()


def labels(path):
    from featfer.labels import LABEL_SETS, find_labels, map_labels
    found = find_labels(str(path))
    map_labels(LABEL_SETS["fer7"], found)


def study(path):
    from featfer.tuning.study import leaderboard
    leaderboard(path)


def checkpoint(path):
    from featfer.utils.checkpoints import read_checkpoint
    read_checkpoint(path, {"rows": 3}, "cpu", ("history",))


def weights(path):
    from featfer.cnn.networks.weights import read_state
    read_state(path)


def video(path):
    from itertools import islice

    from featfer.images.video import read_frames
    for _, _, pixels in islice(read_frames(path, 1), 40):
        assert pixels.dtype == np.uint8 and pixels.ndim == 3


def copies(path):
    from featfer.datasets.duplicates import read_duplicate_ids
    read_duplicate_ids(path, "test")


def card(path):
    _command("info", path)


def served_card(path):
    """Show a card as `featfer serve` does."""
    from featfer.bundle.persist import load, read_card
    from featfer.serving.app import make_app
    make_app(load(path, verify=False), card=read_card(path))


def bundle(path):
    from featfer.bundle.persist import load
    load(path)


def plain(path):
    from featfer.bundle.persist import load
    load(path, verify=False)


def answered(path):
    """Read a plain bundle, and ask it for answers."""
    from featfer.bundle.persist import load
    recognizer = load(path, verify=False)
    rows = np.random.default_rng(1).normal(size=(4, sum(feature.size for feature in recognizer.features))) * 9
    assert np.isfinite(recognizer.predict_rows(rows.astype(np.float32))).all()


def _command(*words):
    """Run a command in this process; raise what a user would see."""
    from click.testing import CliRunner
    from featfer_cli.main import main
    result = CliRunner().invoke(main, list(map(str, words)))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert all(line.isprintable() for line in result.stdout.splitlines()), "what moves the cursor was printed"
    if result.exit_code:
        raise FeatferError(result.stderr.strip())


def served(path):
    """Send a body to the server's application."""
    from fastapi.testclient import TestClient
    from helpers.servers import Quick

    from featfer.serving import Limits
    from featfer.serving.app import make_app
    recognizer = Quick()
    recognizer.features = []
    app = make_app(recognizer, Limits(bytes=2_000_000, pixels=1_000_000))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        answer = client.post("/predict", content=path.read_bytes(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (200, 400, 413, 415, 422), answer.status_code
    if answer.status_code != 200:
        raise FeatferError(answer.json()["detail"])


def targets(folder):
    """Return the list of all Targets; folder: an empty one, where the examples are made."""
    def made(make, *more):
        place = folder / f"{make.__name__}{len(os.listdir(folder))}"
        place.mkdir()
        return make(place, *more)
    fer = seeds.fer2013()
    stored = {f"store/{name}": content for name, content in made(seeds.store).items()}
    whole = {"whole.npy": seeds.npy(forged(next(folder.glob("store*")) / "store").features)}
    bundled = made(seeds.bundle)
    lda = next(name for name in bundled if name.endswith(".joblib"))
    form = b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
    listing = {f"{path.parent.name}.toml": path.read_bytes() for path in ROOT.glob("benchmarks/*/models.toml")}
    icml, recipes = seeds.fer2013("emotion, Usage, pixels"), ROOT.glob("featfer/cnn/recipes/*.toml")
    return [
        Target("images", image, seeds.images()),
        Target("csv of FER2013", source, {"fer2013.csv": fer, "icml_face_data.csv": icml}, True),
        Target("csv of FER+'s votes", voted, {"fer2013new.csv": seeds.votes(), "fer2013.csv": fer}, True),
        Target("list of faces", source, seeds.listed(), True, "list.csv"),
        Target("packed csv of FER2013", source, sets.packed()),
        Target("RAF-DB's list", source, sets.raf_db(), True, "."),
        Target("FER+'s folders", source, sets.ferplus_folders(), True, "."),
        Target("CK+", source, sets.ck_plus(), True, "."),
        Target("class folders", source, seeds.class_folders(), entry="."),
        Target("AffectNet's lists", source, seeds.affectnet_lists(), True, "."),
        Target("AffectNet's folders", source, seeds.affectnet_sets(), entry="."),
        Target("store, damaged", store, stored, True, "store", fixed=whole),
        Target("store, damaged and mended", mended, stored, True, "store", fixed=whole),
        Target("store, forged", forged, stored, True, "store", forge=1.0),
        Target("table of features", table, made(seeds.table), forge=0.5),
        Target("codebook", codebook, {"codebook.npz": seeds.codebook()}, forge=0.5),
        Target("backbone", backbone, {"backbone.npz": seeds.backbone()}, forge=0.5),
        Target("list of models (TOML)", models, listing, True),
        Target("recipe (TOML)", recipe, {path.name: path.read_bytes() for path in recipes}, True),
        Target("set of labels (TOML)", labels, {"mine.toml": seeds.label_set()}, True),
        Target("study", study, made(seeds.study), True, "study.db"),
        Target("checkpoint", checkpoint, {"net.checkpoint": seeds.checkpoint()}),
        Target("weights of torch", weights, {"net.pth": seeds.weights()}),
        Target("videos", video, {f"video{suffix}": made(seeds.video, suffix, codec) for suffix, codec in seeds.VIDEOS.items()}),
        Target("table of copies", copies, {"copies.csv": seeds.copies()}, True),
        Target("card", card, bundled, True, lda),
        Target("card, for serve", served_card, {name: content for name, content in bundled.items() if name != lda}, True, lda,
               fixed={lda: bundled[lda]}),
        Target("bundle", bundle, bundled, entry=lda),
        Target("plain bundle", plain, made(seeds.plain)),
        Target("plain bundle, forged", answered, made(plain_kinds), forge=1.0),
        Target("HTTP request", served, {"body": form + seeds.encoded(seeds.face(), "PNG") + b"\r\n--x--\r\n"}),
    ]
