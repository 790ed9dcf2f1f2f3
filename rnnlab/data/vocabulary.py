"""A vocabulary: the tokens or labels that integers stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from rnnlab.errors import ConfigError

PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<bos>", "<eos>"


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in the order of their ids; special tokens are found by their names.

    Args:
        tokens: Distinct names; the id of a name is its position.

    Raises:
        ValueError: A name occurs twice.
    """

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.ids) < len(self.tokens):
            twice = Counter(self.tokens).most_common(1)[0][0]
            raise ValueError(f"{twice!r} occurs twice in the vocabulary")

    @classmethod
    def count(
        cls,
        sequences: Iterable[Sequence[str]],
        *,
        specials: Sequence[str] = (),
        max_size: int | None = None,
        min_count: int = 1,
    ) -> Vocabulary:
        """Make a vocabulary of the tokens of ``sequences``, most frequent first, ties by name.

        Args:
            sequences: The training part's sequences of tokens, and only the training part's.
            specials: Names that come first, such as ``PAD`` and ``UNKNOWN``.
            max_size: Greatest size, specials included (which are never left out); None for no
                limit.
            min_count: Tokens seen less often are left out.

        Raises:
            ConfigError: No token is seen as often as that.
        """
        counts = Counter(token for sequence in sequences for token in sequence)
        for special in specials:
            counts.pop(special, None)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [token for token, count in ranked if count >= min_count]
        if ranked and not kept:
            raise ConfigError(
                f"no token occurs so often in the training part: the most frequent, "
                f"{ranked[0][0]!r}, occurs {ranked[0][1]} times",
                key="dataset.min_count",
                value=min_count,
            )
        room = None if max_size is None else max(0, max_size - len(specials))
        return cls((*specials, *kept[:room]))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each token."""
        return {token: index for index, token in enumerate(self.tokens)}

    @property
    def begin(self) -> int | None:
        """The id of ``<bos>``, or None."""
        return self.ids.get(BEGIN)

    @property
    def end(self) -> int | None:
        """The id of ``<eos>``, or None."""
        return self.ids.get(END)

    @property
    def unknown(self) -> int | None:
        """The id of ``<unk>``, or None."""
        return self.ids.get(UNKNOWN)

    @property
    def pad(self) -> int | None:
        """The id of ``<pad>``, or None."""
        return self.ids.get(PAD)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return the ids of ``tokens``; an unlisted one becomes ``<unk>``.

        Raises:
            KeyError: A token is not listed and there is no ``<unk>``.
        """
        ids, unknown = self.ids, self.unknown
        if unknown is None:
            return [ids[token] for token in tokens]
        return [ids.get(token, unknown) for token in tokens]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens up to the first ``<eos>``, without ``<pad>`` and ``<bos>``."""
        end, silent = self.end, (self.pad, self.begin)
        kept = takewhile(lambda index: index != end, ids)
        return [self.tokens[index] for index in kept if index not in silent]
