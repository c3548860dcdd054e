import json

import numpy as np
from helpers.commands import refused, run, succeeded
from helpers.superresolved import save_generator
from PIL import Image

QUICK = ("--param", "width=4", "--param", "blocks=1", "--param", "batch=7", "--epochs", 1)


def test_a_generator_is_trained_shown_and_applied(tmp_path, fer_csv, crops):
    out, enlarged = tmp_path / "generator.npz", tmp_path / "enlarged"
    printed = succeeded("superres", "train", fer_csv, "--out", out, *QUICK, "--adversarial", 1, "--log", tmp_path / "log",
                        "--score-test").splitlines()
    assert [line.split(" PSNR")[0] for line in printed[:-1]] == [
        f"{split}: {name}" for split in ("val", "test") for name in ("generator", "bicubic", "lanczos")]
    assert printed[-1].startswith("Trained on 14 faces in ") and str(out) in printed[-1]
    assert json.loads(out.with_suffix(".json").read_text())["command"].split()[0] == "featfer"
    assert list((tmp_path / "log").glob("events.*"))

    assert succeeded("superres", "apply", fer_csv, "--out", enlarged, "--model", out, "--jobs", 1) == (
        f"Enlarged 42 images into {enlarged}.\n")
    assert Image.open(next(enlarged.glob("*.png"))).size == (192, 192)
    assert "0 images" in succeeded("superres", "apply", fer_csv, "--out", enlarged, "--model", out)
    shown = succeeded("info", out)
    assert "generator   srgan, 4 times, 4 channels, 1 block" in shown and "PSNR" in shown and "bicubic" in shown


def test_json_is_the_card(tmp_path, fer_csv):
    out = tmp_path / "generator.npz"
    card = json.loads(succeeded("superres", "train", fer_csv, "--out", out, *QUICK, "--json"))
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["recipe"]["width"] == 4 and card["generator"] == "srresnet"
    assert json.loads(succeeded("info", out, "--json")) == card


def test_extract_train_and_predict_take_it(tmp_path, fer_csv, crops):
    generator = save_generator(tmp_path / "small.npz")
    Image.fromarray(crops[0]).save(tmp_path / "face.png")
    words = ("--store", tmp_path / "store", "--features", "crop:64", "--superres", generator)
    succeeded("extract", fer_csv, *words, "--jobs", 1)
    succeeded("train", "--clf", "svm", *words, "--out", tmp_path / "svm.joblib")
    assert "face.png" in succeeded("predict", tmp_path / "face.png", "--model", tmp_path / "svm.joblib")
    line = refused("train", "--clf", "svm", *words[:4], "--out", tmp_path / "plain.joblib")
    assert line.endswith(f"; run `featfer extract {tmp_path / 'fer2013.csv'} --store {tmp_path / 'store'} --features crop:64`")


def test_mistakes_get_one_line(tmp_path, fer_csv, crops):
    out = tmp_path / "out"
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    apply = ("superres", "apply", fer_csv, "--out", out)
    assert "'srres' is no file, and none of srresnet" in refused(*apply, "--model", "srres")
    assert "broken.npz: not a generator" in refused(*apply, "--model", tmp_path / "broken.npz")
    assert "'half' is none of float32, bf16" in refused(*apply, "--precision", "half")
    assert "no such file or folder" in refused("superres", "apply", tmp_path / "none", "--out", out, "--model", "bicubic")
    assert "'srres' is no file" in refused("extract", fer_csv, "--store", tmp_path / "store", "--superres", "srres")
    train = ("superres", "train", fer_csv, "--out", tmp_path / "g.npz")
    assert "nothing to train" in refused(*train, "--epochs", 0)
    assert "side 50" in refused(*train, "--side", 50)
    assert "speed 2 is not known (did you mean seed?); there are adversarial" in refused(*train, "--param", "speed=2")
    assert "is not of the form" in refused(*train, "--param", "speed")
    (tmp_path / "file").write_text("")
    apply = ("superres", "apply", fer_csv, "--out", tmp_path / "file" / "out")
    assert "cannot be written" in refused(*apply, "--model", "bicubic")


def test_images_that_cannot_be_enlarged_are_errors_and_the_rest_is_done(tmp_path, crops):
    (tmp_path / "in").mkdir()
    Image.fromarray(crops[0]).save(tmp_path / "in" / "good.png")
    Image.fromarray(np.zeros((900, 1200), np.uint8)).save(tmp_path / "in" / "large.png")
    result = run("superres", "apply", tmp_path / "in", "--out", tmp_path / "out", "--model", "bicubic")
    assert result.exit_code == 1 and "Enlarged 1 image" in result.stdout
    assert result.stderr.startswith("Error: large.png not made: 1200x900 is more than 1,000,000 pixels")


def test_help_names_the_sizes_it_was_not_trained_for():
    for command in ("train", "apply"):
        printed = " ".join(succeeded("superres", command, "--help").split())
        assert "featfer superres train fer2013.csv" in printed or "featfer superres apply photos" in printed
        assert "48" in printed and "192" in printed
