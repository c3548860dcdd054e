import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from featfer_cli.benchmark_config import read_listing

from featfer.errors import ParameterError


def listed(folder, text):
    """Write a list of models; return its path."""
    path = folder / "bench.toml"
    path.write_text(text)
    return path


def test_models_are_in_order_and_a_report_is_the_default(tmp_path):
    listing = read_listing(listed(tmp_path, """
        models = [{ name = "svm", clf = "svm" }, { name = "net", cnn = "groups9" }, { name = "all", blend = ["net", "svm"] }]
        """))
    assert (list(listing.models), listing.report, listing.prepare) == (["svm", "net", "all"], True, {})
    assert (listing.list_members("all"), listing.list_members("svm")) == (["net", "svm"], [])


@pytest.mark.parametrize(("model", "words"), [
    ('clf = "svm"', "train --clf svm --store w/store --out w/a.joblib --score-test"),
    ('clf = "rf", store = "fer2013", params = { discriminants = false, trees = 500 }, options = "--seed=1"',
     "train --clf rf --store fer2013 --out w/a.joblib --score-test --param discriminants=False --param trees=500 --seed 1"),
    ('clf = "svm", features = "--features bovw:{work}/book.npz --limit 9", params = { pca = 4 }, store = "{work}/own store"',
     "train --clf svm --store 'w/own store' --out w/a.joblib --score-test --features bovw:w/book.npz --limit 9 --param pca=4"),
    ('cnn = "groups9"', "train --cnn groups9 --store w/store --out w/a.joblib --score-test --device cuda"),
    ('cnn = "groups9", recipe = "plain", params = { epochs = 2 }, options = "--weights {work}/w.pt"',
     "train --cnn groups9 --recipe plain --store w/store --out w/a.joblib --score-test --param epochs=2 --weights w/w.pt "
     "--device cuda"),
])
def test_arguments_of_a_trained_model(tmp_path, model, words):
    listing = replace(read_listing(listed(tmp_path, f'models = [{{ name = "a", {model} }}]')), work=Path("w"), device="cuda")
    assert listing.list_arguments("a") == shlex.split(words)


def test_arguments_of_a_blend_name_the_stores_of_all_its_members(tmp_path):
    listing = read_listing(listed(tmp_path, """
        models = [
            { name = "a", clf = "svm" }, { name = "b", clf = "rf", store = "fer2013" }, { name = "c", clf = "lda" },
            { name = "ab", blend = ["a", "b"], options = "--how stack" }, { name = "abc", blend = ["ab", "c"] },
            { name = "own", blend = ["a", "c"], store = "table.npz" },
        ]"""))
    assert {name: shlex.join(listing.list_arguments(name)) for name in ("ab", "abc", "own")} == {
        "ab": "blend a.joblib b.joblib --store store --store fer2013 --out ab.joblib --score-test --how stack",
        "abc": "blend ab.joblib c.joblib --store store --store fer2013 --out abc.joblib --score-test",
        "own": "blend a.joblib c.joblib --store table.npz --out own.joblib --score-test"}


@pytest.mark.parametrize(("text", "message"), [
    ("models = [", "cannot be read (Invalid value"),
    ("", "it lists no models"),
    ("models = []", "it lists no models"),
    ('models = "svm"', "models 'svm' is not a list"),
    ('extract = []\nmodels = [{ name = "a", clf = "svm" }]', "extract [] is not known; there are models, prepare, report"),
    ('report = 1\nmodels = [{ name = "a", clf = "svm" }]', "report 1 is not true or false"),
    ('prepare = { "b.npz" = "bake" }\nmodels = [{ name = "a", clf = "svm" }]',
     "prepare 'b.npz': 'bake' does not start with codebook or finetune"),
    ("models = [1]", "models[0] 1 is not a table"),
    ('models = [{ clf = "svm" }]', "model 1: name None is not one of letters, digits"),
    ('models = [{ name = "a", clf = "svm" }, { name = "../b", clf = "svm" }]', "model 2: name '../b' is not one of letters"),
    ('models = [{ name = "a" }]', "model 'a': it has none of clf, cnn, blend; give one"),
    ('models = [{ name = "a", clf = "svm", cnn = "groups9" }]', "model 'a': it has clf and cnn of clf, cnn, blend; give one"),
    ('models = [{ name = "a", clf = "svm", feature = "hog" }]',
     "model 'a': feature 'hog' is not known (did you mean features?); there are clf, features, name, options, params, store"),
    ('models = [{ name = "a", clf = "svm", recipe = "plain" }]',
     "model 'a': recipe 'plain' is not known; there are clf, features, "),
    ('models = [{ name = "a", clf = "svm", params = "pca=4" }]', "model 'a': params 'pca=4' is not a table"),
    ('models = [{ name = "a", clf = "knn", params = { zap = 4 } }]', "model 'a': knn: no parameter 'zap', of {'zap'"),
    ('models = [{ name = "a", clf = "svm", options = "--log \'x" }]', "model 'a': options \"--log 'x\": No closing quotation"),
    ('models = [{ name = "a", clf = "svm" }, { name = "a", clf = "rf" }]', "model 2: name 'a' is taken by another model"),
    ('prepare = { "a.npz" = "codebook" }\nmodels = [{ name = "a", clf = "svm" }]', "taken by another model or fitted file"),
    ('models = [{ name = "a", clf = "svm" }, { name = "b", blend = ["a", "z"] }]',
     "model 'b': blend of 'z', which is none of the models before it: a"),
    ('models = [{ name = "b", blend = ["a", "a"] }, { name = "a", clf = "svm" }]', "blend of 'a', which is none of the models"),
    ('models = [{ name = "a", clf = "svm" }, { name = "b", blend = ["a"] }]',
     "model 'b': blend ['a'] is not a list of at least 2"),
])
def test_mistake_is_named_with_its_file_and_what_is_allowed(tmp_path, text, message):
    path = listed(tmp_path, text)
    with pytest.raises(ParameterError) as caught:
        read_listing(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_missing_file_or_another_ending_is_an_error(tmp_path):
    with pytest.raises(ParameterError, match=r"none\.toml: cannot be read \(No such file"):
        read_listing(tmp_path / "none.toml")
    with pytest.raises(ParameterError, match=r"bench\.yaml: the name of a list of models ends in \.toml"):
        read_listing(tmp_path / "bench.yaml")


@pytest.mark.parametrize("text", [
    "a = " + "[" * 100_000, 'models = [{ name = "%s", clf = "svm" }]' % ("a" * 200_000),
    'prepare = { "../../x.npz" = "codebook" }\nmodels = [{ name = "svm", clf = "svm" }]',
    'prepare = { "%s" = "codebook" }\nmodels = [{ name = "svm", clf = "svm" }]' % ("a" * 300)])
def test_deeply_nested_lists_and_impossible_names_are_refused_in_a_short_line(tmp_path, text):
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises(ParameterError, match=r"list\.toml: ") as caught:
        read_listing(tmp_path / "list.toml")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500
