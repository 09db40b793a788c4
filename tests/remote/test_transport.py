"""The transport against a strict loopback server that makes faults on demand."""

import asyncio
import signal
import threading
import time

import numpy as np
import pytest

from tests.remote.service import DIM, KEY, at_random, in_turn, vector_of

TEXTS = [f"text number {i}, " + "and more " * (i % 7) for i in range(500)]


def right(texts, dim=DIM):
    return np.stack([vector_of(text, dim) for text in texts])


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Waits of our own choosing are a tenth; those that the service asks for are whole."""
    monkeypatch.setattr("embedfn.remote.transport.random.uniform", lambda low, high: low / 10)


FAULTS = ["429", "429-after", "500", "503", "half", "reset", "garbage", "html", "count", "doubled",
          "nan", "shuffled", "slow"]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("request_number", [0, 3])
def test_one_fault_costs_one_request(connected, fault, request_number):
    faults = in_turn(*[None] * request_number, fault)
    function, service = connected({"faults": faults, "slow_seconds": 0.2}, batch_size=100)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert service.made[fault] == 1
    retried = fault not in ("shuffled", "slow")
    assert service.requests == 5 + retried
    assert max(service.answered.values()) == 1
    assert function.usage.failed == retried
    assert function.usage.texts == len(TEXTS)


def test_faults_at_random(connected):
    shares = dict.fromkeys(FAULTS[:-2], 0.04) | {"shuffled": 0.2, "slow": 0.02}
    faults = at_random(3, **shares)
    options = {"faults": faults, "slow_seconds": 0.1, "retry_after": 0.05}
    function, service = connected(options, batch_size=7, max_retries=20)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert len(service.made) >= 10
    assert max(service.answered.values()) == 1
    usage = function.usage
    assert usage.requests + usage.failed == service.requests
    assert usage.tokens == service.billed - sum(
        (len(text) + 3) // 4 * count for text, count in service.lost.items()
    )


def test_every_fault_in_a_row_on_the_first_request(connected):
    function, service = connected({"faults": in_turn(*FAULTS[:-2])}, max_retries=20, batch_size=500)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert service.requests == len(FAULTS) - 2 + 1


def test_retry_after_is_waited_for(connected):
    function, service = connected({"faults": in_turn("429-after"), "retry_after": 0.7})
    start = time.monotonic()
    function(["one"])
    assert time.monotonic() - start >= 0.7
    assert service.requests == 2


def test_retries_end(connected):
    function, service = connected({"faults": lambda number: "500"}, max_retries=3)
    with pytest.raises(
        RuntimeError, match=r"gave up after 4 tries .* answered 500: The server had"
    ):
        function(TEXTS)
    assert service.requests == 4


def test_a_long_wait_is_not_waited_for(connected):
    function, _ = connected({"faults": in_turn("429-after"), "retry_after": 7200})
    with pytest.raises(RuntimeError, match="it asks to wait 7200 s"):
        function(["one"])


@pytest.mark.parametrize("max_inputs", [1, 3, 64])
def test_more_than_the_service_takes_is_split(connected, max_inputs):
    function, service = connected({"max_inputs": max_inputs})
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    needed = -(-len(TEXTS) // max_inputs)
    assert service.statuses[400] <= 12  # what was refused once is not asked again
    assert service.requests <= 2 * needed + 12


def test_a_slow_service_gets_smaller_requests(connected):
    """One that needs two seconds for 250 texts, where less is all it gets."""
    options = {"batch_size": 250, "timeout": 1.5, "concurrency": 4}
    function, service = connected({"seconds_per_text": 0.008}, **options)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    usage = function.usage
    assert usage.texts == len(TEXTS)
    assert usage.failed <= 2  # both of 250, if the second has fewer bytes than the first
    assert max(service.answered.values()) == 2
    asked = service.requests
    np.testing.assert_array_equal(function(TEXTS[:250], output="array"), right(TEXTS[:250]))
    assert service.requests > asked + 1
    assert function.usage.failed == usage.failed


def test_one_slow_answer_makes_no_other_request_smaller(connected):
    service = {"faults": in_turn(None, "slow"), "slow_seconds": 1.0}
    function, service = connected(service, batch_size=100, timeout=0.4)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert service.requests == 5 + 2  # the second of them came in halves
    assert function.usage.failed == 1
    function(TEXTS)
    assert service.requests == 7 + 5


def test_a_service_that_never_answers_ends_soon(connected):
    function, service = connected({"delay": 1.0}, timeout=0.1, batch_size=250)
    with pytest.raises(ConnectionError, match="gave up after 3 tries"):
        function(TEXTS)
    assert service.requests <= 4  # all, then one alone, three times


def test_tokens_a_request(connected):
    limits = {"max_request_tokens": 300, "max_input_tokens": 100}
    function, service = connected(limits)
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert service.billed == sum((len(text) + 3) // 4 for text in TEXTS)


def test_a_request_larger_than_the_rate_is_split(connected):
    function, service = connected({"tokens_per_minute": 60_000, "burst_seconds": 1.0})
    np.testing.assert_array_equal(function(TEXTS * 1, output="array"), right(TEXTS))
    assert max(service.answered.values()) == 1


def test_the_rate_is_kept(connected):
    service = {"tokens_per_minute": 120_000, "burst_seconds": 0.5, "max_inputs": 20}
    function, made = connected(service, batch_size=20)
    function(["warm"])
    start = time.monotonic()
    texts = [f"{text} {i}" for i in range(1) for text in TEXTS]
    function(texts)
    seconds = time.monotonic() - start
    needed = made.billed / 2000
    assert seconds >= needed - 0.6
    assert made.statuses[429] <= 3
    assert seconds <= needed + 1.5


def test_concurrency_is_bounded_and_used(connected):
    function, service = connected({"delay": 0.05}, batch_size=10, concurrency=5)
    function(TEXTS)
    assert 3 <= service.most_at_work <= 5


def test_alone_until_the_service_has_answered(connected):
    function, service = connected({"faults": in_turn("500", "500", "500")}, batch_size=10)
    function(TEXTS)
    assert service.requests == 53


def test_refused_texts_are_named_and_the_rest_kept(connected):
    bad = frozenset(TEXTS[place] for place in (3, 77, 498))
    function, service = connected({"refuses": bad}, batch_size=100)
    with pytest.raises(ValueError, match=r"texts\[3\] was refused: .*content filter") as caught:
        function(TEXTS)
    assert sorted(caught.value.reasons) == [3, 77, 498]
    rows = caught.value.vectors
    assert np.isnan(rows[[3, 77, 498]]).all()
    kept = [place for place in range(len(TEXTS)) if place not in (3, 77, 498)]
    np.testing.assert_array_equal(rows[kept], right(TEXTS)[kept])
    assert max(service.answered.values()) == 1


def test_refused_texts_may_be_null(connected):
    function, _ = connected({"refuses": frozenset([TEXTS[5]])}, on_error="null")
    texts = [*TEXTS[:10], TEXTS[5]]
    vectors = function(texts)
    assert [place for place, row in enumerate(vectors) if row is None] == [5, 10]
    np.testing.assert_array_equal(vectors[9], vector_of(TEXTS[9]))
    rows = function(texts, output="array")
    assert np.isnan(rows[[5, 10]]).all()
    assert function([TEXTS[5]]) == [None]


def test_a_wrong_parameter_is_no_wrong_text(connected):
    function, service = connected({}, dimensions=4096)
    with pytest.raises(ValueError, match="Invalid value for 'dimensions' = 4096"):
        function(TEXTS)
    assert service.requests <= 15


@pytest.mark.parametrize("policy", ["error", "truncate"])
def test_texts_longer_than_the_model_takes(connected, policy):
    long = "word " * 400
    function, service = connected({"max_input_tokens": 100}, too_long=policy)
    texts = [*TEXTS[:20], long, *TEXTS[20:40]]
    if policy == "error":
        with pytest.raises(ValueError, match=r"texts\[20\] was refused: .*maximum context length"):
            function(texts)
        return
    rows = function(texts, output="array")
    np.testing.assert_array_equal(np.delete(rows, 20, axis=0), right(TEXTS[:40]))
    sent = [text for text in service.answered if long.startswith(text)]
    assert len(sent) == 1
    assert 350 <= len(sent[0]) <= 400
    np.testing.assert_array_equal(rows[20], vector_of(sent[0]))


def test_equal_texts_are_sent_once(connected):
    function, service = connected()
    rows = function(["a", "b", "a", "a"], output="array")
    np.testing.assert_array_equal(rows, right(["a", "b", "a", "a"]))
    assert service.billed_texts == 2


def test_no_texts_no_request(connected):
    function, service = connected()
    assert function([]) == []
    assert function([], output="array").shape == (0, 0)
    assert service.requests == 0


def test_async_in_a_running_loop(connected):
    function, service = connected({"delay": 0.2})

    async def several():
        # The blocking call works here as well, since it needs no loop.
        np.testing.assert_array_equal(function(["before"])[0], vector_of("before"))
        start = time.monotonic()
        rows = await asyncio.gather(*(function.aencode_queries([f"q{i}"]) for i in range(12)))
        documents = await function.aencode_documents(TEXTS, output="array")
        return rows, documents, time.monotonic() - start

    rows, documents, seconds = asyncio.run(several())
    np.testing.assert_array_equal(np.concatenate(rows), right([f"q{i}" for i in range(12)]))
    np.testing.assert_array_equal(documents, right(TEXTS))
    assert seconds < 1.5
    assert service.most_at_work >= 8


def test_cancelling_stops_at_once_and_says_what_is_billed(connected):
    function, service = connected({"delay": 0.3}, batch_size=10, concurrency=2)

    async def cancelled():
        task = asyncio.create_task(function.aencode_documents(TEXTS))
        await asyncio.sleep(0.8)
        start = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - start, function.usage

    seconds, usage = asyncio.run(cancelled())
    assert seconds < 0.1
    assert 10 <= usage.texts <= 60
    assert usage.flying_requests <= 2
    assert "may be billed as well" in usage.bill() or not usage.flying_requests
    time.sleep(0.7)
    assert service.requests <= usage.requests + usage.flying_requests
    assert function.usage.flying_requests == 0


@pytest.fixture
def interruptible():
    """Ctrl-C as at a terminal: a process begun in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_says_what_is_billed(connected):
    function, service = connected({"delay": 0.1}, batch_size=10, concurrency=3)
    thread = threading.get_ident()
    timer = threading.Timer(0.5, signal.pthread_kill, (thread, signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as caught:
        function(TEXTS)
    assert time.monotonic() - start < 1.0
    assert "billed so far" in caught.value.__notes__[0]
    time.sleep(0.4)
    assert service.requests < 30


def test_many_threads_one_object(connected):
    function, service = connected({"delay": 0.02}, batch_size=20)
    results = {}

    def encode(number):
        results[number] = function(TEXTS[number::4], output="array")

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, rows in results.items():
        np.testing.assert_array_equal(rows, right(TEXTS[number::4]))
    assert service.most_at_work <= 16


def test_wrong_arguments_of_a_stream_raise_at_once(connected):
    function, _ = connected()
    for wrong in ({"kind": "x"}, {"block_size": 0}, {"output_dtype": "int9"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            function.encode_iter(TEXTS, **wrong)
    with pytest.raises(TypeError, match="texts"):
        function.encode_iter("one text")


def test_blocks(connected):
    function, _ = connected()
    blocks = list(function.encode_iter(iter(TEXTS), block_size=150))
    assert [len(block) for block in blocks] == [150, 150, 150, 50]
    np.testing.assert_array_equal(np.concatenate(blocks), right(TEXTS))


def test_forms_of_output(connected):
    function, _ = connected()
    assert function(TEXTS, output="array", output_dtype="float16").dtype == np.float16
    bits = function(TEXTS, output_dtype="ubinary")
    np.testing.assert_array_equal(bits[0], np.packbits(vector_of(TEXTS[0]) > 0))


@pytest.mark.parametrize("texts", ["a text", None, [None], ["a", 3], ["a\ud800"]])
def test_wrong_texts_are_found_before_any_request(connected, texts):
    function, service = connected()
    with pytest.raises((TypeError, ValueError)):
        function(texts)
    assert service.requests == 0


def test_progress(connected, capsys):
    pytest.importorskip("tqdm")
    function, _ = connected(progress=True)
    function(TEXTS)
    assert "500/500" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"api_key": "sk-wrong-0123456789"}, r"the API key was not accepted.*check api_key"),
        ({"model_name": "nothing"}, r"no such model.*model_name='nothing'"),
        ({"base_url": "http://127.0.0.1:9/v1"}, r"no answer from http://127.0.0.1:9/v1/embeddings"),
    ],
)
def test_one_clear_error_in_seconds(connected, options, message):
    function, service = connected({}, **options)
    start = time.monotonic()
    with pytest.raises((PermissionError, ValueError, ConnectionError), match=message):
        function(TEXTS)
    assert time.monotonic() - start < 5
    assert service.requests <= 1


def test_a_wrong_base_url(connected):
    right_one, _ = connected()
    wrong, _ = connected({}, base_url=f"{right_one.client.base_url}".replace("/v1/", "/wrong/way"))
    with pytest.raises(ValueError, match=r"no such model or address; http://127.0.0.1:"):
        wrong(TEXTS)


def test_a_website_is_no_service(connected):
    function, service = connected({"faults": lambda number: "html"})
    with pytest.raises(ValueError, match=r"gave up after 3 tries .*check the URL"):
        function(TEXTS)
    assert service.requests == 3


@pytest.mark.parametrize("key", [KEY, "sk-wrong-0123456789"])
def test_the_key_is_nowhere(connected, key, caplog, tmp_path):
    caplog.set_level(0)
    function, _ = connected({}, api_key=key, cache=tmp_path / "cache.sqlite")
    shown = repr(function) + repr(vars(function)) + repr(function._remote) + str(function.usage)
    try:
        function(TEXTS)
    except PermissionError as error:
        shown += f"{error!r} {error} {error.__notes__}"
        link = error
        while link is not None:
            shown += repr(vars(link))
            link = link.__context__ or link.__cause__
    assert key not in shown.replace(repr(function.client), "")
    assert key not in caplog.text
    for path in tmp_path.iterdir():
        assert key.encode() not in path.read_bytes()
        assert b"text number" not in path.read_bytes()
