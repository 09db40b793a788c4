"""What rerankers at a provider share."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from embedfn._texts import Texts
from embedfn.base import BaseRerankFunction, RerankResult
from embedfn.reranker._ranked import checked_call, ranked

if TYPE_CHECKING:
    from embedfn.remote.client import RemoteModel
    from embedfn.remote.usage import Usage


class RemoteRerankFunction(BaseRerankFunction):
    """Scores from a provider; a subclass calls :meth:`_connect`.

    Every class on this one takes the options of the transport as keywords (docs/remote.md).
    """

    model_name: str
    _remote: "RemoteModel"
    _shown = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model_name={self.model_name!r})"

    @property
    def usage(self) -> "Usage":
        """What all calls so far sent, and what the provider said it bills."""
        return self._remote.usage.copy()

    def __call__(self, query: str, documents: Texts, top_k: int = 5) -> list[RerankResult]:
        """Score documents against a query.

        Parameters
        ----------
        query : str
        documents : iterable of str
            More than the provider takes in a request go in several: a document's score does not
            depend on the others.
        top_k : int
            How many to return at most; 0 and None are all.

        Returns
        -------
        list of RerankResult
            Best first.

        Raises
        ------
        TypeError, ValueError, PermissionError, ConnectionError, RuntimeError
            As the embedding functions of providers.
        """
        return self._scored(query, documents, top_k)

    async def acall(self, query: str, documents: Texts, top_k: int = 5) -> list[RerankResult]:
        """Score documents without blocking the event loop; otherwise as calling the object."""
        from embedfn.remote.client import in_thread

        stop = threading.Event()
        results: list[RerankResult] = await in_thread(
            lambda: self._scored(query, documents, top_k, stop), stop
        )
        return results

    def _scored(
        self, query: str, documents: Texts, top_k: int, stop: threading.Event | None = None
    ) -> list[RerankResult]:
        """The best documents of a call, which ``stop`` ends."""
        texts = checked_call(query, documents, top_k)
        if not texts:
            return []
        rows, refused = self._remote.encode(texts, query, "documents", stop)
        scores = rows[:, 0]
        scores[list(refused)] = float("nan")
        return ranked(texts, scores, top_k, self._shown)

    def _connect(
        self,
        url: str,
        provider: str,
        body: Callable[[str, list[str]], Mapping[str, Any]],
        given: dict[str, Any],
        key: str | None,
        reader: str = "read_scores",
        parameters: object = None,
    ) -> None:
        """Make ``_remote``: an address, and a request's body for a query and documents."""
        from embedfn.remote import readers
        from embedfn.remote.connect import connect
        from embedfn.remote.limits import rerank_limits_of

        self._remote = connect(
            url,
            self.model_name,
            rerank_limits_of(provider),
            lambda texts, query, base64: body(query, texts),
            getattr(readers, reader),
            key,
            given,
            parameters=parameters,
            dtype="float64",
            kinds_apart=False,
        )
