"""The check of arguments that must be one str."""


def check_str(value: object, argument: str) -> None:
    """Raise a TypeError that names the argument and the type given, unless that is str."""
    if not isinstance(value, str):
        message = f"{argument} must be a str, not {type(value).__name__}"
        raise TypeError(message)
