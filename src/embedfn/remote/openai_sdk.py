"""OpenAI's API through its SDK, which brings authentication, proxies and Azure."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.answers import Answer, Fatal
from embedfn.remote.decode import Place
from embedfn.remote.http import shown_url, unreachable
from embedfn.remote.limits import Limits
from embedfn.remote.rows_of_data import read_data


class OpenAIEndpoint:
    """A model behind an ``openai.OpenAI`` client.

    Parameters
    ----------
    client : callable
        Returns the client: the caller may exchange it.
    model : str
    limits : Limits
    parameters : mapping
        Sent with each request, such as ``dimensions``.
    """

    dtype = "float32"

    def __init__(
        self,
        client: Callable[[], Any],
        model: str,
        limits: Limits,
        parameters: Mapping[str, Any],
    ) -> None:
        self._sdk = require("openai", "openai")
        # The HTTP library is httpx2, in versions before 3 httpx.
        base = self._sdk.DefaultHttpxClient.__mro__[1]
        self._http = base.__module__.partition(".")[0]
        self._response = import_module(self._http).Response
        self._client = client
        self._parameters = dict(parameters)
        self._encoding = {"encoding_format": "base64"}
        self.model = model
        self.limits = limits

    @property
    def url(self) -> str:
        """Where requests go."""
        return shown_url(f"{self._client().base_url}".rstrip("/") + "/embeddings")

    def ask(self, texts: list[str], kind: str) -> Answer:
        """Send one request; the body of the answer stays as it came."""
        fault: Exception
        try:
            client = self._client().with_options(max_retries=0)
            # Not client.embeddings.create, which looks at the type of every text again.
            response = client.post(
                "/embeddings",
                body={"input": texts, "model": self.model, **self._encoding, **self._parameters},
                # Vectors hardly shrink, and unpacking costs more than all else done to them.
                options={"headers": {"Accept-Encoding": "identity"}},
                cast_to=self._response,
            )
        except self._sdk.APIStatusError as error:
            came = error.response
            return Answer(came.status_code, came.content, came.headers)
        except self._sdk.APIConnectionError as error:
            fault = unreachable(self.url, error if error.__cause__ is None else error.__cause__)
        except self._sdk.OpenAIError as error:
            fault = Fatal(ValueError(f"the openai package cannot send to {self.url}: {error}"))
        except UnicodeEncodeError:
            fault = Fatal(ValueError("api_key must be of ASCII characters"))
        except Exception as error:
            # What breaks while a body is read comes as the HTTP client's own error.
            if type(error).__module__.partition(".")[0] != self._http:
                raise
            fault = unreachable(self.url, error)
        else:
            return Answer(response.status_code, response.content, response.headers)
        raise fault  # out here, so that it does not hold the request with its headers

    def read(
        self, answer: Answer, count: int, place: Place | None = None
    ) -> tuple[NDArray[Any], int | None]:
        """Return the vectors and the tokens billed."""
        return read_data(answer.content, count, self.dtype, place)

    def secret(self) -> str | None:
        """Return the key."""
        key = self._client().api_key
        return key if isinstance(key, str) else None

    def plain(self) -> bool:
        """Ask for lists of numbers from now on."""
        before = self._encoding["encoding_format"]
        self._encoding = {"encoding_format": "float"}
        return before == "base64"

    def group(self, kind: str) -> str:
        """All kinds are alike."""
        return ""

    def fingerprint(self, kind: str) -> str:
        """What a vector depends on beside its text; all kinds are alike here."""
        return repr((self.url, self.model, sorted(self._parameters.items())))
