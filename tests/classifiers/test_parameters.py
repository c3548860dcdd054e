import ast
import re

import pytest

from featfer.affect import REGRESSORS, make_regressor
from featfer.classifiers import CLASSIFIERS, check_classifier, make_classifier
from featfer.classifiers.parameters import describe_parameters, list_parameters
from featfer.errors import ParameterError

MAKERS = [*((make_classifier, CLASSIFIERS, name) for name in CLASSIFIERS),
          *((make_regressor, REGRESSORS, name) for name in REGRESSORS)]


def read(word):
    plain = {"none": None, "true": True, "false": False}
    if word in plain:
        return plain[word]
    try:
        return ast.literal_eval(word)
    except (SyntaxError, ValueError):
        return word


@pytest.mark.parametrize(("make", "registry", "name"), MAKERS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_parameter_has_a_meaning_and_its_own_default(make, registry, name):
    entries = describe_parameters(registry[name])
    assert [entry.name for entry in entries] == list_parameters(registry[name])
    assert len({entry.meaning for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.meaning[0].isupper() or entry.meaning[0] in "`\"", entry
        assert entry.meaning.endswith((".", "\".")) and len(entry.meaning) > 10, entry
        assert entry.values, entry
        assert not re.search(r"\b(float|int|str|bool|optional|default)\b", entry.values), entry
        if entry.name != "alphas":  # a list that is shortened
            assert repr(make(name, **{entry.name: read(entry.default)})) == repr(make(name)), entry


def test_an_unknown_parameter_names_the_likely_one_and_the_list():
    with pytest.raises(ParameterError, match=r"svm: no parameter 'gama', of \{'gama': 1\} \(did you mean gamma\?\); there are "
                                             r"pca, compact, C, class_weight, gamma; see `featfer params svm`"):
        check_classifier("svm", {"gama": 1})
