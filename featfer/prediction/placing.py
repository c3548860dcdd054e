"""Where labels go on a picture: beside the face that they are of, clear of all faces and of each other."""

from math import ceil, floor


def find_place(size, box, frame, taken):
    """Return where a label goes: a box of its size inside the frame, beside the box of its face, where it covers least.

    size, frame: width and height; box: left, top, right, bottom of the face; taken: boxes that are not to be covered, that of
    the face among them. Of places that cover as little, right of the face comes before left, below and above.
    """
    return min(_places(size, box, frame), key=lambda place: covered(place, taken))


def place_all(sizes, boxes, frame):
    """Return where the labels of several faces go, a box each, clear of all faces and of each other; None where this found no
    such places.

    sizes: (width, height) of each label; boxes: of each face; frame: width and height of the picture
    """
    order = list(range(len(boxes)))
    for _ in boxes:
        places, taken = {}, list(boxes)
        for at in order:
            places[at] = find_place(sizes[at], boxes[at], frame, taken)
            if not is_inside(places[at], frame) or covered(places[at], taken):
                break
            taken.append(places[at])
        else:
            return [places[at] for at in range(len(boxes))]
        order = [at, *(other for other in order if other != at)]  # the one without room chooses first
    return None


def covered(place, taken):
    """Return the area that a box has in common with others."""
    return sum(common(place, other) for other in taken)


def common(box, other):
    """Return the area that two boxes have in common."""
    return max(0, min(box[2], other[2]) - max(box[0], other[0])) * max(0, min(box[3], other[3]) - max(box[1], other[1]))


def is_inside(box, frame):
    """Say whether a box is inside a frame of a width and a height."""
    return box[0] >= 0 and box[1] >= 0 and box[2] <= frame[0] and box[3] <= frame[1]


def _places(size, box, frame):
    """Yield boxes of a size beside a box, moved into the frame."""
    (width, height), left, top, right, bottom = size, floor(box[0]), floor(box[1]), ceil(box[2]), ceil(box[3])
    across = (left, (left + right - width) // 2, right - width, right, left - width)
    down = (top, (top + bottom - height) // 2, bottom - height)
    beside = [(x, y) for x in (right, left - width) for y in down]
    for x, y in [*beside, *((x, bottom) for x in across), *((x, top - height) for x in across)]:
        x, y = max(0, min(x, frame[0] - width)), max(0, min(y, frame[1] - height))
        yield x, y, x + width, y + height
