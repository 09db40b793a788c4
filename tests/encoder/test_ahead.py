"""Work one step ahead: order, errors in their place, a clean end."""

import threading

import pytest

from embedfn.encoder.ahead import ahead


def test_results_in_order():
    assert list(ahead(str, iter(range(50)))) == [str(n) for n in range(50)]
    assert list(ahead(str, [])) == []


def test_the_next_step_runs_while_a_result_is_used():
    started = [threading.Event() for _ in range(3)]

    def work(number):
        started[number].set()
        return number

    results = ahead(work, range(3))
    assert next(results) == 0
    assert started[1].wait(10)  # though nobody asked for it yet
    assert list(results) == [1, 2]


def test_an_error_comes_after_the_results_before_it():
    def items():
        yield 1
        yield 2
        raise OSError("source")

    results = ahead(str, items())
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(OSError, match="source"):
        next(results)
    results = ahead(lambda n: 1 // n, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_closing_ends_the_thread():
    before = threading.active_count()
    results = ahead(str, iter(int, 1))
    assert next(results) == "0"
    results.close()
    assert threading.active_count() == before


def test_items_are_taken_in_the_callers_thread():
    def items():
        for _ in range(3):
            yield threading.get_ident()

    assert set(ahead(int, items())) == {threading.get_ident()}
