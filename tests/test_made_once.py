"""Values that objects make when first asked for."""

import threading
from dataclasses import dataclass

from embedfn._made_once import made_once
from tests.sparse.models import run_all


@dataclass(frozen=True)
class Holder:
    make: object

    @made_once
    def value(self):
        """What it is."""
        return self.make()


def test_made_once_and_kept():
    made = []
    holder = Holder(lambda: made.append(0) or len(made))
    assert (holder.value, holder.value, made) == (1, 1, [0])
    assert vars(holder)["value"] == 1
    assert Holder.value.__doc__ == "What it is."


def test_objects_do_not_wait_for_each_other():
    begun, other_done = threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert other_done.wait(60)
        return "slow"

    def ask_other():
        assert begun.wait(60)
        assert Holder(lambda: "quick").value == "quick"
        other_done.set()

    first = Holder(slow)
    run_all(lambda: first.value, ask_other)
    assert first.value == "slow"
