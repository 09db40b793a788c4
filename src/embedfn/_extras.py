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
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        message = (
            f"{module} is needed here and is not installed; run: pip install 'embedfn[{extra}]'"
        )
        raise ImportError(message, name=module) from error
