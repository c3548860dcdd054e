"""What the tests of networks share."""

import torch
from helpers.commands import succeeded
from helpers.fer2013 import write_csv
from torch import nn

from featfer.cnn.networks import make_network
from featfer.cnn.recipe import parse_recipe
from featfer.cnn.trainer import CNNTrainer
from featfer.extraction.run import extract
from featfer.features import make_features

SMALL = ("--cnn", "blocks", "--param", "blocks=[[1, 4, 3, 0.0]]", "--param", "hidden=4", "--param", "epochs=2",
         "--param", "augment={}")


def on_paper(name, *args, **params):
    """Return a network that has shapes and no numbers, and so costs nothing."""
    with torch.device("meta"):
        return make_network(name, *args, **params)


def layers(net, kind):
    return [layer for layer in net.modules() if isinstance(layer, kind)]


def alike(one, other):
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def patterns():
    """Return eight images of seven classes that do not look alike, uint8 (8, 1, 48, 48), and which class each is of."""
    labels = torch.arange(8) % 7
    squares = torch.rand(7, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    return (255 * nn.functional.interpolate(squares, scale_factor=8)[labels]).to(torch.uint8), labels


def losses(net, lr, steps):
    """Return the loss on those images before each of some steps of AdamW; dropout, which would drown so few, is left out."""
    for layer in layers(net, nn.Dropout):
        layer.p = 0.0
    recipe = parse_recipe({"epochs": steps, "batch": 8, "optimizer": "adamw", "lr": lr, "schedule": "constant"})
    trainer = CNNTrainer(net, recipe, 7, {None: patterns()}, seed=1)
    trainer.train()
    return [epoch["loss"] for epoch in trainer.history]


def small_cnn(folder, rows, *words):
    """Train a small network on crops of rows by the command; return paths of the store, with mirrored ones, and the bundle."""
    store, out = folder / "store", folder / "small.joblib"
    features = [*make_features("crop"), *make_features("crop", view="flip")]
    extract(write_csv(folder / "fer2013.csv", rows), store, features, jobs=1)
    succeeded("train", *SMALL, "--store", store, "--out", out, *words)
    return store, out
