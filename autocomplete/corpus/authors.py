"""Whose words are taken of mail and chats: the person's whose files these are, as the files themselves tell.

A message may say that it is the person's own, as in a folder of sent mail. Where none does, the person is the one who
took part in every one of several conversations.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from autocomplete.config import CorpusSettings, FormatName
from autocomplete.corpus.passages import Conversation
from autocomplete.errors import CorpusError, Cure, UsageError, nearest

# In one mailbox a person has one address or more, in every chat program another name.
_MAIL: tuple[FormatName, ...] = ("mbox", "eml", "emlx")
_NAME_AND_ADDRESS = re.compile(r"""\s*["']?(?P<name>[^<"']*?)["']?\s*<(?P<address>[^<>]*)>\s*""")
# So many names are told of, the most frequent first.
_MOST_TOLD = 20


class Words(TypedDict):
    """Whose words were taken of files that several people wrote, as plain JSON values.

    Attributes:
        names: The person's, as the files have them, the most frequent first; none where everyone's were taken.
        taken: How many messages.
        messages: Of how many.
        unclear: Whether everyone's were taken because it is unclear who the person is.
        authors: Then, who wrote how many, the most frequent first.
    """

    names: list[str]
    taken: int
    messages: int
    unclear: bool
    authors: list[list[str | int]]


class UnclearSenderError(CorpusError):
    """It is unclear whose words to take.

    Attributes:
        authors: Who wrote how many messages, the most frequent first.
    """

    def __init__(self, authors: Sequence[tuple[str, int]]) -> None:
        told = ", ".join(f"{name} ({number:,})" for name, number in authors[:_MOST_TOLD])
        super().__init__(f"It is unclear whose words to learn: {told}.", Cure.SENDER)
        self.authors = tuple(authors)

    def __reduce__(self) -> tuple[type["UnclearSenderError"], tuple[Sequence[tuple[str, int]]]]:  # type: ignore[override]
        """Cross process borders whole."""
        return type(self), (self.authors,)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose words are taken of one conversation.

    Attributes:
        names: Authors whose words are taken; None takes everyone's.
        takes_own: Whether what the file says is the person's own is taken, whatever name it has.
        unclear: Whether everyone's are taken because it is unclear who the person is.
    """

    names: frozenset[str] | None
    takes_own: bool = False
    unclear: bool = False

    def wants(self, author: str, own: bool) -> bool:
        """Whether a message is taken."""
        return self.names is None or author in self.names or (own and self.takes_own)


def choices_of(conversations: Sequence[Conversation], settings: CorpusSettings) -> list[Choice]:
    """Decide whose words are taken of each conversation, by all of them together.

    Raises:
        UsageError: Nobody has the name of the sender that was asked for, or several do.
        UnclearSenderError: It is unclear whose words to take, and that is to be refused.
    """
    everyone = Choice(None)
    if settings.everyone:
        return [everyone] * len(conversations)
    kinds: dict[str, list[Conversation]] = {}
    for each in conversations:
        kinds.setdefault("mail" if each.format.key in _MAIL else "chat", []).append(each)
    asked = None if settings.sender is None or not conversations else _asked(conversations, settings.sender)
    evident = _evident(conversations)
    chosen: dict[int, Choice] = {}
    unclear: list[Conversation] = []
    for those in kinds.values():
        choice = _choice(those, asked, evident)
        if choice is None:
            unclear += those
        chosen |= {id(each): choice or Choice(None, unclear=True) for each in those}
    if unclear and settings.unclear_sender == "refuse":
        raise UnclearSenderError(counts_of(unclear).most_common())
    return [chosen[id(each)] for each in conversations]


def words_of(
    conversations: Sequence[Conversation], choices: Sequence[Choice], taken: int, settings: CorpusSettings
) -> Words | None:
    """Return what a report says of whose words were taken; None without files of several authors.

    Args:
        conversations: All of them.
        choices: For each, whose words.
        taken: How many messages that made.
        settings: What was asked for.
    """
    if not conversations:
        return None
    pairs = list(zip(conversations, choices, strict=True))
    sums: Counter[str] = Counter()
    for each, choice in pairs:
        for name, counts in each.authors.items():
            sums[name] += counts.messages if choice.wants(name, own=False) else counts.own * choice.takes_own
    unclear = [each for each, choice in pairs if choice.unclear]
    named = () if settings.everyone or unclear else (name for name, number in sums.most_common() if number and name)
    return Words(
        names=_people(named),
        taken=taken,
        messages=sum(each.messages for each in conversations),
        unclear=bool(unclear),
        authors=[[name, number] for name, number in counts_of(unclear).most_common(_MOST_TOLD) if name],
    )


def counts_of(conversations: Iterable[Conversation]) -> Counter[str]:
    """How many messages each author has in all."""
    sums: Counter[str] = Counter()
    for each in conversations:
        for name, counts in each.authors.items():
            if name:
                sums[name] += counts.messages
    return sums


def _choice(those: Sequence[Conversation], asked: frozenset[str] | None, evident: frozenset[str]) -> Choice | None:
    """Whose words are taken of the conversations of one kind; None where that is unclear."""
    present = {name for each in those for name in each.authors}
    if asked is not None and asked & present:
        return Choice(asked)
    told = any(counts.own for each in those for counts in each.authors.values())
    keys = frozenset(key for name in evident | (asked or frozenset()) for key in _keys(name))
    known = frozenset(name for name in present if name in evident or _keys(name) & keys)
    if told or known:
        return Choice(known, takes_own=True)
    if asked is not None:  # who was asked for did not take part
        return Choice(frozenset())
    common = _common(those)
    return None if common is None else Choice(common)


def _evident(conversations: Sequence[Conversation]) -> frozenset[str]:
    """The authors of what files say is the person's own, unless more is said to be another's."""
    own: Counter[str] = Counter()
    for each in conversations:
        for name, counts in each.authors.items():
            own[name] += counts.own - counts.foreign
    return frozenset(name for name, number in own.items() if number > 0 and name)


def _common(conversations: Sequence[Conversation]) -> frozenset[str] | None:
    """The one author of several, under the name that they have there; None where there is none, or more than one.

    Of a single one that tells nothing: who wrote all of it may be a newsletter.
    """
    if len(conversations) < 2:
        return None
    everywhere: set[str] | None = None
    for each in conversations:
        names = {name.casefold() for name in each.authors if name}
        everywhere = names if everywhere is None else everywhere & names
    if everywhere is None or len(everywhere) != 1:
        return None
    present = {name for each in conversations for name in each.authors}
    return frozenset(name for name in present if name.casefold() in everywhere)


def _keys(author: str) -> frozenset[str]:
    """What an author may be known by: all of it, the name and the address, in small letters."""
    found = _NAME_AND_ADDRESS.fullmatch(author)
    parts = (author,) if found is None else (author, found["name"], found["address"])
    return frozenset(part.casefold().strip() for part in parts) - {""}


def _name(author: str) -> str:
    """An author's name without the address, where there is one."""
    found = _NAME_AND_ADDRESS.fullmatch(author)
    return author if found is None or not found["name"].strip() else found["name"].strip()


def _people(authors: Iterable[str]) -> list[str]:
    """Names without addresses, each once, as it is spelled first."""
    people: dict[str, str] = {}
    for author in authors:
        people.setdefault(_name(author).casefold(), _name(author))
    return list(people.values())[:_MOST_TOLD]


def _asked(conversations: Sequence[Conversation], sender: str) -> frozenset[str]:
    """The authors that a name, an address or a part of a name means.

    Raises:
        UsageError: Nobody, or several people.
    """
    counts, wanted = counts_of(conversations), " ".join(sender.split()).casefold()
    exact = frozenset(name for name in counts if wanted in _keys(name))
    if exact:
        return exact
    partly = [name for name in counts if wanted in name.casefold()]
    people = _people(sorted(partly, key=lambda name: -counts[name]))
    if len(people) > 1:
        raise UsageError(f"sender '{sender}' may be {_listed(people)}.", "Give more of the name, or the address.")
    if partly:
        return frozenset(partly)
    near = _nearest(wanted, counts)
    cure = f"Did you mean '{near}'?" if near else f"Choose one of {_listed(_people(_frequent(counts)))}."
    raise UsageError(f"sender '{sender}' wrote nothing in these files.", cure)


def _frequent(counts: Counter[str]) -> list[str]:
    return [name for name, _ in counts.most_common(5)]


def _nearest(wanted: str, authors: Collection[str]) -> str:
    """The name that is most like another; empty where none is."""
    known: dict[str, str] = {}
    for author in authors:
        known |= dict.fromkeys(_keys(author), _name(author))
    return known.get(nearest(wanted, known), "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
