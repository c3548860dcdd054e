"""The training loop."""

from collections import Counter

import pytest
import torch
from torch import nn

from featfer.cnn.loop import Training
from featfer.cnn.recipe import plain_recipe
from featfer.errors import ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = {"epochs": 4, "batch": 16, "lr": 0.01, "augment": {"flip": 0.5, "shift": 0.05}}


class Stop(Exception):
    """What a test stops a training with."""


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


def training(**changes):
    return Training(small_net(), plain_recipe(RECIPE, changes), 2, seed=1)


def val():
    pixels, labels = images(20, seed=5)
    return pixels, labels, torch.arange(20) < 5


def trained(checkpoint=None, stop_after=None, **changes):
    """Train the small network, as far as an epoch; return the Training."""
    begun = training(**changes)
    if stop_after:
        score = begun._log

        def log(writer):
            score(writer)
            if len(begun.history) == stop_after:
                raise Stop
        begun._log = log
        with pytest.raises(Stop):
            begun.run({None: images()}, val(), checkpoint, {"name": "it"})
        return begun
    begun.net_used = begun.run({None: images()}, val(), checkpoint, {"name": "it"})
    return begun


def without_seconds(history):
    return [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in history]


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_the_loss_falls_and_val_is_learnt():
    history = trained(epochs=8).history
    assert [epoch["epoch"] for epoch in history] == list(range(1, 9))
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert history[-1]["val"] > 0.9
    assert history[-1]["train"] > history[0]["train"]
    assert set(history[0]) == {"step", "epoch", "rate", "loss", "train", "seconds", "val", "val_without_copies", "val_loss"}


@pytest.mark.parametrize("changes", [
    {}, {"average": 0.9, "keep": "best"}, {"schedule": "plateau", "optimizer": "sgd", "patience": 0},
    {"adversarial": {"norm": "l2"}, "optimizer": "adam"}, {"copies": 2, "precision": "bf16"}])
def test_stopped_and_resumed_is_not_stopped(tmp_path, changes):
    whole = trained(**changes)
    checkpoint = tmp_path / "it.checkpoint"
    trained(checkpoint, stop_after=2, **changes)
    assert checkpoint.exists()
    again = trained(checkpoint, **changes)
    assert without_seconds(again.history) == without_seconds(whole.history)
    assert same_weights(again.net_used, whole.net_used)


def test_steps_follow_each_other_with_their_own_data_and_rate(tmp_path):
    data, other = {None: images(), ("crop:32", None): images(32, seed=9)}, []
    steps = [{"epochs": 2, "lr": 0.02, "features": "crop:32", "schedule": "constant"}, {"epochs": 1, "lr": 0.005,
                                                                                        "schedule": "constant"}]
    begun = Training(small_net(), plain_recipe({"batch": 16, "steps": steps}), 2)
    epoch = begun._epoch
    begun._epoch = lambda step, *rest: (other.append((step.features, len(rest[1]))), epoch(step, *rest))
    begun.run(data, val())
    assert [(e["step"], e["rate"]) for e in begun.history] == [(1, 0.02), (1, 0.02), (2, 0.005)]
    assert other == [("crop:32", 32), ("crop:32", 32), (None, 64)]


def test_each_step_has_its_share_of_the_networks_dropout():
    begun, seen = training(steps=[{"epochs": 1, "dropout": 0.0}, {"epochs": 2, "dropout": 0.5}, {"epochs": 1}]), []
    epoch = begun._epoch
    begun._epoch = lambda *of: (seen.append(begun.net[4].p), epoch(*of))
    begun.run({None: images()})
    assert seen == [0.0, 0.1, 0.1, 0.2]


def test_resumed_between_two_steps(tmp_path):
    changes = {"steps": [{"epochs": 2, "dropout": 0.5}, {"epochs": 2, "dropout": 0.25, "optimizer": "sgd",
                                                         "schedule": "milestones", "milestones": [1]}]}
    whole, checkpoint = trained(**changes), tmp_path / "it.checkpoint"
    for stop_after in (2, 3):
        trained(checkpoint, stop_after=stop_after, **changes)
    again = trained(checkpoint, **changes)
    assert without_seconds(again.history) == without_seconds(whole.history)
    assert same_weights(again.net_used, whole.net_used)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    checkpoint = tmp_path / "it.checkpoint"
    trained(checkpoint, stop_after=1)
    with pytest.raises(ParameterError, match=r"it.checkpoint: from a run with other data, another network or recipe"):
        training().run({None: images()}, val(), checkpoint, {"name": "another"})


def test_the_best_weights_are_kept_where_the_recipe_says_so():
    pixels, labels, copied = val()
    labels = 1 - labels  # wrong all through: what is learnt makes it worse
    best, last = training(keep="best"), training(keep="last")
    nets = [begun.run({None: images()}, (pixels, labels, copied)) for begun in (best, last)]
    reached = [epoch["val_without_copies"] for epoch in best.history]
    assert reached[-1] < max(reached)
    for net, expected in zip(nets, (max(reached), reached[-1]), strict=True):
        right = best.scores(net, pixels).argmax(dim=1) == labels
        assert float(right[~copied].float().mean()) == pytest.approx(expected, abs=1e-4)


def test_a_step_stops_when_val_stands_still():
    steps = [{"epochs": 30, "lr": 1e-9, "schedule": "constant", "stop": 3}]
    assert len(trained(steps=steps).history) <= 6


def test_without_val_there_is_no_val_in_the_history():
    begun = training(schedule="plateau")
    begun.run({None: images()})
    assert "val" not in begun.history[-1]


def test_copies_show_every_image_as_often():
    seen = []
    begun = training(copies=3, epochs=1)
    begin = begun._begin

    def watched(step, labels):
        begin(step, labels)
        augment = begun.augment
        begun.augment = lambda x: (seen.append(len(x)), augment(x))[1]
    begun._begin = watched
    begun.run({None: images()})
    assert sum(seen) == 3 * 64


@pytest.mark.parametrize(("plain", "changed"), [(0, 192), (1, 128), (3, 0)])
def test_plain_copies_are_shown_as_they_are(plain, changed):
    shown, begun = [], training(copies=3, plain=plain, epochs=1, batch=20)
    begin, (pixels, labels) = begun._begin, images()

    def watched(step, labels):
        begin(step, labels)
        loss_of = begun.loss_of
        begun.augment = lambda x: torch.full_like(x, 0.5)
        begun.loss_of = lambda net, x, y: (shown.extend(zip(x.clone(), y, strict=True)), loss_of(net, x, y))[1]
    begun._begin = watched
    begun.run({None: (pixels, labels)})
    as_they_are = [(x, y) for x, y in shown if not (x == 0.5).all()]
    assert (len(shown), len(shown) - len(as_they_are)) == (192, changed)
    assert Counter(int(y) for _, y in as_they_are) == {label: plain * int((labels == label).sum()) for label in (0, 1) if plain}
    originals = {(tuple((image.float() / 255).flatten().tolist()), int(y)) for image, y in zip(pixels, labels, strict=True)}
    assert {(tuple(x.flatten().tolist()), int(y)) for x, y in as_they_are} == (originals if plain else set())


def test_no_batch_is_of_one_image():
    seen = []
    begun = training(epochs=1, batch=21, schedule="one-cycle")  # 64 = 3 x 21 + 1
    begin = begun._begin

    def watched(step, labels):
        begin(step, labels)
        begun.augment = lambda x: (seen.append(len(x)), x)[1]
    begun._begin = watched
    begun.run({None: images()})
    assert seen == [21, 21, 22]


def test_an_averaged_network_lags_behind_the_last_one():
    averaged = trained(average=0.99)
    assert not same_weights(averaged.net_used, averaged.net)
