import json
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers.commands import refused, run, succeeded
from sklearn.metrics import accuracy_score, recall_score

from featfer.bundle.persist import load, read_card, save
from featfer.labels import FER7
from featfer.training.classifier import train


@pytest.fixture
def made(tmp_path, made_table):
    """The made-up embeddings as a table's file."""
    made_table.save(tmp_path / "made.npz")
    return tmp_path / "made.npz"


def test_figures_are_scikit_learn_s(bundle, made, made_table):
    result = json.loads(succeeded("evaluate", bundle, "--store", made, "--json"))
    rows = made_table.split("test")
    predicted = load(bundle).probabilities(rows.features.astype(np.float16).astype(np.float32)).argmax(axis=1)
    assert result["accuracy"] == accuracy_score(rows.labels, predicted) > 0.8
    assert [result["classes"][name]["recall"] for name in FER7.names] == pytest.approx(
        recall_score(rows.labels, predicted, average=None))
    assert (result["split"], result["images"], result["unreadable"]) == ("test", 70, 0)
    assert np.array(result["confusion"]).sum(axis=1).tolist() == [10] * 7


def test_figures_are_those_of_the_card(bundle, made):
    printed = {split: json.loads(succeeded("evaluate", bundle, "--store", made, "--split", split, "--json"))["accuracy"]
               for split in ("val", "test")}
    assert printed == {split: result["accuracy"] for split, result in read_card(bundle)["figures"].items()}


def test_text_has_a_line_for_each_class(tmp_path, bundle, made_table):
    labels = made_table.labels.copy()
    labels[280:294] = FER7.index("happy")
    replace(made_table, labels=labels).save(tmp_path / "wrong.npz")
    result = json.loads(succeeded("evaluate", bundle, "--store", tmp_path / "wrong.npz", "--json"))
    first, empty, head, *rows = succeeded("evaluate", bundle, "--store", tmp_path / "wrong.npz").splitlines()
    assert first.startswith(f"test: accuracy {result['accuracy']:.2%} of 70 images, macro F1 {result['macro']['f1-score']:.2%}")
    assert (empty, head.split()) == ("", ["precision", "recall", "F1", "support"])
    happy = result["classes"]["happy"]
    assert [row.split()[0] for row in rows] == [*FER7.names, "macro", "weighted"]
    assert rows[3].split() == ["happy", f"{happy['precision']:.2%}", f"{happy['recall']:.2%}", f"{happy['f1-score']:.2%}", "22"]
    assert happy["precision"] > happy["recall"]
    assert len({len(line) for line in (head, *rows)}) == 1


def test_store_s_folder_is_scored_by_split(bundle, small_store):
    for split in ("train", "val", "test"):
        assert re.match(rf"{split}: accuracy [\d.]+% of 14 images", succeeded("evaluate", bundle, "--store", small_store,
                                                                            "--split", split))


def test_the_figures_without_copies_of_training_images_are_printed(tmp_path, bundle, made_table):
    groups = made_table.groups.copy()
    groups[280:300] = groups[:20]
    replace(made_table, groups=groups).save(tmp_path / "copies.npz")
    assert "without its 20 copies of training images" in succeeded("evaluate", bundle, "--store", tmp_path / "copies.npz")


def test_split_of_nothing_but_copies_is_scored(tmp_path, bundle, made_table):
    groups = made_table.groups.copy()
    groups[280:] = groups[:70]
    replace(made_table, groups=groups).save(tmp_path / "copies.npz")
    assert succeeded("evaluate", bundle, "--store", tmp_path / "copies.npz").startswith("test: accuracy ")
    copies = json.loads(succeeded("evaluate", bundle, "--store", tmp_path / "copies.npz", "--json"))["copies"]
    assert (copies["images"], copies["images_without"], copies["accuracy_without"]) == (70, 0, None)


@pytest.mark.parametrize("split", ["tset", "Training", ""])
def test_an_unknown_split_is_named_with_the_known_ones(bundle, made, split):
    assert f"{split!r} is none of train, val, test" in refused("evaluate", bundle, "--store", made, "--split", split)


def test_text_file_is_no_model(tmp_path, made):
    (tmp_path / "notes.txt").write_text("no model")
    assert f"{tmp_path / 'notes.txt'}: " in refused("evaluate", tmp_path / "notes.txt", "--store", made)


def test_text_file_is_no_store(tmp_path, bundle):
    (tmp_path / "notes.txt").write_text("no table")
    assert f"{tmp_path / 'notes.txt'}: not a feature table" in refused("evaluate", bundle, "--store", tmp_path / "notes.txt")


def test_table_of_other_features_is_refused(tmp_path, bundle, made_table):
    fingerprint = {**made_table.fingerprints[0], "version": 99}
    replace(made_table, fingerprints=[fingerprint]).save(tmp_path / "other.npz")
    assert "other.npz: holds embedding" in refused("evaluate", bundle, "--store", tmp_path / "other.npz")


def test_store_without_labels_is_refused(tmp_path, bundle, photo):
    succeeded("extract", photo, "--store", tmp_path / "store", "--jobs", 1)
    assert "grace_hopper.jpg: its rows have no labels" in refused("evaluate", bundle, "--store", tmp_path / "store")


def test_changed_bundle_is_refused_unless_unverified(tmp_path, bundle, made):
    copy = tmp_path / "copy.joblib"
    copy.write_bytes(bundle.read_bytes())
    copy.with_suffix(".json").write_text(json.dumps({**read_card(bundle), "sha256": "0" * 64}))
    assert f"{copy}: sha256 is" in refused("evaluate", copy, "--store", made)
    assert run("evaluate", copy, "--store", made, "--no-verify").exit_code == 0


# -- without copies of training images --------------------------------------------------------------------------------

@pytest.fixture
def copied(tmp_path, made_table):
    """The made-up embeddings as a table's file, the first 20 rows of test being copies of training images."""
    groups = made_table.groups.copy()
    groups[280:300] = groups[:20]
    replace(made_table, groups=groups).save(tmp_path / "copied.npz")
    return tmp_path / "copied.npz"


def test_dedup_scores_the_images_that_are_left(bundle, copied):
    whole, left = (json.loads(succeeded("evaluate", bundle, "--store", copied, "--json", *words))
                   for words in ([], ["--dedup"]))
    assert (whole["images"], left["images"], left["copies"]["images"]) == (70, 50, 0)
    assert left["accuracy"] == whole["copies"]["accuracy_without"]
    assert np.sum(left["confusion"]) == 50
    assert left == json.loads(succeeded("evaluate", bundle, "--store", copied, "--json", "--dedup", "exact"))


def test_dedup_by_a_table_leaves_out_near_copies_too(tmp_path, bundle, copied):
    (tmp_path / "copies.csv").write_text("id,split,copy,copy_split,kind,correlation\nmade:310,test,made:3,train,near,0.8\n"
                                         "made:311,test,made:220,val,near,0.9\n")
    result = json.loads(succeeded("evaluate", bundle, "--store", copied, "--json", "--dedup", tmp_path / "copies.csv"))
    assert result["images"] == 49


def test_dedup_by_another_file_is_refused(tmp_path, bundle, copied):
    assert "near.csv: not a table of copies" in refused("evaluate", bundle, "--store", copied, "--dedup", tmp_path / "near.csv")
    assert "split 'train'" in refused("evaluate", bundle, "--store", copied, "--split", "train", "--dedup")


# -- other shares of the labels ---------------------------------------------------------------------------------------

STATED = "angry=1,disgust=0,fear=1,happy=2,sad=1,surprise=1,neutral=4"


@pytest.fixture(scope="module")
def happy(tmp_path_factory, made_table):
    """A model of clouds that lie into each other, and a table with 120 rows in test: 100 happy and 20 neutral."""
    draw, folder = np.random.default_rng(4), tmp_path_factory.mktemp("happy")
    counts = {"train": [100] * 7, "val": [40] * 7, "test": [0, 0, 0, 100, 0, 0, 20]}
    labels = np.concatenate([np.repeat(np.arange(7), count) for count in counts.values()])
    features = draw.normal(scale=np.where(np.arange(128) < 8, 1, 0.01), size=(len(labels), 128))
    features[:, :8] += draw.normal(scale=0.7, size=(7, 8))[labels]
    table = replace(
        made_table, features=features.astype(np.float32), labels=labels.astype(np.int16), status=np.full(len(labels), "found"),
        splits=np.repeat(list(counts), [sum(count) for count in counts.values()]), boxes=np.zeros((len(labels), 4), np.float32),
        groups=np.arange(len(labels), dtype=np.int32), ids=np.array([f"made:{i}" for i in range(len(labels))]))
    table.save(folder / "happy.npz")
    recognizer, card = train(table, "lda", {"pca": 8})
    save(recognizer, folder / "clouds.joblib", card)
    return folder / "clouds.joblib", "--store", folder / "happy.npz"


def score_and_remark(*words):
    """Return the figures that the command prints as JSON, and what it says on standard error."""
    done = run("evaluate", *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout), done.stderr


def test_figures_are_those_under_the_stated_prior(bundle, made, made_table):
    rows = made_table.split("test")
    values = rows.features.astype(np.float16).astype(np.float32)
    for prior in ("uniform", STATED):
        predicted = load(bundle).with_prior(prior).probabilities(values).argmax(axis=1)
        result, said = score_and_remark(bundle, "--store", made, "--prior", prior)
        assert (result["accuracy"], said) == (accuracy_score(rows.labels, predicted), "")


def test_an_estimated_prior_is_said_and_helps(happy):
    (plain, _), (estimated, said) = (score_and_remark(*happy, *words)
                                     for words in ((), ("--prior", "estimate")))
    assert plain["images"] == estimated["images"] == 120
    assert estimated["accuracy"] > plain["accuracy"] + 0.1
    first, share = re.fullmatch(r"estimated shares: (\w+) ([\d.]+)%, .*\n", said).groups()
    assert first == "happy" and 60 < float(share) < 100


def test_a_prior_is_estimated_from_the_faces_that_are_scored(happy, tmp_path):
    (tmp_path / "copies.csv").write_text("id,split,copy,copy_split,kind,correlation\n" + "".join(
        f"made:{i},test,made:3,train,near,0.8\n" for i in range(980, 1080)))
    _, said = score_and_remark(*happy, "--prior", "estimate", "--dedup", tmp_path / "copies.csv")
    assert said.startswith("estimated shares: neutral ")


def test_a_prior_is_stated_and_estimated_in_other_labels(happy):
    stated, _ = score_and_remark(*happy, "--labels", "fer3", "--prior", "happy=8,sad=0,neutral=2")
    estimated, said = score_and_remark(*happy, "--labels", "fer3", "--prior", "estimate")
    assert stated["classes"]["sad"]["precision"] == 0
    assert re.fullmatch(r"estimated shares: happy [\d.]+%, \w+ [\d.]+%, \w+ [\d.]+%\n", said)
    assert estimated["accuracy"] > 0.7


@pytest.mark.parametrize(("prior", "message"), [
    ("guess", "shares 'guess': 'guess' is not NAME=SHARE"), ("happy=1,neutral=1", "give a share from 0 of each of angry"),
    ("calm=1", "label 'calm' is not in fer7"), ("none.toml", "none.toml"), ("", "shares '': '' is not NAME=SHARE")])
def test_a_prior_that_is_none_is_refused(bundle, made, prior, message):
    assert message in refused("evaluate", bundle, "--store", made, "--prior", prior)
