"""How something is trained, as plain data: a dataclass made of parameters by their names."""

from featfer.errors import ParameterError


def recipe_of(kind, params):
    """Return a dataclass of this kind, whose fields are numbers and texts, with these parameters (dict); raise ParameterError
    for a name or a value that cannot be."""
    known = kind.__dataclass_fields__
    for name, value in params.items():
        if name not in known or not _is_a(value, known[name].type):
            raise ParameterError(f"recipe: {name}={value!r} is none of "
                                 + ", ".join(f"{field.name} ({field.type.__name__})" for field in known.values()))
    return kind(**params)


def _is_a(value, kind):
    """Say whether a value is of a kind, str, int or float; a whole number is a float too."""
    return isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
