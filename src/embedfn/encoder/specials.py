"""Special and added tokens, as the files beside a bare vocabulary name them."""

from pathlib import Path
from typing import Any, NoReturn

from tokenizers import AddedToken, Tokenizer, processors

from embedfn.encoder.files import read_object

_FLAGS = ("lstrip", "rstrip", "single_word", "normalized")


class Specials:
    """Tokens that are found in a text before it is cut into words.

    Parameters
    ----------
    folder : Path
        Holds perhaps ``special_tokens_map.json`` and ``added_tokens.json``, which count where
        ``tokenizer_config.json`` has no ``added_tokens_decoder``.
    config : dict
        The folder's ``tokenizer_config.json``.
    defaults : dict of str to str
        The tokenizer class's special tokens by role, such as ``"cls"``.
    mask_strips : bool
        Whether its mask takes the space before it along, where no file says so or otherwise.

    Raises
    ------
    ValueError
        For files that say what is no token.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        defaults: dict[str, str],
        mask_strips: bool = False,
    ) -> None:
        self._folder = folder
        decoder = config.get("added_tokens_decoder")
        said = dict(config)
        if decoder is None:
            said |= read_object(folder / "special_tokens_map.json", optional=True)
            added = read_object(folder / "added_tokens.json", optional=True)
            entries = [(number, {"content": content}) for content, number in added.items()]
        elif isinstance(decoder, dict):
            entries = list(decoder.items())
        else:
            self._refuse("added_tokens_decoder", decoder)
        self._roles = {}
        for role, default in defaults.items():
            value = said.get(f"{role}_token") or default
            if isinstance(value, str) and role == "mask" and mask_strips:
                value = {"content": value, "lstrip": True}
            self._roles[role] = self._token(f"{role}_token", value, special=True)
        contents = {token.content for token in self._roles.values()}
        self._added = {}
        for number, value in sorted(entries, key=self._number):
            special = value.get("special", False) if isinstance(value, dict) else False
            token = self._token(f"added token {number}", value, special=bool(special))
            token.special = token.special or token.content in contents
            self._added[token.content] = token
        extra = said.get("extra_special_tokens") or said.get("additional_special_tokens") or []
        extra = list(extra.values()) if isinstance(extra, dict) else extra
        if not isinstance(extra, list):
            self._refuse("extra_special_tokens", extra)
        for value in extra:
            token = self._token("an extra special token", value, special=True)
            self._added.setdefault(token.content, token)

    def content(self, role: str) -> str:
        """Return the token of a role."""
        return str(self._roles[role].content)

    def add_to(self, tokenizer: Tokenizer, file: Path) -> Tokenizer:
        """Add the tokens, and set those about each text.

        Parameters
        ----------
        tokenizer : Tokenizer
            Changed, and returned.
        file : Path
            Its vocabulary, for errors.

        Raises
        ------
        ValueError
            For a vocabulary without the tokens that no text can do without.
        """
        known = tokenizer.get_vocab()
        for role in ("cls", "sep", "unk"):
            if self.content(role) not in known and self.content(role) not in self._added:
                message = f"{file} lacks the {role} token {self.content(role)!r}"
                raise ValueError(message)
        tokenizer.add_tokens(list(self._added.values()))
        for token in self._roles.values():
            if token.content in known and token.content not in self._added:
                tokenizer.add_tokens([token])
        ends = (self.content("cls"), self.content("sep"))
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[ends[0], "$A", ends[1]],
            special_tokens=[(end, tokenizer.token_to_id(end)) for end in ends],
        )
        return tokenizer

    def _token(self, what: str, value: Any, special: bool) -> AddedToken:
        """A token that a file gives as a str or as an object."""
        if isinstance(value, str) and value:
            return AddedToken(value, special=special, normalized=not special)
        said = value if isinstance(value, dict) else {}
        options = {key: said[key] for key in _FLAGS if key in said}
        content = said.get("content")
        if not isinstance(content, str) or not content:
            self._refuse(what, value)
        if not all(isinstance(option, bool) for option in options.values()):
            self._refuse(what, value)
        options.setdefault("normalized", not special)
        return AddedToken(content, special=special, **options)

    def _number(self, item: tuple[Any, Any]) -> int:
        """The id of an entry of ``added_tokens_decoder``."""
        number = item[0]
        if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()):
            return int(number)
        self._refuse("the id of an added token", number)

    def _refuse(self, what: str, value: Any) -> NoReturn:
        """Raise for what is no token."""
        message = f"{self._folder}: {what} must be a str or describe a token, not {value!r}"
        raise ValueError(message)
