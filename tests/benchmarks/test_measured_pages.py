"""Pages that are written from what was measured alone."""

import pytest

from benchmarks.common import read_results
from benchmarks.faces import page as faces
from benchmarks.films import page as films
from benchmarks.live import page as live
from benchmarks.pose import page as pose
from benchmarks.speed import page as speed
from benchmarks.unsure import page as unsure

PAGES = {"faces": faces, "films": films, "live": live, "pose": pose, "speed": speed, "unsure": unsure}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_page_is_made_of_what_was_measured(page):
    assert (page.HERE / "README.md").read_text() == page.page(read_results(page.RESULTS))
