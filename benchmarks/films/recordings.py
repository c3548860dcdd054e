"""The films in which persons are followed: who is seen in which shot, and where."""

from benchmarks.films.scenes import Actor, Shot, go, move

PERSONS, PHOTOS = 6, 2  # of the cast


def list_recordings(cast):
    """Return {name of a recording: list of films}; a film is a list of shots. The films of a recording share persons.

    Parameters
    ----------
    cast : list of list of Portrait
        PERSONS lists of PHOTOS each.
    """
    first, second = ([photos[i] for photos in cast] for i in (0, 1))
    return {
        "three who stay apart": [_apart(first)],
        "three who pass behind each other": [_crossing(first)],
        "one of three leaves and comes back": [_leaving(first)],
        "cuts between scenes of four": [_cuts(first)],
        "cuts from face to face in one place": [_dialogue(first)],
        "six, some of whom cross": [_crowd(first)],
        "two films, same photographs": [_apart(first), _cuts(first[1:4] + first[:1])],
        "two films, other photographs": [_apart(first), _cuts(second[1:4] + second[:1])],
    }


def _apart(cast):
    paths = move(130, 150, 110, 0, (50, 40)), move(330, 290, 130, 2, (40, 50)), move(520, 160, 105, 4, (50, 40))
    return [Shot(10, _act(cast, paths))]


def _crossing(cast):
    """The first passes behind the second, who stands; later the third passes before the second and then stays."""
    paths = (move(go(120, 530, 2, 3), 190, 105, 0), move(320, 210, 125, 2, (8, 8)), move(go(540, 110, 6.5, 3), 330, 120, 4))
    return [Shot(12, _act(cast, paths))]


def _leaving(cast):
    """The third walks out at the right and comes back at the left, four seconds later."""
    def x(seconds):
        return go(480, 800, 2, 1.5)(seconds) if seconds < 4 else go(-160, 120, 7, 2)(seconds)
    return [Shot(12, _act(cast, (move(280, 160, 110, 0, (20, 20)), move(460, 330, 120, 2, (20, 20)), move(x, 330, 110, 4))))]


def _cuts(cast):
    left, right, middle = move(180, 230, 130, 0, (30, 20)), move(450, 220, 120, 2, (30, 20)), move(320, 240, 170, 4, (30, 20))
    return [Shot(3, _act(cast[:2], (left, right))), Shot(2.5, _act(cast[2:3], (middle,)), 1),
            Shot(3, _act(cast[2:4], (right, left)), 2), Shot(2.5, _act(cast[:1], (middle,)), 3),
            Shot(3, _act([cast[3], cast[1]], (left, right)), 1)]


def _dialogue(cast):
    """The same place in the frame and the same background, so that nothing but the face tells the cut."""
    here = move(320, 240, 150, 1, (15, 10))
    return [Shot(seconds, _act([cast[who]], (here,))) for seconds, who in ((3, 0), (2, 1), (3, 2), (2, 0), (2, 2), (3, 1))]


def _crowd(cast):
    """Six in two rows; the first and the last exchange their places, behind and before the others."""
    walk, back = go(90, 560, 3, 4), go(560, 90, 3, 4)
    paths = (move(walk, 130, 85, 0), move(250, 150, 90, 1, (10, 10)), move(400, 140, 88, 2, (10, 10)),
             move(200, 350, 100, 3, (20, 15)), move(380, 345, 100, 4, (20, 15)), move(back, 330, 95, 5))
    return [Shot(12, _act(cast, paths))]


def _act(cast, paths):
    return [Actor(portrait, path) for portrait, path in zip(cast, paths, strict=False)]

