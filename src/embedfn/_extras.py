"""Optional dependencies: imported where they are used, never installed."""

from importlib import import_module
from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Parameters
    ----------
    module : str
        The module's import name, such as ``"torch"``.
    extra : str
        The extra of embedfn that installs it, such as ``"dense"``.

    Raises
    ------
    ImportError
        When the module is not installed. A module that is installed but broken raises its own
        error.
    """
    return require_packages(module, f"embedfn[{extra}]")


def require_packages(module: str, *packages: str) -> ModuleType:
    """Import an optional module, or say which packages to install; otherwise as `require`."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        raise missing(module, *packages) from error


def missing(name: str, *packages: str) -> ImportError:
    """Return the error for what is not there, which says what to install."""
    wanted = " ".join(f"'{package}'" for package in packages)
    message = f"{name} is needed here and is not installed; run: pip install {wanted}"
    return ImportError(message, name=name)
