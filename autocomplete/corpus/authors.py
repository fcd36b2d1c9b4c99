"""Whose words are taken of mail and chats: the person's whose files these are, as the files themselves tell.

A message may say that it is the person's own, as in a folder of sent mail. Where none does, the person is the one who
took part in every one of several conversations. In mail, and in the chats of each program, that is decided apart.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict, cast

from autocomplete.config import CorpusSettings, FormatName, SourceKind
from autocomplete.corpus.passages import Conversation
from autocomplete.corpus.readers.protocol import Format
from autocomplete.errors import CorpusError, Cure, UsageError, nearest

# In one mailbox a person has one address or more, in every chat program another name.
_MAIL: tuple[FormatName, ...] = ("mbox", "eml", "emlx")
_NAME_AND_ADDRESS = re.compile(r"""\s*["']?(?P<name>[^<"']*?)["']?\s*<(?P<address>[^<>]*)>\s*""")
# So many names are told of, the most frequent first.
_MOST_TOLD = 20


class Words(TypedDict):
    """Whose words were taken of files that several people wrote, as plain JSON values.

    Attributes:
        names: The person's, as the files have them, the most frequent first; an empty one where the files say that
            words are the person's own, and no name. None where everyone's were taken.
        taken: How many messages.
        messages: Of how many.
        unclear: Whether everyone's were taken because it is unclear who the person is.
        authors: Then, who wrote how many, the most frequent first.
        everyones: What everyone's words were taken of, such as `mail`.
    """

    names: list[str]
    taken: int
    messages: int
    unclear: bool
    authors: list[list[str | int]]
    everyones: list[str]


class Unclear(NamedTuple):
    """A kind of source of which it is unclear whose words to take.

    Attributes:
        kind: Which it is.
        name: What a report calls it, such as `mail` or `WhatsApp chat`.
        authors: Who wrote how many messages, the most frequent first.
    """

    kind: SourceKind
    name: str
    authors: tuple[tuple[str, int], ...]


class UnclearSenderError(CorpusError):
    """It is unclear whose words to take.

    Attributes:
        kinds: Of what, in the order in which they were read.
        known: Whose they are elsewhere: names that have to be asked for too where others are.
    """

    def __init__(self, kinds: Sequence[Unclear], known: Sequence[str] = ()) -> None:
        told = "; ".join(
            (f"in {each.name} " if len(kinds) > 1 else "")
            + ", ".join(f"{name} ({number:,})" for name, number in each.authors[:_MOST_TOLD])
            for each in kinds
        )
        super().__init__(f"It is unclear whose words to learn: {told}.", Cure.SENDER)
        self.kinds, self.known = tuple(kinds), tuple(known)

    def __reduce__(  # type: ignore[override]
        self,
    ) -> tuple[type["UnclearSenderError"], tuple[Sequence[Unclear], Sequence[str]]]:
        """Cross process borders whole."""
        return type(self), (self.kinds, self.known)


class SenderMissingError(UsageError):
    """Nobody has the name of the sender that was asked for."""


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
        UsageError: Nobody has the names of the sender that were asked for, or several do.
        UnclearSenderError: It is unclear whose words to take, and that is to be refused.
    """
    everyone = Choice(None)
    if settings.everyone:
        return [everyone] * len(conversations)
    kinds: dict[SourceKind, list[Conversation]] = {}
    for each in conversations:
        kinds.setdefault(kind_of(each.format), []).append(each)
    for kind in settings.everyone_of:
        kinds.pop(kind, None)
    decided = [each for those in kinds.values() for each in those]
    asked = _all_asked(decided, settings) if settings.sender and decided else None
    chosen: dict[int, Choice] = {}
    unclear: list[Unclear] = []
    for kind, those in kinds.items():
        choice = _choice(those, decided, asked)
        if choice is None:
            unclear.append(Unclear(kind, name_of(those[0].format), tuple(counts_of(those).most_common())))
        chosen |= {id(each): choice or Choice(None, unclear=True) for each in those}
    if unclear and settings.unclear_sender == "refuse":
        known = {name for each in chosen.values() if not each.takes_own for name in each.names or ()}
        raise UnclearSenderError(unclear, sorted(known))
    return [chosen.get(id(each), everyone) for each in conversations]


def kind_of(format_: Format) -> SourceKind:
    """Return the kind of a conversation's format: mail, or the chats of one program."""
    return "mail" if format_.key in _MAIL else cast(SourceKind, format_.key)


def name_of(format_: Format) -> str:
    """Return what a report calls a kind."""
    return "mail" if format_.key in _MAIL else format_.name


def words_of(conversations: Sequence[Conversation], choices: Sequence[Choice], taken: int) -> Words | None:
    """Return what a report says of whose words were taken; None without files of several authors.

    Args:
        conversations: All of them.
        choices: For each, whose words.
        taken: How many messages that made.
    """
    if not conversations:
        return None
    pairs = list(zip(conversations, choices, strict=True))
    sums: Counter[str] = Counter()
    for each, choice in pairs:
        for name, counts in each.authors.items() if choice.names is not None else ():
            sums[name] += counts.messages if choice.wants(name, own=False) else counts.own * choice.takes_own
    unclear = [each for each, choice in pairs if choice.unclear]
    named = [name for name, number in sums.most_common() if number]
    everyones = {name_of(each.format): None for each, choice in pairs if choice.names is None}
    return Words(
        names=_people(named),
        taken=taken,
        messages=sum(each.messages for each in conversations),
        unclear=bool(unclear),
        authors=[[name, number] for name, number in counts_of(unclear).most_common(_MOST_TOLD) if name],
        everyones=list(everyones),
    )


def remarks_of(
    conversations: Sequence[Conversation], choices: Sequence[Choice], settings: CorpusSettings
) -> Iterator[str]:
    """Yield what is to be said of a sender who was asked for and did not take part, in all or in some."""
    if settings.sender and not conversations and "sender" not in settings.standing:
        yield "no file here says who wrote what: that a sender was named made no difference"
    if not settings.sender or not conversations:
        return
    for sender in settings.sender if "sender" not in settings.standing else ():
        try:
            _asked(conversations, sender)
        except SenderMissingError as error:
            yield f"{error.cause.removesuffix('.')}: {error.cure}"
    absent: Counter[str] = Counter()
    for each, choice in zip(conversations, choices, strict=True):
        absent[name_of(each.format)] += each.messages if choice.names == frozenset() and not choice.takes_own else 0
    for name, number in (+absent).items():
        yield f"nobody who was named wrote in the {name}: {number:,} message{'s' * (number > 1)} left out"


def counts_of(conversations: Iterable[Conversation]) -> Counter[str]:
    """How many messages each author has in all."""
    sums: Counter[str] = Counter()
    for each in conversations:
        for name, counts in each.authors.items():
            if name:
                sums[name] += counts.messages
    return sums


def _choice(
    those: Sequence[Conversation], conversations: Sequence[Conversation], asked: frozenset[str] | None
) -> Choice | None:
    """Whose words are taken of the conversations of one kind among others; None where that is unclear."""
    evident = _evident(conversations)
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
    is_mail = kind_of(those[0].format) == "mail"
    alike = [each for each in conversations if (kind_of(each.format) == "mail") == is_mail]
    common = _common(those) or _common(alike)
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


def _all_asked(conversations: Sequence[Conversation], settings: CorpusSettings) -> frozenset[str]:
    """The authors that the names of the sender mean, of which one may stand in one kind of source and not in another.

    Raises:
        UsageError: A name means several people, or none of them anybody.
    """
    found: set[str] = set()
    missing: list[UsageError] = []
    for sender in settings.sender:
        try:
            found |= _asked(conversations, sender)
        except SenderMissingError as error:
            missing.append(error)
    if missing and not found and "sender" not in settings.standing:
        raise missing[0]
    return frozenset(found)


def _asked(conversations: Sequence[Conversation], sender: str) -> frozenset[str]:
    """The authors that a name, an address or a part of a name means.

    Raises:
        SenderMissingError: Nobody.
        UsageError: Several people.
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
    raise SenderMissingError(f"sender '{sender}' wrote nothing in these files.", cure)


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
