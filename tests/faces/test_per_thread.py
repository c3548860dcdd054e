from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident

from featfer.faces import find_faces, find_faces_in
from featfer.faces.detectors.per_thread import per_thread
from featfer.images.pixels import read_image


def test_each_thread_has_its_own_value_once():
    made = []

    @per_thread
    def value():
        made.append(get_ident())
        return object()
    together = Barrier(2, timeout=10)

    def twice(_):
        together.wait()
        return value(), value()
    with ThreadPoolExecutor(2) as threads:
        (a, b), (c, d) = threads.map(twice, range(2))
    assert a is b and c is d and a is not c
    assert len(set(made)) == len(made) == 2


def test_after_clearing_it_is_made_again():
    values = iter("ab")
    value = per_thread(lambda: next(values))
    assert value() == value() == "a"
    value.cache_clear()
    assert value() == "b"


def test_faces_of_several_images_are_those_of_each(photo):
    pixels = read_image(photo)
    images = [pixels[at:] for at in range(0, 40, 10)]
    side_by_side = find_faces_in(images)
    alone = [find_faces(image) for image in images]
    assert [[face.box for face in faces] for faces in side_by_side] == [[face.box for face in faces] for faces in alone]
    assert len({faces[0].box for faces in side_by_side}) > 1
