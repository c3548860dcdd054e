import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.fer2013 import write_csv

from featfer.errors import DataError, MissingError, ParameterError
from featfer.extraction.run import extract
from featfer.faces import find_faces
from featfer.faces.dlib_models import find_model_file
from featfer.features import Stage, restore_feature
from featfer.features.dlibnet.feature import DLIB, NETWORK_FILE, _load_torch_network
from featfer.features.dlibnet.torch_net import build_network
from featfer.features.dlibnet.weights import backbone_weights
from featfer.finetuning import Recipe, finetune, make_recipe
from featfer.finetuning.recipe import augment, mix
from featfer.finetuning.trainer import FineTuner
from featfer.recognizer import Recognizer
from featfer.store.opening import open_table
from featfer.training.classifier import train
from featfer.utils import fitted_files

QUICK = Recipe(epochs=2, batch=7, average=0.5)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, fer_rows, one_thread):
    """(path of a backbone of two epochs on 14 faces, its card, the csv that it is made from)."""
    folder = tmp_path_factory.mktemp("tuned")
    csv = write_csv(folder / "fer2013.csv", fer_rows)
    return folder / "backbone.npz", finetune(csv, folder / "backbone.npz", QUICK, command="featfer finetune"), csv


@pytest.fixture
def votes_csv(tmp_path):
    """The votes of FER+ on the 42 rows of `fer_csv`: seven raters for neutral, three for another expression."""
    emotions = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
    counts = np.zeros((42, 10), int)
    counts[:, 0] = 7
    counts[np.arange(42), 1 + np.arange(42) % 6] = 3
    usages = np.repeat(["Training", "PublicTest", "PrivateTest"], 14)
    rows = [f"{usage},{','.join(map(str, row))}" for usage, row in zip(usages, counts, strict=True)]
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join([f"Usage,{','.join(emotions)}", *rows]) + "\n")
    return path


def test_it_learns_what_can_be_learnt(fer_rows, one_thread):
    chips = np.stack([find_faces(image)[0].chip()[..., 0] for _, image, _ in fer_rows[:14]])
    labels = np.arange(14) % 2
    chips[labels == 1] //= 2
    still = Recipe(epochs=12, batch=7, lr=1e-4, smoothing=0, dropout=0, turn=0, zoom=0, shift=0, light=0, erase=0, average=0.5)
    tuner = FineTuner(find_model_file(NETWORK_FILE), 2, chips, labels, still, "cpu")
    tuner.train()
    losses = [epoch["loss"] for epoch in tuner.history]
    assert losses[0] > 0.7 and losses[-1] < 0.5
    assert (tuner.predict(chips) == labels).mean() > 0.75


def test_the_gradient_is_clipped_and_the_average_follows(fer_rows, monkeypatch, one_thread):
    chips = np.stack([find_faces(image)[0].chip()[..., 0] for _, image, _ in fer_rows[:2]])
    tuner, lengths = FineTuner(find_model_file(NETWORK_FILE), 2, chips, np.arange(2), replace(QUICK, average=0.75), "cpu"), []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda weights, most: (lengths.append(most), clip(weights, most)))
    before = {name: value.clone() for name, value in tuner.net.state_dict().items()}
    tuner.train_epoch()
    after, average = tuner.net.state_dict(), tuner.averaged_net().state_dict()
    assert lengths == [1.0]
    for kind in (".conv.weight", ".running_var"):
        name = [name for name in before if name.endswith(kind)][-1]
        assert not torch.equal(before[name], after[name])
        torch.testing.assert_close(average[name], 0.75 * before[name] + 0.25 * after[name])
    x, _ = tuner.load(torch.arange(2))
    assert (x[:, 0] - torch.from_numpy(chips)).abs().mean() > 5  # changed at random


def test_votes_are_learnt_beside_the_labels_and_never_predicted(fer_rows, one_thread):
    chips = np.stack([find_faces(image)[0].chip()[..., 0] for _, image, _ in fer_rows[:14]])
    labels, votes = np.arange(14) % 2, np.zeros((14, 3), np.float32)
    votes[:12, 2] = 1  # two faces have none
    still = Recipe(epochs=4, batch=7, lr=1e-4, head_lr=0.03, dropout=0, turn=0, zoom=0, shift=0, light=0, erase=0, average=0.5)
    tuner = FineTuner(find_model_file(NETWORK_FILE), 2, chips, labels, still, "cpu", votes=votes)
    assert tuner.net.head[1].out_features == 2 + 3
    tuner.train()
    losses = [epoch["loss_of_votes"] for epoch in tuner.history]
    assert losses[0] > 0.3 and losses[-1] < 0.2
    assert set(tuner.predict(chips)) <= {0, 1}  # though the third vote has the highest score of all


def test_the_loss_of_votes_counts_by_its_weight(fer_rows, one_thread):
    chips = np.stack([find_faces(image)[0].chip()[..., 0] for _, image, _ in fer_rows[:4]])
    votes = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    recipe = Recipe(dropout=0, smoothing=0, votes=0.25)
    tuner = FineTuner(find_model_file(NETWORK_FILE), 2, chips, np.arange(4) % 2, recipe, "cpu", votes=votes)
    tuner.net.eval()
    x, y = torch.from_numpy(chips)[:, None].float(), torch.from_numpy(tuner.targets)
    loss, sums = tuner.loss(x, y)
    assert loss.item() == pytest.approx((sums["loss"] + 0.25 * sums["loss_of_votes"]) / 4, rel=1e-5)


def test_the_card_says_which_votes_were_learnt(fer_csv, votes_csv, tmp_path, one_thread):
    card = finetune(fer_csv, tmp_path / "backbone.npz", replace(QUICK, epochs=1), votes=votes_csv)
    assert len(card["votes"]) > 10 and card["history"][0]["loss_of_votes"] > 0
    votes_csv.write_text("\n".join(votes_csv.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(DataError, match=r"41 rows, where .* has 42"):
        finetune(fer_csv, tmp_path / "other.npz", QUICK, votes=votes_csv)


def test_accuracy_on_val_is_measured_without_duplicates_too(one_thread):
    val = np.zeros((4, 150, 150), np.uint8), np.array([0, 0, 1, 1]), np.array([True, False, False, False])
    tuner = FineTuner(find_model_file(NETWORK_FILE), 2, val[0], val[1], QUICK, "cpu", val)
    tuner.predict = lambda chips: np.array([0, 1, 1, 0])
    assert tuner.validate() == {"val": 0.5, "val_without_copies": pytest.approx(1 / 3)}


def test_the_card_describes_the_training(tuned):
    path, card, _ = tuned
    assert json.loads(path.with_suffix(".json").read_text()) == card
    assert [epoch["epoch"] for epoch in card["history"]] == [1, 2]
    assert all(0 <= epoch["val"] <= 1 and epoch["loss"] > 0 and epoch["seconds"] > 0 for epoch in card["history"])
    assert card["recipe"]["batch"] == 7 and card["command"] == "featfer finetune"
    assert not path.with_suffix(".checkpoint").exists()


def test_frozen_levels_stay_and_the_others_change(tuned):
    before, after = _load_torch_network("float32", "cpu", DLIB), build_network(
        backbone_weights(tuned[0].read_bytes(), "backbone"))
    changes = [float((one - other).abs().max()) for one, other in zip(
        before.levels.parameters(), after.levels.parameters(), strict=True)]
    frozen = len(list(before.levels[0].parameters()))
    assert max(changes[:frozen]) < 1e-3  # half precision
    assert min(change for change in changes[frozen:]) > 0
    assert torch.equal(after.head.weight, torch.zeros(128, 256))


def test_a_backbone_keeps_what_it_is_asked_to(tuned, tmp_path, photo):
    path, card, csv = tuned
    again = finetune(csv, tmp_path / "cut.npz", QUICK, stage="128x8x8")
    assert [epoch["val"] for epoch in again["history"]] == [epoch["val"] for epoch in card["history"]]
    whole, cut = np.load(path), np.load(tmp_path / "cut.npz")
    assert set(cut) == {name for name in whole if not name.startswith(("levels.3", "levels.4"))}
    faces = find_faces(photo)
    maps = [Stage("128x8x8", network=str(file)).transform(faces) for file in (path, tmp_path / "cut.npz")]
    np.testing.assert_array_equal(*maps)
    network = build_network(backbone_weights((tmp_path / "cut.npz").read_bytes(), "cut"))
    assert len(network.levels) == 3
    with pytest.raises(ParameterError, match=r"stage: '256x4x4' is beyond the last stage of network '.*cut\.npz', 128x8x8"):
        Stage("256x4x4", network=str(tmp_path / "cut.npz")).transform(faces)


def test_a_stop_after_an_epoch_changes_nothing(tuned, tmp_path, monkeypatch):
    path, card, csv = tuned
    save = FineTuner.save

    def save_and_stop(self, *args):
        save(self, *args)
        raise KeyboardInterrupt
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FineTuner, "save", save_and_stop)
        finetune(csv, tmp_path / "again.npz", QUICK)
    assert (tmp_path / "again.checkpoint").exists() and not (tmp_path / "again.npz").exists()
    with pytest.raises(ParameterError, match="another network or recipe; remove it"):
        finetune(csv, tmp_path / "again.npz", replace(QUICK, smoothing=0.2))
    again = finetune(csv, tmp_path / "again.npz", QUICK)["history"]
    assert [epoch | {"seconds": 0} for epoch in again] == [epoch | {"seconds": 0} for epoch in card["history"]]
    one, other = np.load(path), np.load(tmp_path / "again.npz")
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_stages_of_the_backbone_are_features_of_their_own(tuned, tmp_path, photo):
    path, _, csv = tuned
    feature = Stage("256x2x2/1x1", network=str(path))
    assert feature.key != Stage("256x2x2/1x1").key
    assert str(path) not in json.dumps(feature.fingerprint)
    extract(csv, tmp_path / "store", [feature], jobs=1)
    recognizer, _ = train(open_table(tmp_path / "store", [feature]), "svm")
    expected, key, fingerprint = recognizer.predict(photo), feature.key, feature.fingerprint
    state = recognizer.__getstate__()
    fitted_files._contents.clear()
    fitted_files._read.cache_clear()
    moved = path.rename(tmp_path / "moved.npz")
    again = Recognizer.__new__(Recognizer)
    again.__setstate__(state)
    assert again.predict(photo) == expected
    assert restore_feature(fingerprint).key == Stage("256x2x2/1x1", network=str(moved)).key == key
    moved.rename(path)


def test_augmentation_keeps_shape_and_range_and_changes_every_chip():
    chips = torch.randint(0, 256, (16, 30, 30), dtype=torch.uint8)
    torch.manual_seed(0)
    changed = augment(chips, Recipe())
    assert changed.shape == (16, 1, 30, 30) and changed.dtype == torch.float32
    assert changed.min() >= 0 and changed.max() <= 255
    assert (changed[:, 0] - chips).abs().mean(dim=(1, 2)).min() > 5


def test_mixup_mixes_chips_and_targets_alike():
    torch.manual_seed(0)
    x = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 1, 4, 4)
    mixed, targets = mix(x, x[:, 0, 0, :1], 0.4)
    assert torch.allclose(mixed[:, 0, 0, :1], targets) and not torch.equal(mixed, x)
    assert mixed.min() >= 0 and mixed.max() <= 7 and mixed.mean() == pytest.approx(3.5)


def test_without_change_augmentation_mirrors_half():
    chips = torch.randint(0, 256, (64, 30, 30), dtype=torch.uint8)
    still = augment(chips, Recipe(turn=0, zoom=0, shift=0, light=0, erase=0))[:, 0]
    same = (still - chips).abs().amax(dim=(1, 2)) < 0.1
    mirrored = (still - chips.flip(2)).abs().amax(dim=(1, 2)) < 0.1
    assert (same ^ mirrored).all() and 16 < same.sum() < 48


@pytest.mark.parametrize(("params", "words"), [
    ({"epochs": 0}, "epochs 0 is not a whole number from 1"), ({"head_lr": 0}, "head_lr 0 is not a number above 0"),
    ({"epoch": 3}, r"epoch 3 is not known \(did you mean epochs\?\); there are average, "),
    ({"seed": True}, "seed True is not a whole number"), ({"lr": "fast"}, "lr 'fast' is not a number above 0"),
    ({"batch": 1.5}, "batch 1.5 is not a whole number from 1"),
    ({"turn": float("nan")}, "turn nan is not a number")])
def test_invalid_recipes_are_refused(params, words):
    with pytest.raises(ParameterError, match=words):
        make_recipe(**params)
    with pytest.raises((ParameterError, TypeError)):
        Recipe(**params)


def test_bad_arguments_are_refused(tmp_path, fer_csv, photo):
    with pytest.raises(ParameterError, match=r"ends in \.npz"):
        finetune(fer_csv, tmp_path / "backbone.pt")
    with pytest.raises(DataError, match="no labelled train split"):
        finetune(photo, tmp_path / "b.npz")
    with pytest.raises(MissingError, match="cuda:7"):
        finetune(fer_csv, tmp_path / "b.npz", device="cuda:7")
    with pytest.raises(ParameterError, match="stage '4x4' is none of 32x35x35, "):
        finetune(fer_csv, tmp_path / "b.npz", stage="4x4")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_files_that_are_not_backbones_are_refused(tmp_path, content, photo):
    path = tmp_path / "backbone.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a backbone"):
        Stage(network=str(path)).transform(find_faces(np.zeros((48, 48), np.uint8)))
