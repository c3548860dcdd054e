"""How much a server takes from its clients."""

from dataclasses import asdict, dataclass

from featfer.errors import ParameterError


@dataclass(frozen=True)
class Limits:
    """The most that a request may ask for; what asks for more is refused, with the reason.

    bytes: of a request's body; files: photos a request; pixels: of a photo, by its header, before it is decoded
    faces: in a photo; seconds: for the upload, and again from its end to the answer
    waiting: requests beside the one that is worked on, each with its body in memory
    head_seconds: for a request's head, and before an upload has to be as fast as bytes_per_second on average
    parts: of a form, photos or not; connections: at a time, fewer where the system has no room for so many
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

    def __post_init__(self):
        for name, value in asdict(self).items():
            if not value > 0:
                raise ParameterError(f"limits: {name} {value!r} is not above 0")
