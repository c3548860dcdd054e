import json
import os
import shlex
from pathlib import Path

import pytest
from featfer_cli.benchmark_plan import run
from helpers.plans import THREE, planned

from featfer.cnn.recipe import Recipe, Step
from featfer.errors import ParameterError

COMMANDS = {  # that made them, in a folder called old
    "svm": "featfer train --clf svm --store old/store --out old/svm.joblib --score-test --param pca=64",
    "lda": "featfer train --clf lda --store old/store --out old/lda.joblib --score-test --features stage:128x8x8 "
           "--network old/backbone.npz",
    "both": "featfer blend old/svm.joblib old/lda.joblib --store old/store --out old/both.joblib --score-test",
    "all": "featfer blend old/both.joblib old/svm.joblib --store old/store --out old/all.joblib --score-test",
}
MEMBERS = {"both": ["svm", "lda"], "all": ["both", "svm"]}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of the benchmark, from which it is run; the list is bench.toml, the work folder work."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put_card(folder, name, **changes):
    """Write the card of a model, made by its command in COMMANDS or by others."""
    made = COMMANDS | changes
    members = [{"name": member, "command": made[member]} for member in MEMBERS.get(name, [])]
    Path(folder).mkdir(exist_ok=True)
    Path(folder, f"{name}.json").write_text(json.dumps({"command": made[name], **({"members": members} if members else {})}))


def put_bundle(name):
    """Write a bundle into the work folder, and its card."""
    put_card("work", name)
    Path("work", f"{name}.joblib").write_text("")


def commands(plan):
    return [str(job) for job in plan.jobs]


def extractions(models):
    """Return the options of the extractions for some models on one store, and the names of those that each model waits for."""
    made = planned("report = false\nmodels = [" + ",".join(
        f'{{ name = "{name}", {words} }}' for name, words in models.items()) + "]")
    start = "featfer extract faces.csv --store work/store "
    assert all(job.arguments[0] != "extract" or str(job).startswith(start) for job in made.jobs)
    return ([str(job).removeprefix(start) for job in made.jobs if job.arguments[0] == "extract"],
            {job.name: [need.removeprefix("extract ") for need in job.needs] for job in made.jobs if job.name in models})


def test_everything_is_made_if_nothing_exists(place):
    made = planned(THREE)
    assert (made.requested, made.missing) == (["svm", "lda", "both"], {"svm": "", "lda": "", "both": ""})
    assert commands(made) == [
        "featfer extract faces.csv --store work/store --features embedding",
        "featfer extract faces.csv --store work/store --features stage:128x8x8 --network work/backbone.npz",
        "featfer train --clf svm --store work/store --out work/svm.joblib --score-test --param pca=64",
        "featfer train --clf lda --store work/store --out work/lda.joblib --score-test --features stage:128x8x8 "
        "--network work/backbone.npz",
        "featfer blend work/svm.joblib work/lda.joblib --store work/store --out work/both.joblib --score-test"]
    assert made.jobs[-1].needs == ["svm", "lda"]
    assert not Path("work").exists()


@pytest.mark.parametrize("more", ["", " --device cuda", " --log=curves", " --jobs 3"])
def test_model_is_done_by_its_card_wherever_it_was_made(place, more):
    for name in ("svm", "lda", "both"):
        put_card("bench", name, lda=COMMANDS["lda"] + more)
    made = planned(THREE)
    assert (made.requested, made.missing, made.jobs) == (["svm", "lda", "both"], {}, [])
    assert made.card_only == ["svm", "lda", "both"]


def test_a_model_that_is_named_is_made_where_its_bundle_is_not_there(place):
    for name in ("svm", "lda", "both"):
        put_card("bench", name)
    put_bundle("svm")
    made = planned(THREE, only=["svm", "lda"])
    assert made.missing == {"lda": "the bundle is needed and is not in work"}
    assert [job.name for job in made.jobs][-1] == "lda" and made.card_only == []


@pytest.mark.parametrize(("old", "new"), [
    ("pca=64", "pca=65"), (" --param pca=64", ""), ("svm --", "rf --"), ("train", "blend"), ("pca=64", "pca=64 --seed 1"),
    ("--out ", ""), ("--param", "'--param")])
def test_a_model_of_another_command_is_made_again(place, old, new):
    put_card("bench", "svm", svm=COMMANDS["svm"].replace(old, new))
    put_bundle("lda")
    assert planned(THREE, only=["svm", "lda"]).missing == {"svm": "the card is of another command, or of other members"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"command": null}', '{"command": ["a"], "members": 3}'])
def test_a_file_that_is_not_a_card_does_not_count(place, text):
    Path("bench").mkdir()
    Path("bench", "svm.json").write_text(text)
    assert list(planned(THREE, only=["svm"]).missing) == ["svm"]


def test_a_fitted_file_elsewhere_in_the_work_folder_is_another_file(place):
    put_card("bench", "lda", lda=COMMANDS["lda"].replace("old/backbone", "older/backbone"))
    assert list(planned(THREE, only=["lda"]).missing) == ["lda"]


def test_a_missing_blend_needs_its_members_in_the_work_folder(place):
    for name in ("svm", "lda"):
        put_card("bench", name)
    put_bundle("lda")
    made = planned(THREE)
    assert made.missing == {"svm": "the bundle is needed and is not in work", "both": ""}
    assert [job.name for job in made.jobs] == ["extract --features embedding", "svm", "both"]
    assert made.jobs[-1].needs == ["svm"]


def test_a_bundle_of_another_command_is_not_used_as_a_member(place):
    put_card("bench", "lda")
    put_bundle("svm")
    put_bundle("lda")
    put_card("work", "lda", lda=COMMANDS["lda"] + " --seed 1")
    assert planned(THREE).missing == {"lda": "the bundle is needed and is not in work", "both": ""}


def test_card_without_its_bundle_in_the_work_folder_does_not_count(place):
    put_card("work", "svm")
    assert list(planned(THREE, only=["svm"]).missing) == ["svm"]


def test_bundle_in_the_work_folder_is_done_and_its_card_kept(place):
    put_bundle("svm")
    made = planned(THREE, only=["svm"])
    assert (made.missing, made.cards, made.results) == ({}, [Path("work/svm.json")], Path("bench"))
    run(made)
    assert json.loads(Path("bench/svm.json").read_text()) == {"command": COMMANDS["svm"]}


def test_a_blend_of_a_changed_model_is_made_again(place):
    put_bundle("svm")
    put_bundle("lda")
    put_card("bench", "both", lda=COMMANDS["lda"].replace("128x8x8", "256x4x4"))
    assert list(planned(THREE).missing) == ["both"]


def test_blend_of_a_blend_that_is_made_again_is_made_again(place):
    text = THREE.replace("]\n", '    { name = "all", blend = ["both", "svm"] },\n]\n')
    for name in COMMANDS:
        put_card("bench", name)
        put_bundle(name)
    assert planned(text).missing == {}
    for folder in ("bench", "work"):
        put_card(folder, "both", lda=COMMANDS["lda"].replace("128x8x8", "256x4x4"))
    made = planned(text)
    assert list(made.missing) == ["both", "all"]
    assert made.jobs[-1].needs == ["both"]


def test_only_takes_a_model_and_what_it_needs(place):
    assert list(planned(THREE, only=["lda"]).missing) == ["lda"]
    put_bundle("svm")
    made = planned(THREE, only=["both"])
    assert (made.requested, list(made.missing)) == (["both"], ["lda", "both"])
    with pytest.raises(ParameterError, match=r"bench\.toml: no model 'tree'; it has svm, lda, both"):
        planned(THREE, only=["tree"])


def test_models_with_the_same_options_and_views_share_an_extraction(place):
    looks, needs = extractions({
        "a": 'clf = "svm"', "b": 'clf = "svm", features = "--features hog,lbp --limit 5 --align 5"',
        "c": 'clf = "lda", features = "--features hog --align 68"', "d": 'cnn = "groups9"',
        "e": 'clf = "svm", features = "--tta=plain,flip"', "f": 'clf = "rf", features = "--features hog --views flip,plain"',
        "g": 'clf = "svm", options = "--views plain,turn:8 --tta flip"', "h": 'clf = "rf", store = "fer2013"'})
    assert looks == ["--features embedding,hog,lbp,crop", "--features hog --align 68",
                     "--features embedding,hog --views plain,flip", "--features embedding --views flip,plain,turn:8"]
    assert needs == {"a": [looks[0]], "b": [looks[0]], "c": [looks[1]], "d": [looks[0]], "e": [looks[2]], "f": [looks[2]],
                     "g": [looks[3]], "h": []}


def test_an_extraction_that_is_part_of_another_is_left_out(place):
    looks, needs = extractions({
        "a": 'clf = "svm", features = "--features hog"', "b": 'clf = "svm", features = "--features hog,lbp --tta plain,flip"'})
    assert looks == ["--features hog,lbp --views plain,flip"]
    assert needs == {"a": looks, "b": looks}


def test_features_that_a_recipe_names_are_extracted(place, monkeypatch):
    recipe = Recipe("own", (Step(features="crop:96"), Step(features="crop:64"), Step()))
    monkeypatch.setattr("featfer.cnn.load_recipe", {"own": recipe}.get)
    looks, needs = extractions({"a": 'cnn = "groups9", recipe = "own", features = "--tta plain,flip"'})
    assert looks == ["--features crop --views plain,flip", "--features crop:64,crop:96"]
    assert needs == {"a": [looks[0], looks[1], looks[1]]}


def test_enlarged_inputs_of_a_recipe_are_extracted(place, monkeypatch):
    recipe = Recipe("own", (Step(features="crop:96", superres="srgan"), Step(features="crop:96"), Step()))
    monkeypatch.setattr("featfer.cnn.load_recipe", {"own": recipe}.get)
    looks, needs = extractions({"a": 'cnn = "groups9", recipe = "own"'})
    assert looks == ["--features crop,crop:96", "--features crop:96 --superres srgan"]
    assert needs == {"a": [looks[0], looks[1], looks[0]]}


PREPARED = """
report = false
prepare = { "book.npz" = "codebook --words 8", "net.npz" = "finetune --param epochs=2", "idle.npz" = "codebook" }
models = [
    { name = "svm", clf = "svm" },
    { name = "words", clf = "svm", features = "--features bovw:{work}/book.npz" },
    { name = "tuned", clf = "svm", features = "--features stage:256x2x2 --network {work}/net.npz" },
    { name = "cnn", cnn = "groups9", store = "table.npz" },
]
"""


def test_fitted_file_is_made_for_the_models_that_name_it(place):
    made = planned(PREPARED, device="cuda")
    assert commands(made)[:5] == [
        "featfer codebook faces.csv --out work/book.npz --words 8",
        "featfer finetune faces.csv --out work/net.npz --param epochs=2 --device cuda",
        "featfer extract faces.csv --store work/store --features embedding",
        "featfer extract faces.csv --store work/store --features bovw:work/book.npz",
        "featfer extract faces.csv --store work/store --features stage:256x2x2 --network work/net.npz"]
    assert commands(made)[-1] == ("featfer train --cnn groups9 --store table.npz --out work/cnn.joblib --score-test "
                                  "--device cuda")
    needs = {job.name: job.needs for job in made.jobs}
    assert needs["extract --features bovw:work/book.npz"] == ["book.npz"]
    assert needs["words"] == ["book.npz", "extract --features bovw:work/book.npz"]
    assert (needs["svm"], needs["cnn"]) == (["extract --features embedding"], [])


def test_an_existing_or_unneeded_fitted_file_is_not_made(place):
    assert [job.name for job in planned(PREPARED, only=["svm"]).jobs] == ["extract --features embedding", "svm"]
    Path("work").mkdir()
    Path("work", "book.npz").write_text("")
    names = [job.name for job in planned(PREPARED, only=["svm", "words"]).jobs]
    assert names == ["extract --features embedding,bovw:work/book.npz", "svm", "words"]


def test_the_report_needs_every_bundle_and_is_written_again_when_outdated(place):
    text = THREE.replace("report = false", "")
    for name in ("svm", "lda", "both"):
        put_card("bench", name)
    made = planned(text)
    assert list(made.missing) == ["svm", "lda", "both"]
    words = "report work/svm.joblib work/lda.joblib work/both.joblib --store work/store --out bench.md"
    assert (shlex.join(made.jobs[-1].arguments), list(made.jobs[-1].needs)) == (words, ["svm", "lda", "both"])
    for name in ("svm", "lda", "both"):
        put_bundle(name)
        os.utime(f"work/{name}.joblib", (1000, 1000))
    assert planned(text, only=["both"]).jobs == []
    assert commands(planned(text)) == [f"featfer {words}"]
    Path("bench.md").write_text(f"# Report\n\nfeatfer {words}\n")
    assert planned(text).jobs == []
    os.utime("bench.md", (999, 999))
    assert commands(planned(text)) == [f"featfer {words}"]
    Path("bench.md").write_text("# Report of other models\n")
    assert commands(planned(text)) == [f"featfer {words}"]
