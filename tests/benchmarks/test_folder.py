import sys

from helpers.systems_page import cells

from benchmarks.speed import folder

PEER = """
import json, sys
print(json.dumps({"ready": True}))
for line in sys.stdin:
    print(json.dumps({"faces": [1] * ("face" in line), "seconds": 1}))
"""


def test_the_photos_are_spread_over_the_folder(tmp_path, photo, monkeypatch):
    monkeypatch.setattr(folder, "PHOTOS", 2)
    source, copies = tmp_path / "source", tmp_path / "copies"
    for path in (source / "a" / "1.jpg", source / "a" / "2.jpg", source / "b" / "3.jpg", source / "b" / "4.jpg"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo.read_bytes() + path.name.encode())
    copies.mkdir()
    copied = folder.copy_photos(source, copies)
    assert [path.read_bytes()[-5:] for path in copied] == [b"1.jpg", b"3.jpg"]
    assert sorted(copies.iterdir()) == copied


def test_photos_with_a_face_are_counted_for_a_peer_and_for_featfer(tmp_path, photo):
    seconds, found = folder.ask_peer([sys.executable, "-c", PEER], ["face1.jpg", "tree.jpg", "face2.jpg"])
    assert seconds > 0
    assert found == 2
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    assert folder.predict(tmp_path, ("--quiet",))[1] == 1


def test_the_table_has_medians_and_ratios():
    table = folder.format_table({"photos": 800, "ways": {
        "fer": {"seconds": [12, 10, 11], "found": 700}, "ours": {"seconds": [5, 5.5, 6], "found": 790}}})
    assert cells(table, "fer") == ["fer", "11.0 (10.0 to 12.0)", "73", "1.00", "700"]
    assert cells(table, "ours") == ["ours", "5.5 (5.0 to 6.0)", "145", "2.00", "790"]
