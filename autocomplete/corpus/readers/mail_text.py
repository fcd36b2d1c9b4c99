"""What the author of a mail wrote of its text: no quotes, no signature, and paragraphs as they were before wrapping.

Nothing marks what a mail program adds, so it is told by its form: an attribution by its verb and date, a block of
fields by their names, a signature by what announces it, in the languages whose programs we know.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from autocomplete.corpus.readers.html import lines_of_mail
from autocomplete.corpus.readers.mail_mime import ATTACHMENTS, ENCRYPTED, FORWARDED, Written
from autocomplete.corpus.readers.protocol import Noun
from autocomplete.text.hyphenation import unwrapped

QUOTED = Noun("quoted line", "quoted lines")
SIGNATURES = Noun("signature or disclaimer", "signatures and disclaimers")


def _any(*languages: str) -> str:
    """A group of what a thing is called, the languages one by one."""
    return f"(?:{'|'.join(languages)})"


# A quote by its mark, also with the initials of who is quoted before it.
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{1,3})?>")
# Before quoted text: "On Monday, 5 January 2026 at 10:00, Anna Example <anna@example.org> wrote:".
_OPENING = re.compile(
    _any("On|At|In", "Am", "Le", "El", "Il", "Em|No dia", "Op", "W dniu|Dnia", "В|Вы", "Den|På")
    + r"[\s,]|[\"'*]?\d|(?:在|于|於)"
)
_WRITES = re.compile(
    r"\b"
    + _any(
        "wrote|writes",
        "schrieb|schreibt|geschrieben",
        "a écrit|écrit|écrivait",
        "escribió|escribe",
        "ha scritto|scrive|scritto",
        "escreveu|escreve",
        "schreef|schrijft",
        r"napisała?|napisał\(a\)|pisze",
        r"написала?|написал\(а\)|пишет|писала?",
        "skrev|skrifaði|kirjoitti|yazdı|napsala?|napísala?|írta",
    )
    + r"(?!\w)|写道|寫道|書きました|のメール|님이 작성|<[^<>\s]+@[^<>\s]+>\s*[:：]$",
    re.IGNORECASE,
)
_DATED = re.compile(r"\b\d{1,2}\s?[:.h時时点]\s?\d{2}|\b(?:19|20)\d\d\b|\d{4}\s?年")
_LONGEST_ATTRIBUTION = 300
# Before a whole message: "-----Original Message-----".
_ORIGINAL = re.compile(
    r"[\s*]*[-_=]{2,}[\s*]*"
    + _any(
        "original message|original appointment|repl(?:y|ied) message|reply above this line",
        "ursprüngliche nachricht|original[- ]?nachricht",
        "message (?:d'origine|original|initial)",
        "mensaje original",
        "messaggio originale",
        "mensagem original",
        "oorspronkelijke? bericht",
        "wiadomość oryginalna|oryginalna wiadomość",
        "(?:исходное|оригинальное) сообщение",
        "原始邮件|原始郵件",
        "元のメッセージ",
        "originalmeddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding",
        "alkuperäinen viesti|özgün ileti|původní zpráva",
    )
    + r"[\s*]*[-_=]{2,}[\s*]*$",
    re.IGNORECASE,
)
_FORWARDS = re.compile(
    r"(?:[\s*]*[-_=]{2,}\s*|(?=[^\s-].*:\s*$))"
    + _any(
        "(?:begin )?forwarded message|forwarded by .{0,100}",
        "(?:anfang der )?weitergeleiteten? (?:nachricht|e-?mail)",
        "(?:début du )?message (?:transféré|réexpédié)",
        "(?:inicio del )?mensaje reenviado",
        "(?:inizio )?messaggio inoltrato",
        "(?:início da )?mensagem (?:reencaminhada|encaminhada)",
        "(?:begin )?doorgestuurd bericht",
        "(?:początek )?(?:przekazan|przesłan)(?:a|ej) wiadomo(?:ść|ści)",
        "(?:начало )?(?:пересылаемо|пересланно|переадресованно)(?:е|го) сообщени[ея]",
        "转发的?(?:邮件|信息)|轉寄(?:郵件|訊息)",
        "転送(?:された)?メッセージ",
        "vidarebefordrat (?:meddelande|brev)|videresendt (?:meddelelse|melding)",
    )
    + r"\s*(?:[-_=]{2,}|[:：])[\s*]*$",
    re.IGNORECASE,
)
# The fields that stand above what Outlook and others quote.
_FROM_WORDS = _any("from", "von", "de|da", "van", "od", "от|кого", "发件人|寄件者|寄件人", "差出人|送信者", "från|fra")
_FIELD_WORDS = _any(
    "sent|date|to|cc|bcc|subject|reply-to",
    "gesendet|datum|an|betreff|kopie|antwort an",
    "envoyé|date d'envoi|à|objet|répondre à",
    "enviado|enviado el|fecha|para|asunto",
    "inviato|data|a|oggetto|rispondi a",
    "enviada|enviada em|enviado em|assunto",
    "verzonden|aan|onderwerp",
    "wysłano|wysłane|do|temat|dw|odpowiedz do",
    "отправлено|дата|кому|копия|тема",
    "发送时间|发送日期|收件人|主题|抄送|日期|寄件日期|主旨|收件者|副本",
    "送信日時|日時|日付|宛先|件名",
    "skickat|till|ämne|kopia|sendt|til|emne|dato",
)
_FIELD = re.compile(rf"[\s*]{{0,4}}(?:({_FROM_WORDS})|{_FIELD_WORDS})\s?\*?\s?[:：]", re.IGNORECASE)
# What telephones and programs add.
_SENT_FROM = re.compile(
    _any(
        "sent from (?:my|an?|yahoo|mail|outlook|proton|samsung|windows|blackberry|the all-new) .{1,60}",
        "sent (?:via|with) (?-i:[A-Z]).{1,40}|get outlook for .{1,40}",
        "von meinem .{1,40} gesendet|gesendet (?:von|mit|aus) .{1,60}|diese nachricht wurde von meinem .{1,60}",
        "envoyé (?:de|depuis|avec|à partir) .{1,60}|télécharge[rz] outlook pour .{1,30}",
        "enviado (?:desde|con) .{1,60}|obtener outlook para .{1,30}",
        "inviato (?:da|dal|con) .{1,60}|scarica outlook per .{1,30}",
        "enviado (?:do|de|a partir|com) .{1,60}|obter o outlook para .{1,30}",
        "(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit) .{1,60}|outlook voor .{1,30} downloaden",
        "wysłan[eoay] z .{1,60}|pobierz program outlook .{1,40}",
        "отправлено (?:с|из|со) .{1,60}",
        "发自我?的? ?.{1,30}|發自我?的? ?.{1,30}|從我的 ?.{1,30} ?傳送|从我的 ?.{1,30} ?发送",
        ".{1,30}から送信",
        "skickat från .{1,60}|sendt fra .{1,60}|lähetetty .{1,60}|나의 .{1,30}에서 보냄",
        ".{1,30}'?[uıiü]mdan gönderildi|odesláno z .{1,60}|надіслано з .{1,60}",
    )
    + r"\.?$",
    re.IGNORECASE,
)
_LONGEST_SENT_FROM = 100
# Beginnings of words, in lower case; a disclaimer has one of each.
_CONFIDENTIAL = (
    *(
        "confidential",
        "privileged",
        "vertraulich",
        "confidentiel",
        "confidencial",
        "riservat",
        "vertrouwelijk",
        "poufn",
    ),
    *("конфиденциальн", "机密", "保密", "機密"),
)
_RECIPIENT = (
    *("recipient", "addressee", "in error", "empfänger", "adressat", "irrtümlich", "destinata", "par erreur"),
    *("por error", "per errore", "por engano", "geadresseerde", "ontvanger", "odbiorc", "adresat", "получател"),
    *("收件人", "受信者"),
)
_LEAST_DISCLAIMER = 80
_PHONE = re.compile(
    r"(?:.{0,40}[\s|·,])?"
    + _any(
        "tel|phone|fax|mob|mobile|cell|[tmfp]",
        "telefon|handy|tél|téléphone|tel[eé]fono|móvil|cellulare|telefone|telemóvel|telefoon",
        "тел|телефон|電話|电话|手机",
    )
    + r"[.: ：]{1,3}[+(]?\d[\d ()/.\-]{5,40}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:.{0,60}[|·•])?\s*(?:e-?mail|mail)?[: ]{0,3}(?:\+\d[\d ()/.\-]{7,40}|[\w.+-]{1,60}@[\w-]{1,60}\.[\w.]{1,60})$",
    re.IGNORECASE,
)
_LONGEST_CONTACT = 90
_MOST_SIGNATURE_LINES = 12
# A list's footer, as mailing list programs add.
_UNDERSCORES = re.compile(r"_{20,}\s*$")
_RULE = re.compile(r"(?:--|[-_=*~#.]{4,})\s*$")
_ARMOUR = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,60})-----\s*$")
_SIGNED = "PGP SIGNED MESSAGE"
_UUENCODED = re.compile(r"begin [0-7]{3,4} \S")

_LIST_ITEM = re.compile(r"\s*(?:[-*•+–—·]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s")
_SENTENCE_ENDS, _CLOSING_MARKS = ".!?:…。！？：", "\"'”’»)]"
# Programs wrap between these; what is longer was not wrapped.
_LEAST_MARGIN, _MOST_MARGIN = 50, 80
# So many lines near the margin show that a text was wrapped there.
_LEAST_FULL_LINES = 3


def paragraphs_of(written: Written, left_out: Counter[Noun]) -> Iterator[str]:
    """Yield what the author of a mail wrote, each paragraph, list item or line of its own in one line.

    Args:
        written: The text of the mail, or one of several.
        left_out: What is left out is added here.
    """
    text = written.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    is_whole = written.is_html or written.is_flowed
    if written.is_html:
        lines = list(lines_of_mail(text))
    elif written.is_flowed:
        lines = list(_unflowed(text.split("\n"), joins_closely=written.joins_closely))
    else:
        lines = text.split("\n")
    lines = _without_quotes(_without_armour(lines, left_out), left_out)
    lines = _without_signature(lines, left_out)
    paragraphs = map(str.strip, lines) if is_whole else _unwrapped(lines)
    for paragraph in paragraphs:
        if _is_disclaimer(paragraph):
            left_out[SIGNATURES] += 1
        elif paragraph:
            yield paragraph


def _unflowed(lines: list[str], *, joins_closely: bool) -> Iterator[str]:
    """Join the lines that flow into the next (RFC 3676), each quote's with its own."""
    held: list[str] = []
    held_depth = 0
    for line in lines:
        text = line.lstrip(">")
        depth = len(line) - len(text)
        text = text.removeprefix(" ")
        if held and (held_depth != depth or text == "-- "):
            yield ">" * held_depth + "".join(held)
            held = []
        if text.endswith(" ") and text != "-- ":
            held.append(text[:-1] if joins_closely else text)
            held_depth = depth
        else:
            yield ">" * depth + "".join([*held, text])
            held = []
    yield ">" * held_depth + "".join(held)


def _without_armour(lines: list[str], left_out: Counter[Noun]) -> list[str]:
    """Leave out keys, signatures and encrypted text in ASCII armour, and files in uuencode."""
    kept: list[str] = []
    last = {line.rstrip(): place for place, line in enumerate(lines) if line.startswith(("-----END ", "end"))}
    end: str | None = None  # the line that ends what is left out
    is_signed = False
    for place, line in enumerate(lines):
        if end is not None:
            end = None if line.rstrip() == end else end
        elif line.startswith("-----BEGIN ") and (armour := _ARMOUR.match(line)):
            is_signed = is_signed or armour[1] == _SIGNED
            end = _armour_end(armour[1])
            if last.get(end, len(lines) if not end else 0) < place:
                end = None  # it was cut, and what follows may be text
            left_out[ENCRYPTED] += armour[1] == "PGP MESSAGE"
        elif line.startswith("begin ") and _UUENCODED.match(line) and last.get("end", 0) > place:
            end = "end"
            left_out[ATTACHMENTS] += 1
        else:
            kept.append(line.removeprefix("- ") if is_signed and line.startswith("- -") else line)
    return kept


def _armour_end(kind: str) -> str:
    """The line that ends what is not text: of a signed message only its header, up to a blank line."""
    return "" if kind == _SIGNED else f"-----END {kind}-----"


def _without_quotes(lines: list[str], left_out: Counter[Noun]) -> list[str]:
    """Leave out quoted lines, with what stands before them; where the rest is another's message, that."""
    kept: list[str] = []
    for place, line in enumerate(lines):
        if _QUOTED.match(line) or _is_left_of_quote(lines, place):
            left_out[QUOTED] += 1
            kept.append("")
            continue
        is_forwarded = bool(_FORWARDS.match(line)) if len(line) < 120 else False
        if is_forwarded or (len(line) < 120 and _ORIGINAL.match(line)) or _begins_fields(lines, place):
            return _cut(kept, lines[place:], left_out, FORWARDED if is_forwarded else QUOTED)
        kept.append(line)
        if line.rstrip()[-1:] in (":", "："):
            next_line = next((each for each in lines[place + 1 : place + 4] if each.strip()), "")
            before, is_sure = _attribution(kept, is_followed=bool(_QUOTED.match(next_line)))
            if before:
                kept[-before:] = [""] * before
                if is_sure and next_line and not _QUOTED.match(next_line):
                    return _cut(kept, lines[place + 1 :], left_out, QUOTED)
    return kept


def _cut(kept: list[str], rest: list[str], left_out: Counter[Noun], noun: Noun) -> list[str]:
    left_out[noun] += 1 if noun is FORWARDED else sum(bool(line.strip()) for line in rest)
    return kept


def _is_left_of_quote(lines: list[str], place: int) -> bool:
    """Whether a line is what a program broke off a long quoted line: short, small and right between quoted ones."""
    line = lines[place]
    if not 0 < place < len(lines) - 1 or len(line) > 30 or not line[:1].islower():
        return False
    before, after = lines[place - 1], lines[place + 1]
    return len(before) > 60 and bool(_QUOTED.match(before) and _QUOTED.match(after)) and not _ends_sentence(before)


def _begins_fields(lines: list[str], place: int) -> bool:
    """Whether the fields of another message begin here, such as From, Sent, To and Subject."""
    if not _FIELD.match(lines[place][:60]):
        return False
    found = [match for line in lines[place : place + 5] if (match := _FIELD.match(line[:60]))]
    return any(match[1] for match in found) and len({match[0].casefold() for match in found}) >= 3


def _attribution(kept: list[str], *, is_followed: bool) -> tuple[int, bool]:
    """How many of the last lines say who wrote what follows, and whether that is sure."""
    for count in (3, 2, 1):
        lines = kept[-count:]
        if len(lines) < count or not all(line.strip() for line in lines):
            continue
        joined = " ".join(line.strip() for line in lines).lstrip("- ")
        if len(joined) <= _LONGEST_ATTRIBUTION and _WRITES.search(joined):
            opens, has_date, has_address = bool(_OPENING.match(joined)), bool(_DATED.search(joined)), "@" in joined
            is_sure = opens + has_date + has_address >= 2
            if (is_sure and (opens or count == 1)) or (is_followed and count == 1):
                return count, is_sure
    return 0, False


def _without_signature(lines: list[str], left_out: Counter[Noun]) -> list[str]:
    """Leave out what stands under a mail without being written for it."""
    for place, line in enumerate(lines):
        if line.startswith(("--", "__")) and _ends_text(line, lines, place):
            left_out[SIGNATURES] += any(each.strip() for each in lines[place + 1 :])
            lines = lines[:place]
            break
    lines = ["" if _RULE.match(line.strip()) else line for line in lines]
    kept = []
    last = max((place for place, line in enumerate(lines) if line.strip()), default=0)
    before = ""
    for place, (line, after) in enumerate(zip(lines, [*lines, ""][1:], strict=True)):
        text = line.strip()
        is_alone = place == last or not (before.strip() or after.strip())
        if text and is_alone and len(text) <= _LONGEST_SENT_FROM and _SENT_FROM.match(text):
            left_out[SIGNATURES] += 1
            kept.append("")
        else:
            kept.append(line)
        before = line
    return _without_contacts(kept, left_out)


def _ends_text(line: str, lines: list[str], place: int) -> bool:
    """Whether a line announces a signature, or the footer of a mailing list."""
    following = [each for each in lines[place + 1 : place + 40] if each.strip()]
    if _UNDERSCORES.match(line):
        return any("@" in each or "://" in each or "mailing list" in each for each in following[:3])
    return line == "-- " or (line.rstrip() == "--" and len(following) <= _MOST_SIGNATURE_LINES)


def _without_contacts(lines: list[str], left_out: Counter[Noun]) -> list[str]:
    """Leave out a last block that tells how to reach the author, unannounced; its closing words are kept."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    lines = lines[:end]
    begin = end
    while begin and lines[begin - 1].strip():
        begin -= 1
    block = [line.strip() for line in lines[begin:]]
    if begin == 0 or not 2 <= len(block) <= _MOST_SIGNATURE_LINES or max(map(len, block)) > _LONGEST_CONTACT:
        return lines
    is_contact = any(map(_PHONE.match, block)) or (len(block) > 2 and any(map(_ADDRESS.match, block)))
    if not is_contact or any(line[-1] in "!?:：" for line in block):
        return lines
    left_out[SIGNATURES] += 1
    return lines[: begin + (block[0][-1] in ",，")]


def _is_disclaimer(paragraph: str) -> bool:
    if len(paragraph) < _LEAST_DISCLAIMER:
        return False
    lower = paragraph.lower()
    return any(word in lower for word in _CONFIDENTIAL) and any(word in lower for word in _RECIPIENT)


def _unwrapped(lines: list[str]) -> Iterator[str]:
    """Join the lines that a program or a person broke at the margin; lists, verses and short lines stay apart."""
    widths = [_columns(line) if " " in line.strip() or not line.isascii() else 0 for line in lines]
    margin = _margin(widths)
    is_wrapped = sum(margin - 10 < width <= margin for width in widths) >= _LEAST_FULL_LINES
    begin = 0
    while begin < len(lines):
        end = next((place for place in range(begin, len(lines)) if not lines[place].strip()), len(lines))
        block_margin = _margin(widths[begin:end])
        held: list[str] = []
        for place in range(begin, end):
            held.append(_spaced(lines[place].strip(), held))
            following = lines[place + 1] if place + 1 < end else ""
            room = (margin if is_wrapped else _MOST_MARGIN) if _begins_large(following) else block_margin
            if not _goes_on(lines[place], widths[place], following, margin=room):
                yield unwrapped("".join(held), typeset=False)
                held = []
        begin = end + 1


def _margin(widths: list[int]) -> int:
    return max((width for width in widths if width <= _MOST_MARGIN), default=0)


def _begins_large(line: str) -> bool:
    """Whether a line begins as a sentence or a name does, so that it may well stand for itself."""
    first = line.lstrip()[:1]
    return bool(first) and not first.islower() and ord(first) < _FIRST_WIDE


def _goes_on(line: str, width: int, following: str, *, margin: int) -> bool:
    """Whether a line was broken because the next word had no room in it."""
    text = line.strip()
    first, _, _ = following.strip().partition(" ")
    if not first or not _LEAST_MARGIN <= width <= _MOST_MARGIN or "\t" in text or "   " in text:
        return False
    if _LIST_ITEM.match(following) or _ends_sentence(text):
        return False
    return width + (2 if ord(first[0]) >= _FIRST_WIDE else 1 + _columns(first)) > margin


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSING_MARKS)[-1:] in _SENTENCE_ENDS


# No character before this takes two columns; from the second on most do, and their scripts have no spaces.
_LEAST_WIDE = "\u1100"
_FIRST_WIDE = 0x2E80


def _spaced(text: str, held: list[str]) -> str:
    """A line behind others that are to be unwrapped, at once where its script has no spaces."""
    is_close = not held or (text and ord(held[-1][-1]) >= _FIRST_WIDE and ord(text[0]) >= _FIRST_WIDE)
    return text if is_close else f"\n{text}"


def _columns(line: str) -> int:
    line = line.rstrip()
    if not line or max(line) < _LEAST_WIDE:
        return len(line)
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in line)
