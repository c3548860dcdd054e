"""How much a server accepts from its clients."""

from dataclasses import asdict, dataclass

from featfer.errors import ParameterError


@dataclass(frozen=True)
class Limits:
    """The most that a request may ask for; larger requests are refused, with the reason.

    Attributes
    ----------
    bytes : int
        In the body of a request.
    files : int
        Photos in a request.
    pixels : int
        In a photo; checked in its header, before it is decoded.
    faces : int
        In a photo.
    seconds : float
        For the upload, and again from its end to the answer.
    waiting : int
        Requests that wait while one is in work, each with its body in memory.
    head_seconds : float
        For the head of a request, and before an upload must reach `bytes_per_second` on average.
    bytes_per_second : int
    parts : int
        Of a form, photos or not.
    connections : int
        At a time; fewer if the system cannot have so many.
    """

    bytes: int = 50_000_000
    files: int = 20
    pixels: int = 50_000_000
    faces: int = 100
    seconds: float = 60.0
    waiting: int = 4
    head_seconds: float = 10.0
    bytes_per_second: int = 10_000
    parts: int = 100
    connections: int = 100

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ParameterError(f"limits: {name} {value!r} is not above 0")
