"""What a provider answers, and what is to be done about it."""

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

_TRANSIENT = {408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529}
# How providers say that a request, or one text of it, is more than they take.
_TOO_LARGE = re.compile(
    r"maximum context length|context.length|too (?:large|long|many)|tokens? per request|batch size"
    r"|max(?:imum)? (?:is|of|number|allowed|input|batch|total)|at most \d|less than or equal to \d"
    r"|exceed",
    re.IGNORECASE,
)
_POSITION = re.compile(r"(?:input|inputs|texts|requests)\W{1,3}(\d+)\b")
_SPENT = re.compile(r"insufficient_quota|exceeded your current quota|billing", re.IGNORECASE)
_UNKNOWN_FORMAT = re.compile(r"encoding_format|base64", re.IGNORECASE)
_SHOWN = 300  # characters of a provider's message


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole.

    Attributes
    ----------
    status : int
    content : bytes
    headers : mapping of str to str
        Names in lower case.
    """

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class RequestFault(Exception):
    """Why a request brought no vectors."""


class Transient(RequestFault):
    """The same request may work later; ``wait`` is how many seconds the provider asks for."""

    def __init__(self, text: str, wait: float | None = None, refused: bool = False) -> None:
        super().__init__(text)
        self.wait = wait
        self.refused = refused  # for its rate


class Unreachable(Transient):
    """No answer, or half of one."""


class TimedOut(Unreachable):
    """The service took a request and was silent for too long."""


class BadAnswer(Transient):
    """An answer with status 200 that is not what was asked for."""


class Refused(RequestFault):
    """The request cannot work as it is; ``too_large`` where less of it could.

    ``position`` is the text within the request that is at fault, where the provider names it.
    """

    def __init__(self, text: str, too_large: bool, position: int | None = None) -> None:
        super().__init__(text)
        self.too_large = too_large
        self.position = position


class WrongFormat(RequestFault):
    """The provider does not know base64."""


class Fatal(RequestFault):
    """No request of this kind will work; ``error`` is what the caller gets."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def check_answer(answer: Answer, url: str, model: str) -> None:
    """Raise for an answer that is no success.

    Parameters
    ----------
    answer : Answer
    url, model : str
        For the error.

    Raises
    ------
    RequestFault
    """
    status = answer.status
    if 200 <= status < 300:
        return
    said = said_by(answer)
    text = f"{url} answered {status}: {said}"
    if status == 429 and _SPENT.search(said) is not None:
        raise Fatal(PermissionError(f"the account has no quota left; {text}"))
    if status == 429 and re.search(r"request too large", said, re.IGNORECASE):
        raise Refused(text, too_large=True)
    if status == 429 or status in _TRANSIENT:
        raise Transient(text, wait_asked(answer.headers), refused=status == 429)
    if status in (401, 403):
        raise Fatal(PermissionError(f"the API key was not accepted; {text}; check api_key"))
    if status == 404:
        raise Fatal(
            ValueError(f"no such model or address; {text}; check model_name={model!r} and the URL")
        )
    if status not in (400, 413, 422):
        raise Fatal(ValueError(f"not the answer of an embedding service; {text}; check the URL"))
    if _UNKNOWN_FORMAT.search(said) is not None:
        raise WrongFormat(text)
    named = _POSITION.search(said)
    large = status == 413 or _TOO_LARGE.search(said) is not None
    raise Refused(text, large, None if named is None else int(named[1]))


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After names, in any of its forms; None where it is missing."""
    milliseconds = headers.get("retry-after-ms", "")
    if re.fullmatch(r"\d+(\.\d+)?", milliseconds):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value) if value else None
    except ValueError:
        moment = None
    return None if moment is None else max(0.0, moment.timestamp() - time.time())


def said_by(answer: Answer) -> str:
    """Return a provider's message: the text in its JSON, else the beginning of what it sent."""
    import msgspec

    try:
        content = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = answer.content.decode("utf-8", "replace")
    text = " ".join(_message(content).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _message(content: object) -> str:
    """The text within any provider's form of an error."""
    while isinstance(content, dict):
        for name in ("error", "message", "detail", "msg"):
            if content.get(name):
                inner = content[name]
                code = content.get("code") if isinstance(inner, str) else None
                content = f"{inner} ({code})" if isinstance(code, str) else inner
                break
        else:
            return str(content)
    if isinstance(content, list) and len(content) == 1:
        return _message(content[0])
    return str(content)
