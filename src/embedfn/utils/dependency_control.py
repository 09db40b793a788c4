"""Upstream's installer by its name; this one installs nothing."""

from typing import NoReturn

from embedfn._extras import missing


def prompt_install(package: str, warn: bool = False) -> NoReturn:
    """Say what to install.

    Parameters
    ----------
    package : str
        What pip is to be given, such as ``"openai>=1.12.0"``.
    warn : bool
        Upstream asks on the terminal first; here it changes nothing.

    Raises
    ------
    ImportError
        Always.
    """
    raise missing(package, package)
