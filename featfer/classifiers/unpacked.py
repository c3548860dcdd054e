"""What an estimator learnt and keeps small, made large once for all of its predictions."""

from weakref import WeakKeyDictionary

_UNPACKED = WeakKeyDictionary()


def unpacked(estimator, array, unpack):
    """Return unpack(array), computed anew only where the estimator comes with another array than the last time.

    It is kept as long as the estimator is, but beside it: no file that it is saved in gets larger.
    """
    kept = _UNPACKED.get(estimator)
    if kept is None or kept[0] is not array:
        kept = _UNPACKED[estimator] = array, unpack(array)
    return kept[1]
