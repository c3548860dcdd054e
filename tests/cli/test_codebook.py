from helpers.commands import refused, succeeded

from featfer.features import make_features


def test_it_writes_a_codebook(tmp_path, fer_csv):
    out = tmp_path / "book.npz"
    printed = succeeded("codebook", fer_csv, "--out", out, "--words", 2, "--images", 4)
    assert printed == f"Wrote {out}: 2 words from 4 faces; bovw:{out} has 200 columns\n"
    assert make_features(f"bovw:{out}")[0].size == 200


def test_a_missing_source_is_named(tmp_path):
    assert "nowhere.csv: no such file" in refused("codebook", "nowhere.csv", "--out", tmp_path / "book.npz")
