"""Mailboxes and single mails: what their authors wrote, without headers, quotes, signatures and attachments.

The subject is left out: most are "Re:" and what somebody else wrote, and where one is the author's, it says in a line
without a verb what the text below says in sentences.
"""

import codecs
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Literal

from autocomplete.corpus.readers.mail_mime import (
    LONGEST_LINE_BYTES,
    Header,
    content_of,
    read_header,
    readable,
)
from autocomplete.corpus.readers.mail_text import paragraphs_of
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Noun, Passage, Sample, Tally

AUTOMATIC = Noun("automatic mail", "automatic mails")
EMPTY = Noun("mail with no words of its author", "mails with no words of their authors")
UNWANTED = Noun("mail among junk or trash", "mails among junk or trash")

Folder = Literal["sent", "drafts", "unwanted"]
# As programs and providers call them, in the languages that most people have them in; without case.
_FOLDERS: dict[Folder, tuple[str, ...]] = {
    "sent": (
        "sent|sent mail|sent items|sent messages|sent-mail|sentmail|sentbox|outbox",
        "gesendet|gesendete|gesendete objekte|gesendete elemente|gesendete nachrichten|gesendete mails|postausgang",
        "envoyé|envoyés|messages envoyés|éléments envoyés|courrier envoyé|boîte d'envoi",
        "enviados|elementos enviados|mensajes enviados|correo enviado|bandeja de salida",
        "inviata|inviati|posta inviata|messaggi inviati|elementi inviati|posta in uscita",
        "enviadas|itens enviados|mensagens enviadas|e-mails enviados|caixa de saída",
        "verzonden|verzonden items|verzonden berichten|postvak uit",
        "wysłane|elementy wysłane|wiadomości wysłane",
        "отправленные|исходящие|надіслані",
        "已发送|已发送邮件|已发邮件|寄件備份|已傳送郵件|寄件匣",
        "送信済み|送信済みメール|送信済みアイテム|送信済みメッセージ",
        "skickat|skickade|skickade objekt|sendt|sendte|sendte elementer|lähetetyt",
        "gönderilmiş|gönderilmiş postalar|odeslané|odeslaná pošta|보낸편지함",
    ),
    "drafts": (
        "draft|drafts|entwurf|entwürfe|brouillon|brouillons|borrador|borradores|bozza|bozze|rascunho|rascunhos|concepten",
        "szkic|szkice|kopie robocze|wersje robocze|черновики|черновик|чернетки|草稿|草稿箱|下書き",
        "utkast|kladder|luonnokset|taslaklar|koncepty|임시보관함",
    ),
    "unwanted": (
        "spam|junk|junk e-mail|junk mail|junk email|bulk mail|trash|deleted|deleted items|deleted messages",
        "papierkorb|gelöscht|gelöschte elemente|gelöschte objekte|gelöschte nachrichten|junk-e-mail|unerwünscht",
        "corbeille|éléments supprimés|messages supprimés|courrier indésirable|indésirables|pourriel",
        "papelera|elementos eliminados|correo no deseado|correo basura",
        "cestino|posta eliminata|posta indesiderata",
        "lixeira|lixo|lixo eletrônico|itens excluídos|itens eliminados",
        "prullenbak|prullenmand|verwijderde items|ongewenste e-mail|ongewenst",
        "kosz|elementy usunięte|wiadomości-śmieci",
        "корзина|удаленные|удалённые|спам|нежелательная почта|кошик",
        "垃圾邮件|垃圾箱|已删除邮件|已删除|垃圾郵件|垃圾桶",
        "ゴミ箱|迷惑メール|削除済みアイテム",
        "skräppost|papperskorgen|borttaget|søppelpost|papirkurv|uønsket|roskaposti|roskakori",
        "çöp kutusu|gereksiz|koš|nevyžádaná pošta|스팸함|휴지통",
    ),
}
_FOLDER_OF: dict[str, Folder] = {
    name: folder for folder, languages in _FOLDERS.items() for name in "|".join(languages).split("|")
}
# So many folders above a file may say what it is: a Maildir's has one between, Apple Mail's (`.mbox`) six.
_FOLDERS_ABOVE = 2
_APPLE_FOLDERS_ABOVE = 8
_FILE_ENDING = re.compile(r"\.(?:mbox|mbx|mbs|mbd|sbd|imapmbox|eml|emlx|partial)$", re.IGNORECASE)
_COPY_NUMBER = re.compile(r"[-_ ]?\(?\d{1,3}\)?$")
_MODIFIED_UTF7 = re.compile(r"&([A-Za-z0-9+,]*)-")
_MAILDIR_TRASHED = re.compile(r":2,[A-Za-z]*T[A-Za-z]*$")

# "From anna@example.org Mon Jan  5 10:00:00 2026", with a time zone in one of many forms.
_MBOX_DATE = re.compile(
    rb"From .{0,200}?\b\d{1,2}:\d{2}(?::\d{2})?\b.{0,40}\b(?:19|20)\d\d\b|From .{0,200}(?:19|20)\d\d.{0,20}\d\d:\d\d"
)
_MBOX_ADDRESS = re.compile(rb"From [^\s]{1,200}\s*$")
_ANY_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|>From ")
_MAIL_FIELD = re.compile(
    rb"(?:x-[a-z0-9-]{1,80}|return-path|received|delivered-to|date|from|to|cc|bcc|subject|sender|reply-to|message-id|in-reply-to|"
    rb"references|mime-version|content-[a-z-]{1,40}|status|envelope-to|dkim-signature|arc-[a-z-]{1,40}|authentication-results|"
    rb"received-spf|list-[a-z-]{1,40}|precedence|user-agent|importance|newsgroups|path|organization|lines):",
    re.IGNORECASE,
)
_SURE_FIELDS = frozenset(("message-id", "received", "return-path", "mime-version", "delivered-to", "x-mozilla-status"))
_KNOWN_FIELDS = _SURE_FIELDS | {"date", "to", "subject", "cc", "bcc", "content-type", "reply-to", "references"}

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,200}@[^\s<>()\[\],;:\"]{1,200}")
_DELIVERED = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to")
# What mail programs put into drafts.
_UNSENT = frozenset(("x-unsent", "x-mozilla-draft-info"))
# A person has several addresses; what got less than this share of the most is a list's.
_LEAST_OWNER_SHARE = 0.2
_LEAST_PARTY_SHARE = 0.95
_MOST_ADDRESSES = 20
_ROBOTS = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+@.-]|$)", re.IGNORECASE)

_MOZILLA_EXPUNGED = 0x8
_APPLE_DELETED, _APPLE_DRAFT, _APPLE_JUNK = 1 << 1, 1 << 6, 1 << 24
_APPLE_FLAGS = re.compile(rb"<key>flags</key>\s*<integer>(\d{1,18})</integer>")
_APPLE_LENGTH = re.compile(rb"[ \t]*(\d{1,15})[ \t]*\r?\n")
_MOST_PLIST_BYTES = 1 << 16


def _lines(file: BinaryIO, size: int | None = None) -> Iterator[bytes]:
    """The lines of a file, or of so many bytes of it, with their breaks; what is too long of a line is dropped."""
    left = size
    is_rest = False
    while line := file.readline(LONGEST_LINE_BYTES if left is None else min(LONGEST_LINE_BYTES, left)):
        if left is not None:
            left -= len(line)
        if not is_rest:
            yield line
        is_rest = not line.endswith(b"\n")


def _messages(lines: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield the lines of each message of an mbox; what of one is not read is passed over."""
    ahead = next(lines, b"")
    while ahead and not ahead.strip():
        ahead = next(lines, b"")

    def message() -> Iterator[bytes]:
        nonlocal ahead
        is_blank = True
        while ahead:
            line, ahead = ahead, next(lines, b"")
            if line.startswith(b"From ") and _begins_message(line, ahead, is_blank=is_blank):
                return
            is_blank = line in (b"\n", b"\r\n")
            yield line

    for _ in message():  # up to the first "From " line
        pass
    while ahead:
        found = message()
        yield found
        for _ in found:
            pass


def _begins_message(line: bytes, following: bytes, *, is_blank: bool) -> bool:
    """Whether a line that begins with `From ` is no prose: it has a date or is an address, and a header follows."""
    if _MBOX_DATE.match(line):
        return bool(_ANY_FIELD.match(following))
    return is_blank and bool(_MBOX_ADDRESS.match(line) and _MAIL_FIELD.match(following))


@dataclass(slots=True)
class _Place:
    """What is known of the file that messages lie in.

    Attributes:
        folder: What folder that is.
        owners: The addresses of the person whose mail it is, as far as the file tells.
        spellings: How the author of each address is called: as in the first message.
    """

    folder: Folder | None
    owners: frozenset[str]
    spellings: dict[str, str]


def _folder(material: Material) -> Folder | None:
    """What the innermost folder with a known name is, the file's own name first."""
    name = re.split(r"[/\\]|: ", material.name)
    if _MAILDIR_TRASHED.search(name[-1]):
        return "unwanted"
    above = [*(material.beside.absolute().parts if material.beside else ()), *name[:-1]]
    apples = [part for part in above[-_APPLE_FOLDERS_ABOVE:-_FOLDERS_ABOVE] if part.endswith(".mbox")]
    for part in reversed([*apples, *above[-_FOLDERS_ABOVE:], name[-1]]):
        if found := _folder_called(_FILE_ENDING.sub("", part)):
            return found
    return None


def _folder_called(name: str) -> Folder | None:
    """What a folder or label of this name is; the last part counts where dots part them, as in a Maildir."""
    name = unicodedata.normalize("NFC", _MODIFIED_UTF7.sub(_from_utf7, name)).casefold().strip(' ."[]')
    for each in (name, name.rpartition(".")[2], name.rpartition("/")[2]):
        if found := _FOLDER_OF.get(each) or _FOLDER_OF.get(_COPY_NUMBER.sub("", each)):
            return found
    return None


def _from_utf7(match: re.Match[str]) -> str:
    """A piece of a folder's name in IMAP's own UTF-7 (RFC 3501), such as `&APw-` for ü."""
    if not match[1]:
        return "&"
    return f"+{match[1].replace(',', '/')}-".encode("ascii").decode("utf-7", "replace")


def _owners(headers: Iterator[Header]) -> frozenset[str]:
    """The addresses of the person whose mail it is, as far as it tells.

    They are those that mail was delivered to; where no message says that, what most received mail is to; and where none
    was received, the one that nearly every message is from or to, if it is one alone and both occur.
    """
    delivered, addressed, senders, recipients = (Counter[str]() for _ in range(4))
    messages = 0
    for header in headers:
        messages += 1
        found = {
            address
            for name in _DELIVERED
            for value in header.all(name)
            if not value.lower().startswith("mailing list")
            for address in _addresses(value)[:1]
        }
        delivered.update(found)
        if not found and "received" in header:
            addressed.update(_addresses(header.get("to"))[:1])
        sender = set(_addresses(header.get("from"))[:1])
        senders.update(sender)
        recipients.update({each for name in ("to", "cc") for each in _addresses(header.get(name))} - sender)
    if delivered:
        least = _LEAST_OWNER_SHARE * max(delivered.values())
        return frozenset(address for address, count in delivered.items() if count >= least)
    if addressed:
        return frozenset(address for address, _ in addressed.most_common(1))
    throughout = [
        address
        for address in senders.keys() | recipients.keys()
        if senders[address] + recipients[address] >= _LEAST_PARTY_SHARE * messages
    ]
    is_clear = len(throughout) == 1 and throughout[0] in senders and throughout[0] in recipients
    return frozenset(throughout if is_clear else ())


def _addresses(value: str) -> list[str]:
    return [match[0].lower() for match in itertools.islice(_ADDRESS.finditer(value), _MOST_ADDRESSES)]


def _author(header: Header, spellings: dict[str, str]) -> tuple[str | None, str]:
    """Who wrote a message, as people recognise them, and the address alone in lower case."""
    value = header.get("from") or header.get("sender")
    found = list(itertools.islice(_ADDRESS.finditer(value), _MOST_ADDRESSES))
    if not found:
        return readable(value) or None, ""
    # The address stands in angle brackets; a name may hold another one.
    address = next(
        (each for each in found if value[: each.start()].endswith("<")), found[-1] if "<" in value else found[0]
    )
    name = value[: address.start()].rstrip("< \t") if "<" in value[: address.start()] else ""
    if not name and "(" in value[address.end() :]:
        name = value[address.end() :].partition("(")[2].rpartition(")")[0]
    plain = address[0].lower()
    shown = " ".join(readable(name.strip()).strip("\"' ").replace("\\", "").split())
    spelled = f"{shown} <{plain}>" if shown and shown.lower() != plain else plain
    return spellings.setdefault(plain, spelled), plain


def _own(header: Header, address: str, place: _Place, labelled: set[Folder | None]) -> bool | None:
    """Whether the person wrote a message: it lies where theirs do, or comes from an address that mail was sent to."""
    if address in place.owners or {place.folder, *labelled} & {"sent", "drafts"} or _UNSENT & header.names():
        return True
    was_received = "received" in header or any(name in header for name in _DELIVERED)
    return False if was_received or labelled else None


def _is_automatic(header: Header, address: str) -> bool:
    """Whether a program sent a message, or it went to many who subscribed to it."""
    submitted = header.get("auto-submitted").strip().lower()
    precedence = header.get("precedence").strip().lower()
    return (
        (submitted not in ("", "no"))
        or "x-autoreply" in header
        or "x-autorespond" in header
        or (
            "list-post" not in header and (precedence in ("bulk", "junk", "auto_reply") or "list-unsubscribe" in header)
        )
        or header.get("return-path").strip() == "<>"
        or bool(_ROBOTS.match(address))
    )


def _labels(header: Header) -> set[Folder | None]:
    """What the labels are that Gmail's export gives a message; empty where it has none."""
    labels = header.readable("x-gmail-labels")
    return {_folder_called(label) for label in labels.split(",")} if labels else set()


def _is_unwanted(header: Header, place: _Place, labelled: set[Folder | None]) -> bool:
    status = header.get("x-mozilla-status").strip()
    is_expunged = re.fullmatch("[0-9A-Fa-f]{1,4}", status) and int(status, 16) & _MOZILLA_EXPUNGED
    return place.folder == "unwanted" or "unwanted" in labelled or bool(is_expunged)


def _passages(lines: Iterator[bytes], place: _Place, tally: Tally, *, is_escaped: bool = False) -> Iterator[Passage]:
    """Read one message."""
    header, first = read_header(lines)
    author, address = _author(header, place.spellings)
    labelled = _labels(header)
    if _is_unwanted(header, place, labelled):
        tally.left_out[UNWANTED] += 1
        return
    if _is_automatic(header, address):
        tally.left_out[AUTOMATIC] += 1
        return
    content = content_of(header, first, lines, is_escaped=is_escaped)
    if content.is_automatic:
        tally.left_out[AUTOMATIC] += 1
        return
    text = "\n".join(paragraph for written in content.written for paragraph in paragraphs_of(written, content.left_out))
    tally.left_out.update(+content.left_out)
    if text:
        yield Passage(text, author, _own(header, address, place, labelled))
    else:
        tally.left_out[EMPTY] += 1


def _read_mbox(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    with material.path.open("rb") as file:
        owners = _owners(read_header(message)[0] for message in _messages(_lines(file)))
        file.seek(0)
        if next(_messages(_lines(file)), None) is None:
            material.refuse("no message begins in it as in a mailbox, by a line 'From ' with a date", "Leave it out.")
        file.seek(0)
        place = _Place(_folder(material), owners, {})
        for message in _messages(_lines(file)):
            yield from _passages(message, place, tally, is_escaped=True)


def _read_eml(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    yield from _single(material, 0, None, _folder(material), tally)


def _read_emlx(material: Material, _: Choices, tally: Tally) -> Iterator[Passage]:
    """Apple Mail's: the number of the message's bytes in a line, the message, and a property list with its flags."""
    with material.path.open("rb") as file:
        length = _APPLE_LENGTH.match(file.readline(LONGEST_LINE_BYTES))
        if length is None:
            material.refuse("no mail of Apple's program, which begins with its length", "Leave the file out.")
        start, size = file.tell(), int(length[1])
        file.seek(start + size)
        found = _APPLE_FLAGS.search(file.read(_MOST_PLIST_BYTES))
    flags = int(found[1]) if found else 0
    folder = _folder(material)
    if flags & (_APPLE_DELETED | _APPLE_JUNK):
        folder = "unwanted"
    elif flags & _APPLE_DRAFT:
        folder = "drafts"
    yield from _single(material, start, size, folder, tally)


def _single(material: Material, start: int, size: int | None, folder: Folder | None, tally: Tally) -> Iterator[Passage]:
    """Read a file's one message, of so many bytes from a place on."""
    with material.path.open("rb") as file:
        file.seek(start)
        start += len(codecs.BOM_UTF8) if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
        file.seek(start)
        header, _ = read_header(_lines(file, size))
        if not header.names():
            material.refuse("no mail, which begins with fields such as 'From: …'", "Leave it out.")
        file.seek(start)
        yield from _passages(_lines(file, size), _Place(folder, _owners(iter([header])), {}), tally)


def _is_mbox(sample: Sample) -> bool:
    first, _, rest = sample.head.lstrip(b"\r\n").partition(b"\n")
    return first.startswith(b"From ") and _begins_message(first, rest[:200], is_blank=True)


def _has_header(head: bytes) -> bool:
    """Whether bytes begin with the header of a mail: nothing but fields up to a blank line, and such as mails have."""
    names: set[str] = set()
    author = b""
    for number, line in enumerate(head.splitlines()):
        if not line.strip():
            break
        if line[:1] in b" \t" and number:
            continue
        field = _ANY_FIELD.match(line)
        if field is None or line.startswith(b">"):
            return False
        name = field[0].rstrip(b": \t").decode("ascii").lower()
        names.add(name)
        author = line if name == "from" else author
    known = len(names & _KNOWN_FIELDS)
    return bool(author) and known >= 2 and (b"@" in author or bool(names & _SURE_FIELDS))


def _is_eml(sample: Sample) -> bool:
    return _has_header(sample.head.removeprefix(codecs.BOM_UTF8))


def _is_emlx(sample: Sample) -> bool:
    length = _APPLE_LENGTH.match(sample.head)
    return length is not None and _has_header(sample.head[length.end() :])


_MAIL = partial(Format, passage=Noun("mail", "mails"), takes="bytes", has_authors=True)
FORMATS: tuple[Format, ...] = (
    _MAIL(key="mbox", name="mailbox (mbox)", recognises=_is_mbox, read=_read_mbox),
    _MAIL(key="eml", name="mail", recognises=_is_eml, read=_read_eml),
    _MAIL(key="emlx", name="mail of Apple Mail", recognises=_is_emlx, read=_read_emlx),
)
