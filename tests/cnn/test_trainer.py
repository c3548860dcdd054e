"""The training of an image classifier."""

from collections import Counter

import pytest
import torch
from torch import nn

from featfer.cnn.recipe import parse_recipe
from featfer.cnn.trainer import CNNTrainer

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = {"epochs": 4, "batch": 16, "lr": 0.01, "augment": {"flip": 0.5, "shift": 0.05}}


class Stop(Exception):
    """Raised by a test to stop a training."""


def images(count=64, seed=0):
    """Faces of two kinds: bright above, or bright below; uint8 (count, 1, 16, 16), and which kind."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    pixels = torch.randint(0, 120, (count, 1, 16, 16), generator=draw, dtype=torch.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[0, slice(0, 8) if label else slice(8, 16)] += 100
    return pixels, labels


def small_net():
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Dropout(0.2),
                         nn.Flatten(), nn.Linear(64, 2))


def val():
    pixels, labels = images(20, seed=5)
    return pixels, labels, torch.arange(20) < 5


def trainer(with_val=True, **changes):
    return CNNTrainer(small_net(), parse_recipe(RECIPE, changes), 2, {None: images()}, val() if with_val else None, seed=1)


def trained(checkpoint=None, **changes):
    """Return a CNNTrainer that has trained the small network, and its result."""
    begun = trainer(**changes)
    return begun, begun.train(checkpoint)


def stopped(checkpoint, after, **changes):
    """Train the small network up to an epoch."""
    stop(trainer(**changes), checkpoint, after)


def stop(begun, checkpoint, after):
    """Train up to an epoch."""
    write = begun.write_curves

    def write_and_stop(log):
        write(log)
        if len(begun.history) == after:
            raise Stop
    begun.write_curves = write_and_stop
    with pytest.raises(Stop):
        begun.train(checkpoint)


def without_seconds(history):
    return [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in history]


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_the_loss_falls_and_val_is_learnt():
    history = trained(epochs=8)[0].history
    assert [epoch["epoch"] for epoch in history] == list(range(1, 9))
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert history[-1]["val"] > 0.9
    assert history[-1]["train"] > history[0]["train"]
    assert set(history[0]) == {"step", "epoch", "rate", "loss", "train", "seconds", "val", "val_without_copies", "val_loss"}


@pytest.mark.parametrize("changes", [
    {}, {"average": 0.9, "keep": "best"}, {"schedule": "plateau", "optimizer": "sgd", "patience": 0},
    {"adversarial": {"norm": "l2"}, "optimizer": "adam"}, {"copies": 2, "precision": "bf16"}])
def test_a_resumed_training_ends_like_an_uninterrupted_one(tmp_path, changes):
    whole, net = trained(**changes)
    checkpoint = tmp_path / "it.checkpoint"
    stopped(checkpoint, 2, **changes)
    again, same = trained(checkpoint, **changes)
    assert without_seconds(again.history) == without_seconds(whole.history)
    assert same_weights(same, net)


def test_steps_follow_each_other_with_their_own_data_and_rate(tmp_path):
    data, other = {None: images(), ("crop:32", None): images(32, seed=9)}, []
    steps = [{"epochs": 2, "lr": 0.02, "features": "crop:32", "schedule": "constant"}, {"epochs": 1, "lr": 0.005,
                                                                                        "schedule": "constant"}]
    begun = CNNTrainer(small_net(), parse_recipe({"batch": 16, "steps": steps}), 2, data, val())
    epoch = begun.train_epoch
    begun.train_epoch = lambda: (other.append((begun.step.features, len(begun.labels))), epoch())
    begun.train()
    assert [(e["step"], e["rate"]) for e in begun.history] == [(1, 0.02), (1, 0.02), (2, 0.005)]
    assert other == [("crop:32", 32), ("crop:32", 32), (None, 64)]


def test_each_step_scales_the_dropout_rates():
    begun, seen = trainer(steps=[{"epochs": 1, "dropout": 0.0}, {"epochs": 2, "dropout": 0.5}, {"epochs": 1}]), []
    epoch = begun.train_epoch
    begun.train_epoch = lambda: (seen.append(begun.net[4].p), epoch())
    begun.train()
    assert seen == [0.0, 0.1, 0.1, 0.2]


def test_resumed_between_two_steps(tmp_path):
    changes = {"steps": [{"epochs": 2, "dropout": 0.5}, {"epochs": 2, "dropout": 0.25, "optimizer": "sgd",
                                                         "schedule": "milestones", "milestones": [1]}]}
    (whole, net), checkpoint = trained(**changes), tmp_path / "it.checkpoint"
    for epochs in (2, 3):
        stopped(checkpoint, epochs, **changes)
    again, same = trained(checkpoint, **changes)
    assert without_seconds(again.history) == without_seconds(whole.history)
    assert same_weights(same, net)


def test_the_best_weights_are_kept_if_the_recipe_says_so():
    pixels, labels, copied = val()
    labels = 1 - labels  # wrong all through: what is learnt makes it worse
    best, last = trainer(keep="best"), trainer(keep="last")
    best.val = last.val = pixels, labels, copied
    nets = [best.train(), last.train()]
    reached = [epoch["val_without_copies"] for epoch in best.history]
    assert reached[-1] < max(reached)
    for net, expected in zip(nets, (max(reached), reached[-1]), strict=True):
        right = best.compute_scores(net, pixels).argmax(dim=1) == labels
        assert float(right[~copied].float().mean()) == pytest.approx(expected, abs=1e-4)


def test_the_best_weights_survive_a_stop(tmp_path):
    pixels, labels, copied = val()
    nets, checkpoint = [], tmp_path / "it.checkpoint"
    for after in (None, 3):
        begun, again = (trainer(keep="best") for _ in range(2))
        begun.val = again.val = pixels, 1 - labels, copied  # wrong all through: the first epoch is the best
        if after:
            stop(begun, checkpoint, after)
        nets.append(again.train(checkpoint if after else None))
    assert same_weights(*nets)


def test_the_rate_falls_when_the_loss_on_val_rises():
    begun = trainer(schedule="plateau", patience=0)
    pixels, labels, copied = val()
    begun.val = pixels, 1 - labels, copied  # wrong all through
    begun.train()
    assert begun.history[-1]["loss"] < begun.history[0]["loss"]
    assert begun.history[-1]["rate"] < begun.history[0]["rate"]


def test_without_val_the_rate_falls_when_the_loss_stands_still():
    begun, _ = trained(with_val=False, schedule="plateau", optimizer="sgd", lr=1e-6, patience=0, dropout=0.0, augment={})
    assert begun.history[-1]["rate"] < begun.history[0]["rate"]


def test_bf16_is_another_precision():
    nets = [trained(precision=precision)[1] for precision in ("float32", "bf16")]
    assert not same_weights(*nets)


def test_a_step_stops_when_val_stands_still():
    steps = [{"epochs": 30, "lr": 1e-9, "schedule": "constant", "stop": 3}]
    assert len(trained(steps=steps)[0].history) <= 6


def test_without_val_there_is_no_val_in_the_history():
    begun, _ = trained(with_val=False, schedule="plateau")
    assert "val" not in begun.history[-1]


def test_copies_repeat_every_image():
    seen = []
    begun = trainer(copies=3, epochs=1)
    begin = begun.begin_step

    def watched():
        begin()
        augment = begun.augment
        begun.augment = lambda x: (seen.append(len(x)), augment(x))[1]
    begun.begin_step = watched
    begun.train()
    assert sum(seen) == 3 * 64


@pytest.mark.parametrize(("plain", "changed"), [(0, 192), (1, 128), (3, 0)])
def test_plain_copies_are_not_augmented(plain, changed):
    shown, begun = [], trainer(copies=3, plain=plain, epochs=1, batch=20)
    begin, (pixels, labels) = begun.begin_step, images()

    def watched():
        begin()
        loss_of = begun.loss_of
        begun.augment = lambda x: torch.full_like(x, 0.5)
        begun.loss_of = lambda net, x, y: (shown.extend(zip(x.clone(), y, strict=True)), loss_of(net, x, y))[1]
    begun.begin_step = watched
    begun.train()
    as_they_are = [(x, y) for x, y in shown if not (x == 0.5).all()]
    assert (len(shown), len(shown) - len(as_they_are)) == (192, changed)
    assert Counter(int(y) for _, y in as_they_are) == {label: plain * int((labels == label).sum()) for label in (0, 1) if plain}
    originals = {(tuple((image.float() / 255).flatten().tolist()), int(y)) for image, y in zip(pixels, labels, strict=True)}
    assert {(tuple(x.flatten().tolist()), int(y)) for x, y in as_they_are} == (originals if plain else set())


def test_no_batch_has_one_image():
    seen = []
    begun = trainer(epochs=1, batch=21, schedule="one-cycle")  # 64 = 3 x 21 + 1
    begin = begun.begin_step

    def watched():
        begin()
        begun.augment = lambda x: (seen.append(len(x)), x)[1]
    begun.begin_step = watched
    begun.train()
    assert seen == [21, 21, 22]


def test_the_result_is_the_averaged_network():
    begun, net = trained(average=0.99)
    assert net is begun.average.module and not same_weights(net, begun.net)
