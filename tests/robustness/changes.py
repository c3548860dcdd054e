"""Files changed at random: bits, bytes, numbers, words, lines, encodings, lengths, and arrays under right checksums."""

import hashlib
import json
import struct
import zipfile
from copy import deepcopy
from io import BytesIO

from featfer.utils.npz import CHECKSUM_MARK, CHECKSUM_SIZE

ODD = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
WORDS = (
    "",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "0",
    "256",
    "2147483648",
    "9" * 30,
    "9" * 5000,
    "0x10",
    "1_0",
    "\u0661",
    "\u00b2",
    "true",
    "null",
    "[]",
    "{}",
    "[" * 3000,
    '{"a":' * 3000,
    '"',
    "'",
    '"""',
    "\0",
    "\ufeff",
    "\r",
    "\n",
    "a" * 200_000,
    "../../x",
    "/dev/zero",
    "=1+1",
    "\x1b[2J",
    "\ud800",
    "%s",
    "{work}",
    "ä",
    "😀",
    ",",
    ";",
    "\t",
    " ",
)


OTHERS = (None, 3, -1, 2.5, 10**400, float("nan"), True, "text", "\x1b[2J", [], [None], ["a", "a"], {}, {"a": None}, [[]], [{}])


def changed(target, draw):
    """Return (name, content) of a changed example; draw: a random.Random."""
    name = draw.choice(sorted(target.seeds))
    content = target.seeds[name]
    for _ in range(draw.choice((1, 1, 1, 2, 4, 8))):
        content = draw.choice(TEXTUAL if target.text and draw.random() < 0.7 else BYTEWISE)(content, draw)
    if name.endswith(".json") and target.text and draw.random() < 0.7:
        content = _typed_otherwise(target.seeds[name], draw)
    if name.endswith((".npz", ".skops")) and draw.random() < target.forge:
        content = _member_changed(target.seeds[name], draw)
    return name, content


def _flipped(content, draw):
    content = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 50)) if content else 0):
        content[_place(content, draw)] ^= 1 << draw.randrange(8)
    return bytes(content)


def _place(content, draw):
    """Return an index, of the first bytes in half of all cases: that is where headers are."""
    return draw.randrange(min(len(content), 64) if draw.random() < 0.5 else len(content))


def _put(content, draw):
    at = _place(content, draw) if content else 0
    new = draw.choice(ODD)
    return content[:at] + new + content[at + draw.choice((0, len(new))) :]


def _numbered(content, draw):
    """Change a number in the content, as it stands in binary files."""
    at, form = _place(content, draw) if content else 0, draw.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
    most = 2 ** (8 * struct.calcsize(form)) - 1
    value = draw.choice((0, 1, most, most // 2, most - 1, draw.randint(0, most)))
    return content[:at] + struct.pack(form, value) + content[at + struct.calcsize(form) :]


def _cut(content, draw):
    return content[: draw.randint(0, len(content))]


def _dropped(content, draw):
    at = draw.randint(0, len(content))
    return content[:at] + content[at + draw.choice((1, 4, 100, 5000)) :]


def _repeated(content, draw):
    at, size = draw.randint(0, len(content)), draw.choice((1, 16, 500, 20_000))
    return content[:at] + content[at : at + size] * draw.choice((2, 3, 20)) + content[at + size :]


def _shuffled(content, draw):
    a, b = sorted(draw.randint(0, len(content)) for _ in range(2))
    return content[b:] + content[a:b] + content[:a]


def _noise(content, draw):
    at = draw.randint(0, len(content))
    return content[:at] + draw.randbytes(draw.choice((1, 30, 2000))) + content[at:]


BYTEWISE = (_flipped, _flipped, _put, _numbered, _cut, _dropped, _repeated, _shuffled, _noise)


def _word(content, draw):
    """Exchange a word of a text."""
    parts = _parts(content, draw.choice((",", " ", "\n", "=", ":", '"')))
    parts[1][draw.randrange(len(parts[1]))] = draw.choice(WORDS)
    return parts[0].join(parts[1]).encode("utf-8", "surrogatepass")


def _line(content, draw):
    parts = _parts(content, "\n")
    at = draw.randrange(len(parts[1]))
    parts[1][at : at + 1] = draw.choice(([], parts[1][at : at + 1] * 2, [draw.choice(WORDS)], parts[1][-1:], ["", ""]))
    return "\n".join(parts[1]).encode("utf-8", "surrogatepass")


def _encoded(content, draw):
    text = content.decode("utf-8", "replace")
    return draw.choice(
        (
            lambda: text.encode("utf-16"),
            lambda: text.encode("utf-8-sig"),
            lambda: text.encode("latin-1", "replace"),
            lambda: text.replace("\n", "\r\n").encode(),
            lambda: text.replace("\n", "\r").encode(),
            lambda: text.encode("utf-32"),
            lambda: text.upper().encode(),
        )
    )()


def _parts(content, mark):
    return mark, content.decode("utf-8", "replace").split(mark)


def _typed_otherwise(content, draw):
    """Put values of other types into an object of JSON, at any depth."""
    data = json.loads(content)
    for _ in range(draw.choice((1, 1, 2, 5))):
        owner, key = draw.choice([*_places(data), ({}, "a")])
        owner[key] = deepcopy(draw.choice(OTHERS))
        if draw.random() < 0.2:
            del owner[key]
    return json.dumps(data).encode()


def _places(value):
    """Yield (owner, key or place) of each value in an object or a list, at any depth."""
    for key, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(part, (dict, list)):
            yield from _places(part)


TEXTUAL = (_word, _word, _word, _line, _encoded)


def _values_changed(content, draw):
    """Change values of an array, whose header stays as it is."""
    head = content.find(b"\n") + 1
    for _ in range(draw.choice((1, 1, 4))):
        content = content[:head] + draw.choice((_numbered, _flipped, _put))(content[head:], draw)[:len(content) - head]
    return content


def _member_changed(content, draw):
    """Change an array in a file of arrays, and let the checksums be right: what an author of bad files would do."""
    with zipfile.ZipFile(BytesIO(content)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = draw.choice(sorted(members))
    members[name] = draw.choice((_values_changed, *BYTEWISE))(members[name], draw)
    if draw.random() < 0.3:
        members[draw.choice(sorted(members))] = members[draw.choice(sorted(members))]
    if draw.random() < 0.1:
        del members[draw.choice(sorted(members))]
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, member in members.items():
            file.writestr(name, member)
    if draw.random() < 0.5 or "schema.json" in members:  # that of skops, which has no seal
        return buffer.getvalue()
    whole = buffer.getvalue()[:-2] + CHECKSUM_SIZE.to_bytes(2, "little")
    return whole + CHECKSUM_MARK + hashlib.sha256(whole).hexdigest().encode()
