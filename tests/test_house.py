"""CONTRIBUTING.md names every file of the library, and none that is not there."""

import re
from fnmatch import fnmatch
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
SOURCES = CHECKOUT / "src" / "embedfn"


def named():
    """Patterns of the table of floors; a name without a folder is in that of the one before."""
    table = (CHECKOUT / "CONTRIBUTING.md").read_text().split("| floor | place | role |")[1]
    for row in table.split("\n\n")[0].splitlines()[2:]:
        folder = ""
        for place in re.findall(r"`([^`]+)`", row.split("|")[2]):
            if "/" in place:
                folder = place[: place.rindex("/") + 1]
            yield folder + place.removeprefix(folder)


def files():
    """Files of the library by the names that the table gives them."""
    for path in [*SOURCES.rglob("*.py"), *SOURCES.rglob("*.pyi")]:
        if path.name != "__init__.py" or path.parent.name == "kernels":
            yield path.relative_to(SOURCES).as_posix()
    yield from (f"csrc/{path.name}" for path in (CHECKOUT / "csrc").iterdir())


def test_each_file_has_its_place_in_the_table():
    places = list(named())
    homeless = [name for name in files() if not any(fnmatch(name, place) for place in places)]
    assert not homeless


def test_what_the_table_names_is_there():
    names = list(files())
    gone = [place for place in named() if not any(fnmatch(name, place) for name in names)]
    assert names
    assert not gone
