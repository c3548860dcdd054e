import sys

import numpy as np
import pytest

from benchmarks.common import read_results
from benchmarks.peers import page
from benchmarks.peers.adapters import deepface, facex, feat, featfer, fer
from benchmarks.peers.answers import HEAD, read_answers, read_table, to_line, write_table
from benchmarks.peers.asking import PeerError, running
from benchmarks.peers.costs import measure_sizes
from benchmarks.peers.figures import SHARES, compute_recalls, p_value, resample_recalls, weigh
from benchmarks.peers.measure import answer_all, read_done
from benchmarks.peers.rows import REQUIREMENTS, RESULTS, Row, read_rows, read_versions, select
from featfer.evaluation.resampling import find_interval
from featfer.recognizer import Expression

SCORES = {"angry": 0.35, "disgust": 0.0, "fear": 0.0, "happy": 0.17, "sad": 0.01, "surprise": 0.04, "neutral": 0.43}
FACE_API = {"neutral": 0.0002, "happy": 0.1, "sad": 0.0, "angry": 0.0, "fearful": 0.19984, "disgusted": 0.0, "surprised": 0.7}


# -- the page ---------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def found():
    return page.read_photos()


def test_the_page_is_made_of_what_was_measured(found):
    assert (page.HERE / "README.md").read_text() == page.page(found)


def test_a_figure_of_the_page_can_be_counted_by_hand(found):
    table, photos = read_table(RESULTS / "fer-photos.csv.gz"), read_table(RESULTS / "photos.csv.gz")
    pairs = list(zip(photos["label"].tolist(), table["answer"].tolist(), strict=True))
    assert photos["path"].tolist() == table["path"].tolist()
    recalls = [sum(label == answer == name for label, answer in pairs) / sum(label == name for label, _ in pairs)
               for name in SHARES]
    line = next(line for line in page.page(found).splitlines() if line.startswith("| fer, Haar"))
    assert line.split("|")[3].strip() == f"{100 * sum(recalls) / 5:.2f}"


def test_every_measured_row_has_all_its_answers():
    lengths = {"photos": len(read_table(RESULTS / "photos.csv.gz")["path"]),
               "crops": len(read_table(RESULTS / "crops.csv.gz")["path"])}
    done = {name for name, note in read_results(RESULTS / "measured.json").items() if "failed" not in note}
    for name, row in read_rows().items():
        for kind in row.pictures():
            answers = read_answers(RESULTS / f"{name}-{kind}.csv.gz")
            assert (len(answers.paths) if answers else 0) == (lengths[kind] if name in done else 0), (name, kind)


def test_requirements_are_names_and_versions_only():
    for file in REQUIREMENTS.iterdir():
        assert "://" not in file.read_text()
    assert read_versions()["fer"]["fer"] == "25.10.3"
    assert {row.environment for row in read_rows().values()} <= {"featfer", *(file.stem for file in REQUIREMENTS.iterdir())}


# -- figures ----------------------------------------------------------------------------------------------------------

def test_recalls_and_the_accuracy_at_the_shares():
    labels = np.array([name for name in SHARES for _ in range(4)] + ["fear"])
    right = np.array([True] * 4 + [True, True, True, False] + [False] * 4 + [True, False] * 2 + [True] * 4 + [True])
    recalls = compute_recalls(labels, right)
    assert recalls.tolist() == [1, 0.75, 0, 0.5, 1]
    assert weigh(recalls) == pytest.approx((1.8 + 0.75 * 41.6 + 0.5 * 2.7 + 50.2) / (1.8 + 41.6 + 2.0 + 2.7 + 50.2))
    assert np.isnan(compute_recalls(labels[4:], right[4:])[0])


def make_photos(count, skill, seed):
    """Return labels, subjects and whether a model with a skill is right about photos of 4 a subject."""
    generator = np.random.default_rng(seed)
    labels = generator.choice(list(SHARES), count)
    return labels, np.arange(count) // 4, generator.random(count) < skill


def test_the_bootstrap_tells_a_better_model_from_chance():
    labels, subjects, right = make_photos(800, 0.7, 0)
    _, _, other = make_photos(800, 0.7, 1)
    _, _, worse = make_photos(800, 0.5, 2)
    ours = resample_recalls(labels, right, subjects, rounds=500).mean(axis=1)
    same, bad = (resample_recalls(labels, other, subjects, rounds=500).mean(axis=1) for other in (other, worse))
    low, high = find_interval(ours - bad)
    assert low < compute_recalls(labels, right).mean() - compute_recalls(labels, worse).mean() < high and low > 0
    assert p_value(ours - bad) < 0.01 < 0.05 < p_value(ours - same)
    assert p_value(ours - ours) == 1
    assert p_value(np.array([1] * 96 + [-1] * 3)) == 2 * 4 / 100


def test_the_bootstrap_draws_subjects_not_photos():
    labels, _, _ = make_photos(400, 0.5, 3)
    groups = np.arange(400) // 40
    blocks = (groups % 2).astype(bool)  # right about all photos of some subjects, and none of the others
    alone, together = (resample_recalls(labels, blocks, subjects, rounds=300).mean(axis=1).std()
                       for subjects in (np.arange(400), groups))
    assert together > 3 * alone


# -- adapters ---------------------------------------------------------------------------------------------------------

def test_adapters_read_what_the_packages_answer():
    expected = [{"box": [2.0, -2.0, 116.0, 139.0], "scores": SCORES}]
    assert fer.read([{"box": np.array([2, -2, 116, 139], np.int32), "emotions": SCORES}]) == expected
    assert facex.read([{"bbox": (2, -2, 116, 139), "emot": SCORES}]) == expected
    per_cent = {name: 100 * score for name, score in SCORES.items()}
    [face] = deepface.read([{"region": {"x": 2, "y": -2, "w": 116, "h": 139, "left_eye": None}, "emotion": per_cent}])
    assert face["box"] == expected[0]["box"] and face["scores"] == pytest.approx(SCORES)
    assert featfer.read([Expression("neutral", SCORES, (2, -2, 118, 137), "found", 1.0)]) == expected


def test_the_adapter_of_py_feat_leaves_out_rows_without_a_face():
    import pandas as pd

    class Fex(pd.DataFrame):
        faceboxes = property(lambda self: self.iloc[:, :4])
        emotions = property(lambda self: self.iloc[:, 4:])

    columns = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "anger", "happiness"]
    faces = feat.read(Fex([[1, 2, 3, 4, 0.2, 0.8], [np.nan] * 6], columns=columns))
    assert faces == [{"box": [1, 2, 3, 4], "scores": {"anger": 0.2, "happiness": 0.8}}]


def test_the_largest_face_counts_and_labels_have_one_name():
    small, large = {"box": [0, 0, 10, 10], "scores": SCORES}, {"box": [5, 5, 20, 9], "scores": FACE_API}
    line = dict(zip(HEAD, to_line("a.jpg", [small, large]), strict=True))
    assert line == {"path": "a.jpg", "faces": "2", "answer": "surprise", "angry": "0", "disgust": "0", "fear": "0.1998",
                    "happy": "0.1", "sad": "0", "surprise": "0.7", "neutral": "0.0002"}
    assert to_line("a.jpg", []) == ["a.jpg", "0", *[""] * 8]
    assert to_line("a.jpg", [{"box": [0, 0, 1, 1], "scores": {"sadness": 0.5, "happy": 0.5}}])[2] == "sad"
    assert to_line("a.jpg", [{"box": [0, 0, 1, 1], "scores": {"contempt": 0.9, "happy": 0.1}}])[2] == "contempt"


# -- measuring --------------------------------------------------------------------------------------------------------

ADAPTER = """
import json, mmap, sys
reserved = mmap.mmap(-1, 500_000_000)  # and never touched
print("a word of the package", file=sys.stderr)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    if "bad" in line:
        raise RuntimeError("cannot read it, see https://example.org/help")
    with open(sys.argv[1], "a") as asked:
        asked.write(line)
    print(json.dumps({"faces": [{"box": [0, 0, 1, 1], "scores": {"happy": 1}}], "seconds": 0.5}), flush=True)
"""


class Fake(Row):
    """A row whose adapter is the script above."""

    def command(self, environments, kind):
        return [sys.executable, "-c", ADAPTER, str(environments.parent / "asked.txt")]


@pytest.fixture
def fake():
    return Fake("fake", "Fake", "fake", "fake.py", "nothing")


def test_a_stopped_measurement_goes_on_where_it_was(fake, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.peers.measure.RESULTS", tmp_path / "results")
    with pytest.raises(PeerError, match=r"RuntimeError: cannot read it, see \(an address\)"):
        answer_all(fake, tmp_path, {"photos": {"a": "a.jpg", "b": "bad.jpg", "c": "c.jpg"}})
    answers = tmp_path / "answers" / "fake-photos.jsonl"
    answers.write_text(answers.read_text() + '{"path": "c", "fa')
    answer_all(fake, tmp_path, {"photos": {"a": "a.jpg", "c": "c.jpg"}})
    assert (tmp_path / "asked.txt").read_text().split() == ["a.jpg", "c.jpg"]
    assert list(read_done(answers)) == ["a", "c"]
    kept = read_answers(tmp_path / "results" / "fake-photos.csv.gz")
    assert kept.paths.tolist() == ["a", "c"] and kept.labels.tolist() == ["happy"] * 2


def test_a_peer_that_does_not_start_says_why(tmp_path):
    with pytest.raises(PeerError, match="ModuleNotFoundError: No module named 'nothing_here'"), \
            running([sys.executable, "-c", "import nothing_here"], tmp_path / "log.txt"):
        pass


def test_memory_is_of_the_peer_alone(fake, tmp_path):
    with running(fake.command(tmp_path / "environments", "photos"), tmp_path / "log.txt") as (peer, seconds):
        assert peer.ask("a.jpg")["seconds"] == 0.5 and seconds > 0
        assert 3 < peer.peak_memory() < 60
        assert 0 <= peer.core_seconds() <= seconds + 1  # in steps of 10 ms


def test_sizes_count_files_and_not_links(tmp_path):
    packages = tmp_path / "lib" / "python3" / "site-packages"
    (packages / "nvidia").mkdir(parents=True)
    (packages / "nvidia" / "a.so").write_bytes(bytes(2_000_000))
    (packages / "weights.bin").write_bytes(bytes(1_000_000))
    (packages / "link").symlink_to(packages / "weights.bin")
    assert measure_sizes(tmp_path, ["lib/python*/site-packages/*.bin"]) == {"environment": 3.0, "nvidia": 2.0, "weights": 1.0}


def test_tables_have_the_same_bytes_each_time(tmp_path, monkeypatch):
    for name, now in (("a.csv.gz", 1e9), ("b.csv.gz", 2e9)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        write_table(tmp_path / name, ["path"], [["x"], ["y"]])
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert read_table(tmp_path / "a.csv.gz")["path"].tolist() == ["x", "y"]


def test_rows_are_selected_by_name_or_environment(capsys):
    rows = read_rows()
    assert list(select(rows, "fer")) == ["fer", "fer-mtcnn"] and list(select(rows, "fer-mtcnn")) == ["fer-mtcnn"]
    assert list(select(rows, None)) == list(rows)
    with pytest.raises(SystemExit, match="--only nobody"):
        select(rows, "nobody")


def test_adapters_reply_in_json_whatever_the_package_prints(tmp_path):
    script = ("from benchmarks.peers.adapters.answering import answer_lines, as_face\n"
              "def answer(path):\n    print('noise')\n    return [as_face((0, 0, 1, 1), {'happy': 1})]\n"
              "answer_lines(lambda: answer)")
    with running([sys.executable, "-c", script], tmp_path / "log.txt") as (peer, _):
        assert peer.ask("a.jpg")["faces"] == [{"box": [0, 0, 1, 1], "scores": {"happy": 1}}]
    assert "noise" in (tmp_path / "log.txt").read_text()
