import numpy as np
import pytest
from helpers.dyads import make_pair
from PIL import Image

from featfer.errors import ParameterError, WriteError
from featfer.studies.synchrony import synchrony
from featfer.studies.synchrony_page import draw_synchrony, write_page
from featfer.studies.tables import check_page
from featfer.utils.outputs import SYNCHRONY


@pytest.fixture(scope="module")
def result():
    a, b = make_pair(300, 1, 0.8)
    b.loc[1000:1899, "happy"] = np.nan
    a["AU6/7"], b["AU6/7"] = a["happy"], -b["happy"]
    return synchrony(a, b, ["happy", "AU6/7"], surrogates=99)


def test_the_page_has_sentences_a_table_and_pictures(result, tmp_path):
    write_page(result, tmp_path / "talk.md", "featfer synchrony a.csv b.csv")
    text = (tmp_path / "talk.md").read_text()
    assert text.startswith("# Synchrony of person 1 in a.mp4 and person 1 in b.mp4\n")
    assert "```\nfeatfer synchrony a.csv b.csv\n```" in text
    assert "B follows A by 0.8 s" in text and "Windows of 10 s, one every 5 s" in text and "Corrected p are Holm's" in text
    assert "(talk/happy.png)" in text and "(talk/AU6-7.png)" in text
    with Image.open(tmp_path / "talk" / "AU6-7.png") as picture:
        assert picture.width == 990
    write_page(result, tmp_path / "talk.md", "again")


def test_the_picture_shows_lags_the_best_and_windows_that_are_missing(result, tmp_path):
    means, each, _ = draw_synchrony(result, "happy", tmp_path / "happy.png").axes
    assert means.get_legend_handles_labels()[1] == ["95 % of surrogates", "as recorded", "B follows A by 0.8 s"]
    assert means.get_xlim() == (-5, 5)
    is_missing = ~np.isfinite(np.ma.filled(each.images[0].get_array(), np.nan)).any(axis=1)
    starts = 5 + 5 * np.arange(len(is_missing))
    assert starts[is_missing].min() == 100 and starts[is_missing].max() == 180 and is_missing.sum() == 17
    assert each.images[0].get_extent()[:3] == [-5, 5, 5]


def test_a_page_replaces_its_own_kind_only(tmp_path):
    (tmp_path / "summary.md").write_text("# Summary of faces in 2 films")
    with pytest.raises(WriteError, match="not a page of `featfer synchrony`"):
        check_page(tmp_path / "summary.md", SYNCHRONY)
    with pytest.raises(ParameterError, match=r"a page's name ends in \.md"):
        check_page(tmp_path / "talk", SYNCHRONY)
