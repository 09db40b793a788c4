"""Where embedfn keeps what it can make or fetch again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the user's cache folder of embedfn, which need not exist yet.

    ``EMBEDFN_CACHE`` where it is set, else ``embedfn`` in ``XDG_CACHE_HOME`` (which the XDG Base
    Directory specification wants absolute, and ignored otherwise), else ``~/.cache/embedfn``.
    """
    ours = os.environ.get("EMBEDFN_CACHE")
    if ours:
        return Path(ours)
    home = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (home if home.is_absolute() else Path.home() / ".cache") / "embedfn"
