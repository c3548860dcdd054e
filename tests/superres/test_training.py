import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.fer2013 import write_csv
from PIL import Image

from featfer.errors import DataError, MissingError, ParameterError
from featfer.superres.enlarging import Enlargement
from featfer.superres.pairs import load_faces, shrink
from featfer.superres.recipe import Recipe, make_recipe
from featfer.superres.run import train
from featfer.superres.trainer import GeneratorTrainer

QUICK = Recipe(epochs=2, adversarial=1, width=8, blocks=1, batch=4, average=0.5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, fer_rows, one_thread):
    """(path of a generator of two epochs and an adversarial one on 14 faces, its card, the csv that it is made from)."""
    folder = tmp_path_factory.mktemp("trained")
    csv = write_csv(folder / "fer2013.csv", fer_rows)
    return folder / "generator.npz", train(csv, folder / "generator.npz", QUICK, command="featfer superres train"), csv


def test_the_loss_falls_and_bicubic_is_beaten(crops, one_thread):
    true, recipe = crops[:8], replace(QUICK, epochs=60, adversarial=0, width=16, lr=3e-3)
    trainer = GeneratorTrainer(true, recipe)
    trainer.train()
    losses = [epoch["content"] for epoch in trainer.history]
    assert losses[-1] < losses[0] / 2
    made = trainer.enlarge(shrink(true)).astype(float)
    bicubic = np.stack([Enlargement("bicubic")(image) for image in shrink(true)]).astype(float)
    assert ((made - true) ** 2).mean() < 0.7 * ((bicubic - true) ** 2).mean()


def test_the_adversarial_epochs_follow_and_change_the_output(crops, one_thread):
    trainer = GeneratorTrainer(crops[:8], replace(QUICK, epochs=1))
    trainer.train_epoch()
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    trainer.train_epoch()
    assert [epoch["kind"] for epoch in trainer.history] == ["content", "adversarial"] and trainer.is_finished()
    assert set(trainer.history[1]) == {"epoch", "kind", "content", "realism", "judge", "seconds"}
    assert trainer.history[1]["judge"] == pytest.approx(2 * np.log(2), abs=0.5)  # it cannot tell them apart yet
    assert any((before[name] != value).any() for name, value in trainer.net.state_dict().items())


def test_the_gradient_of_the_squared_error_is_clipped_and_the_average_follows_fast(crops, monkeypatch, one_thread):
    trainer, lengths = GeneratorTrainer(crops[:4], replace(QUICK, average=0.999)), []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda weights, most: (lengths.append(most), clip(weights, most)))
    before = trainer.net.first.weight.detach().clone()
    trainer.train_epoch()
    torch.testing.assert_close(trainer.averaged_net().first.weight, 0.1 * before + 0.9 * trainer.net.first.weight)
    assert lengths == [0.1]


def test_a_stop_between_adversarial_epochs_changes_nothing(crops, tmp_path, one_thread):
    whole, begun, again = (GeneratorTrainer(crops[:8], replace(QUICK, epochs=1, adversarial=2)) for _ in range(3))
    whole.train()
    for _ in range(2):
        begun.train_epoch()
    judged = begun.judge.judge[-1].weight.detach().clone()
    begun.save(tmp_path / "it.checkpoint", {})
    again.train(tmp_path / "it.checkpoint", {})
    for part in ("net", "judge", "average"):
        one, other = (getattr(trainer, part).state_dict() for trainer in (whole, again))
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(again.judge.judge[-1].weight, judged)


def test_a_generator_learns_from_the_discriminator(crops, one_thread):
    trainers = [GeneratorTrainer(crops[:4], replace(QUICK, epochs=0, weight=weight)) for weight in (0.0, 10.0)]
    for trainer in trainers:
        trainer.train_epoch()
    assert not torch.equal(*(trainer.net.first.weight for trainer in trainers))


def test_the_means_are_over_batches(crops):
    trainer = GeneratorTrainer(crops[:6], QUICK)
    assert trainer.compute_means({"content": torch.tensor(1.0)}, [range(4), range(2)]) == {"content": 0.5}


def test_the_card_describes_the_training(trained):
    path, card, _ = trained
    assert json.loads(path.with_suffix(".json").read_text()) == card
    assert [(epoch["epoch"], epoch["kind"]) for epoch in card["history"]] == [
        (1, "content"), (2, "content"), (3, "adversarial")]
    assert all(epoch["val_psnr"] > 5 for epoch in card["history"])
    assert (card["generator"], card["rows"], card["scale"], card["width"], card["blocks"]) == ("srgan", 14, 4, 8, 1)
    assert card["figures"]["val"]["images"] == 14 and "test" not in card["figures"]
    assert card["command"] == "featfer superres train" and card["bytes"] == path.stat().st_size
    assert not path.with_suffix(".checkpoint").exists()


def test_a_trained_generator_has_the_figures_of_its_card(trained, fer_rows):
    path, card, _ = trained
    val = np.stack([pixels for _, pixels, usage in fer_rows if usage == "PublicTest"])
    made = np.stack([Enlargement(path)(image) for image in shrink(val)])
    squares = ((made.astype(float) - val) ** 2).mean(axis=(1, 2))
    assert np.mean(10 * np.log10(255**2 / squares)) == pytest.approx(card["figures"]["val"]["generator"]["psnr"], abs=0.01)


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_stop_after_any_epoch_changes_nothing(trained, tmp_path, monkeypatch, epochs):
    path, card, csv = trained
    save = GeneratorTrainer.save

    def save_and_stop(self, *args):
        save(self, *args)
        if len(self.history) == epochs:
            raise KeyboardInterrupt
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(GeneratorTrainer, "save", save_and_stop)
        train(csv, tmp_path / "again.npz", QUICK)
    assert (tmp_path / "again.checkpoint").exists() and not (tmp_path / "again.npz").exists()
    with pytest.raises(ParameterError, match="another network or recipe; remove it"):
        train(csv, tmp_path / "again.npz", replace(QUICK, weight=1.0))
    again = train(csv, tmp_path / "again.npz", QUICK)
    assert [{**epoch, "seconds": 0} for epoch in again["history"]] == [{**epoch, "seconds": 0} for epoch in card["history"]]
    one, other = np.load(path), np.load(tmp_path / "again.npz")
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_training_can_start_from_another_generator(trained, tmp_path):
    path, _, csv = trained
    card = train(csv, tmp_path / "on.npz", replace(QUICK, epochs=0, width=32, adversarial_lr=1e-9), start=path, score_test=True)
    assert (card["width"], card["blocks"]) == (8, 1) and card["start"].startswith("sha256:")
    assert [epoch["kind"] for epoch in card["history"]] == ["adversarial"]
    assert card["figures"]["test"]["images"] == 14
    one, other = np.load(path), np.load(tmp_path / "on.npz")
    assert all(np.allclose(one[name], other[name], atol=1e-6) for name in one)


def test_bf16_trains_too(crops, one_thread):
    trainer = GeneratorTrainer(crops[:4], replace(QUICK, precision="bf16"))
    trainer.train()
    assert all(np.isfinite(value).all() for value in trainer.weights().values())


def test_pairs_are_the_face_and_a_quarter_of_it(crops, photo):
    class Reference:
        def __init__(self, image):
            self.image = image

        def read(self):
            if self.image is None:
                raise DataError("unreadable")
            return self.image
    large = np.asarray(Image.open(photo))
    faces = load_faces([Reference(image) for image in (crops[0], None, crops[1][:40], large)], 48)
    assert faces.shape == (2, 48, 48) and np.array_equal(faces[0], crops[0])
    expected = Image.fromarray(crops[0]).resize((12, 12), Image.Resampling.BICUBIC)
    assert np.array_equal(shrink(faces)[0], np.asarray(expected))
    with pytest.raises(DataError, match="none of 1 image has a face of 64 pixels"):
        load_faces([Reference(crops[0])], 64)


@pytest.mark.parametrize(("params", "words"), [
    ({"epochs": 0}, "epochs and adversarial are both 0"),
    ({"side": 50}, "side 50 is not a whole number divisible by 4 from 16"),
    ({"lr": 0}, "lr 0 is not a number above 0"), ({"precision": "half"}, "precision 'half' is not one of"),
    ({"width": 7}, "width 7 is not"),
    ({"average": 1.0}, "average 1.0"), ({"epoch": 3}, "epoch 3 is not known"),
    ({"batch": 1.5}, "batch 1.5 is not a whole number from 1"),
    ({"weight": "much"}, "weight 'much' is not a number")])
def test_invalid_recipes_are_refused(params, words):
    with pytest.raises(ParameterError, match=words):
        make_recipe(**params)
    with pytest.raises((ParameterError, TypeError)):
        Recipe(**params)


def test_bad_arguments_are_refused(tmp_path, fer_csv, photo):
    with pytest.raises(ParameterError, match=r"ends in \.npz"):
        train(fer_csv, tmp_path / "generator.pt")
    with pytest.raises(DataError, match="no train split"):
        train(photo, tmp_path / "g.npz")
    with pytest.raises(DataError, match="none of 14 images"):
        train(fer_csv, tmp_path / "g.npz", Recipe(side=64))
    with pytest.raises(MissingError, match="cuda:7"):
        train(fer_csv, tmp_path / "g.npz", device="cuda:7")
    with pytest.raises(MissingError, match=r"no\.npz: cannot be read"):
        train(fer_csv, tmp_path / "g.npz", start=tmp_path / "no.npz")
