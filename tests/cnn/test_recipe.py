"""Recipes as data."""

from dataclasses import replace

import pytest

from featfer.cnn.recipe import Recipe, Step, load_recipe, parse_recipe, shipped_recipes
from featfer.errors import ParameterError


def test_the_recipes_that_ship_can_all_be_read():
    assert shipped_recipes() == ["adversarial", "adversarial-long", "adversarial-short", "augmented", "four-steps", "growing",
                                 "one-cycle", "plain", "sgd-decay", "short"]
    assert [load_recipe(name).name for name in shipped_recipes()] == shipped_recipes()


def test_the_four_steps_are_those_published():
    steps = load_recipe("four-steps").steps
    assert [(s.epochs, s.optimizer, s.lr, s.milestones) for s in steps] == [
        (70, "adam", 1e-3, (20, 40, 60)), (70, "adam", 1e-3, (20, 40, 60)), (60, "sgd", 1e-2, (40,)), (60, "sgd", 1e-3, (40,))]
    assert {(s.batch, s.factor, s.schedule, s.augment["flip"], s.augment["rotation"]) for s in steps} == {
        (64, 0.1, "milestones", 0.5, 30)}


def test_the_adversarial_loss_is_that_published():
    step, = load_recipe("adversarial").steps
    assert step.adversarial == {"multiplier": 0.3, "step": 0.01, "norm": "l2"}
    assert (step.optimizer, step.lr, step.schedule, step.copies) == ("adam", 1e-3, "plateau", 4)
    assert step.augment == {"rotation": 5, "zoom": 0.1, "shift": 0.1}


def test_the_short_adversarial_recipe_begins_on_smaller_images():
    steps = load_recipe("adversarial-short").steps
    assert [s.features for s in steps] == ["crop:32", None, None, None]
    assert [s.dropout for s in steps] == [0.3, 0.6, 0.3, 0.3]
    assert [s.adversarial for s in steps] == [{}, {}, {}, {"multiplier": 0.3, "step": 0.01, "norm": "l2"}]


def test_the_long_adversarial_recipe_has_one_more_step_before_the_adversarial_loss():
    short, long = load_recipe("adversarial-short"), load_recipe("adversarial-long")
    more = long.steps[3]
    assert (more.epochs, more.lr, more.dropout, more.adversarial) == (20, 1e-3, 0.5, {})
    assert replace(long, name=short.name, steps=(*long.steps[:3], *long.steps[4:])) == short


def test_images_grow_in_the_last_epochs():
    first, last = load_recipe("growing").steps
    assert (first.features, last.features) == ("crop:32", None)
    assert first.epochs > last.epochs and first.lr > last.lr
    assert first.augment == last.augment == load_recipe("short").steps[0].augment


def test_plain_and_augmented_differ_only_in_augmentation():
    plain, augmented = (load_recipe(name).steps[0] for name in ("plain", "augmented"))
    assert plain.augment == {}
    assert set(augmented.augment) == {"flip", "noise", "cutout"}
    assert (augmented.copies, augmented.plain) == (2, 1)
    differing = {f for f in Step.__dataclass_fields__ if getattr(plain, f) != getattr(augmented, f)}
    assert differing == {"augment", "copies", "plain"}


def test_steps_of_a_file_take_the_common_keys(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('precision = "bf16"\nlr = 0.5\n[[steps]]\nepochs = 2\n[[steps]]\nlr = 0.25\nfeatures = "crop:96"\n')
    recipe = load_recipe(path)
    assert (recipe.name, recipe.precision) == ("own", "bf16")
    assert [(s.epochs, s.lr) for s in recipe.steps] == [(2, 0.5), (30, 0.25)]
    assert recipe.inputs == [("crop:96", None)]


def test_changes_hold_for_every_step():
    recipe = load_recipe("four-steps", epochs=3, keep="last")
    assert recipe.keep == "last"
    assert [s.epochs for s in recipe.steps] == [3, 3, 3, 3]


def test_plain_data_and_back():
    recipe = load_recipe("adversarial", adversarial={"norm": "infinity"})
    assert recipe.steps[0].adversarial == {"multiplier": 0.3, "step": 0.01, "norm": "infinity"}
    assert parse_recipe(recipe.as_dict()) == recipe


def test_without_steps_there_is_one_step_and_an_empty_adversarial_table_is_none():
    recipe = parse_recipe({"adversarial": {}, "epochs": 5})
    assert recipe == Recipe("recipe", (Step(epochs=5),))


@pytest.mark.parametrize(("changes", "said"), [
    ({"epochs": 0}, "epochs 0 is not a whole number from 1"), ({"epochs": True}, "epochs True is not a whole number"),
    ({"lr": 0}, "lr 0 is not a number above 0"), ({"lr": "high"}, "lr 'high' is not a number above 0"),
    ({"optimizer": "lion"}, "optimizer 'lion' is not one of adam, adamw, sgd"),
    ({"schedule": "cosine"}, "schedule 'cosine' is not one of constant, milestones, plateau, one-cycle"),
    ({"augment": {"spin": 1}}, "augment.spin 1 is not known; there are cutout, flip, light, noise, rotation, shift, zoom"),
    ({"augment": {"zoom": -1}}, "augment.zoom -1 is not a number from 0"),
    ({"augment": 3}, "augment 3 is not a table"), ({"milestones": 3}, "milestones 3 is not a list"),
    ({"milestones": [20, 0]}, "milestones[1] 0 is not a whole number from 1"),
    ({"adversarial": 3}, "adversarial 3 is not a table"),
    ({"adversarial": {"norm": "l3"}}, "adversarial: norm 'l3' is not one of l2, infinity"),
    ({"adversarial": {"stop": 1}}, "adversarial: stop 1 is not known (did you mean step?); there are multiplier, norm, step"),
    ({"adversarial": {"step": -1}}, "adversarial: step -1 is not a number from 0"), ({"features": 3}, "features 3 is not text"),
    ({"steps": []}, "steps [] is not a list of at least 1"), ({"steps": [3]}, "steps[0] 3 is not a table"),
    ({"momentum": 1}, "momentum 1 is not a number from 0 to below 1"), ({"average": 1.5}, "average 1.5 is not a number from 0"),
    ({"keep": "worst"}, "keep 'worst' is not one of last, best"), ({"precision": "fp8"}, "precision 'fp8' is not one of"),
    ({"superres": "srresnet"}, "superres 'srresnet' is not beside features"),
    ({"plain": 2}, "plain 2 is not at most 1, its copies"), ({"plain": -1}, "plain -1 is not a whole number from 0"),
    ({"dropout": 1.5}, "dropout 1.5 is not a number from 0 to 1"), ({"dropout": True}, "dropout True is not a number from 0"),
    ({"speed": 1}, "speed 1 is not known; there are adversarial, augment, batch"), ({"weighted": 1}, "weighted 1 is not true"),
])
def test_an_invalid_value_is_named(changes, said):
    with pytest.raises(ParameterError) as caught:
        load_recipe("plain", **changes)
    assert str(caught.value).startswith("recipe plain: ")
    assert said in str(caught.value)


def test_a_name_is_a_text():
    with pytest.raises(ParameterError, match=r"^recipe 3: name 3 is not text$"):
        parse_recipe({"name": 3})


def test_a_missing_recipe_is_refused():
    with pytest.raises(ParameterError, match="recipe 'slow': no such file, and none of those that ship: adversarial"):
        load_recipe("slow")


@pytest.mark.parametrize("text", ["epochs = ", "steps = 3", "steps = []"])
def test_a_file_that_is_not_a_recipe_is_refused(tmp_path, text):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ParameterError, match="bad"):
        load_recipe(path)


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = '" + "b" * 10**6 + "'", "epochs = [" + "1," * 10**5 + "]"])
def test_a_bad_recipe_is_refused_in_a_short_line(tmp_path, text):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ParameterError, match=r"recipe .*mine") as caught:
        load_recipe(tmp_path / "mine.toml")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


def test_a_name_that_is_too_long_is_refused():
    with pytest.raises(ParameterError, match=r"cannot be read .*File name too long"):
        load_recipe("n" * 300)
