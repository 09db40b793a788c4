"""A value that an object makes when it is first asked for, and keeps."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class made_once(Generic[T]):
    """``functools.cached_property`` without its lock.

    Before Python 3.12 all objects of a class share one: threads with objects of their own wait for
    each other, and a process that is forked meanwhile waits for ever. Threads that ask one object
    at once may each make the value; one of these is kept.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, item: None, owner: type) -> "made_once[T]": ...
    @overload
    def __get__(self, item: object, owner: type) -> T: ...
    def __get__(self, item: object | None, owner: type) -> "made_once[T] | T":
        """Make the value and put it where it is found before this is asked again."""
        if item is None:
            return self
        value: T = vars(item).setdefault(self._name, self._make(item))
        return value
