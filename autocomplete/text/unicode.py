"""Classes of Unicode characters that `re` does not know, written for use inside `[...]`."""

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple, Self

from autocomplete.text.syntax import OPERATOR_ENDS, QUOTES, Syntax

# Combining marks (general category M) of Unicode 18: `\\w` leaves them out, which would cut every
# Devanagari, Thai or Hebrew word at its vowel signs. A fixed table, so that a model sees the same
# tokens whatever Python made it.
_MARKS = (
    "300-36F 483-489 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7-5C9 610-61A 64B-65F 670 6D6-6DC 6DF-6E4 6E7-6E8 6EA-6ED 711 "
    "730-74A 7A6-7B0 7EB-7F3 7FD 816-819 81B-823 825-827 829-82D 859-85B 897-89F 8CA-8E1 8E3-903 93A-93C 93E-94F "
    "951-957 962-963 981-983 9BC 9BE-9C4 9C7-9C8 9CB-9CD 9D7 9E2-9E3 9FE A01-A03 A3C A3E-A42 A47-A48 A4B-A4D A51 "
    "A70-A71 A75 A81-A83 ABC ABE-AC5 AC7-AC9 ACB-ACD AE2-AE3 AFA-AFF B01-B03 B3C B3E-B44 B47-B48 B4B-B4D B53-B57 "
    "B62-B63 B82 BBE-BC2 BC6-BC8 BCA-BCD BD7 C00-C04 C3C C3E-C44 C46-C48 C4A-C4D C55-C56 C62-C63 C81-C83 CBC "
    "CBE-CC4 CC6-CC8 CCA-CCD CD5-CD6 CE2-CE3 CF3 D00-D03 D3B-D3C D3E-D44 D46-D48 D4A-D4D D57 D62-D63 D81-D83 DCA "
    "DCF-DD4 DD6 DD8-DDF DF2-DF3 E31 E34-E3A E47-E4E EB1 EB4-EBC EC8-ECE F18-F19 F35 F37 F39 F3E-F3F F71-F84 "
    "F86-F87 F8D-F97 F99-FBC FC6 102B-103E 1056-1059 105E-1060 1062-1064 1067-106D 1071-1074 1082-108D 108F "
    "109A-109D 135D-135F 1712-1715 1732-1734 1752-1753 1772-1773 17B4-17D3 17DD 180B-180D 180F 1885-1886 18A9 "
    "1920-192B 1930-193B 1A17-1A1B 1A55-1A5E 1A60-1A7C 1A7F 1AB0-1AF0 1B00-1B04 1B34-1B44 1B6B-1B73 1B80-1B82 "
    "1BA1-1BAD 1BE6-1BF3 1C24-1C37 1CD0-1CD2 1CD4-1CE8 1CED 1CF4 1CF7-1CF9 1DC0-1DFF 20D0-20F0 2CEF-2CF1 2D7F "
    "2DE0-2DFF 302A-302F 3099-309A A66F-A672 A674-A67D A69E-A69F A6F0-A6F1 A802 A806 A80B A823-A827 A82C A880-A881 "
    "A8B4-A8C5 A8E0-A8F1 A8FF A926-A92D A947-A953 A980-A983 A9B3-A9C0 A9E5 AA29-AA36 AA43 AA4C-AA4D AA7B-AA7D AAB0 "
    "AAB2-AAB4 AAB7-AAB8 AABE-AABF AAC1 AAEB-AAEF AAF5-AAF6 ABE3-ABEA ABEC-ABED FB1E FE00-FE0F FE20-FE2F 101FD "
    "102E0 10376-1037A 10A01-10A03 10A05-10A06 10A0C-10A0F 10A38-10A3A 10A3F 10AE5-10AE6 10D24-10D27 10D69-10D6D "
    "10EAB-10EAC 10ECB-10ECF 10EF0-10EFF 10F46-10F50 10F82-10F85 11000-11002 11038-11046 11070 11073-11074 "
    "1107F-11082 110B0-110BA 110C2 11100-11102 11127-11134 11145-11146 11173 11180-11182 111B3-111C0 111C9-111CC "
    "111CE-111CF 1122C-11237 1123E 11241 112DF-112EA 11300-11303 1133B-1133C 1133E-11344 11347-11348 1134B-1134D "
    "11357 11362-11363 11366-1136C 11370-11374 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113D0 113D2 113E1-113E2 "
    "11435-11446 1145E 114B0-114C3 115AF-115B5 115B8-115C0 115DC-115DD 11630-11640 116AB-116B7 1171D-1172B "
    "1182C-1183A 11930-11935 11937-11938 1193B-1193E 11940 11942-11943 119D1-119D7 119DA-119E0 119E4 11A01-11A0A "
    "11A33-11A39 11A3B-11A3E 11A47 11A51-11A5B 11A8A-11A99 11B60-11B67 11C2F-11C36 11C38-11C3F 11C92-11CA7 "
    "11CA9-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D8A-11D8E 11D90-11D91 11D93-11D97 11DF0 "
    "11EF3-11EF6 11F00-11F01 11F03 11F34-11F3A 11F3E-11F42 11F5A 13440 13447-13455 1611E-1612F 16AF0-16AF4 "
    "16B30-16B36 16F4F 16F51-16F87 16F8F-16F92 16FE4 16FF0-16FF1 1BC9D-1BC9E 1CF00-1CF2D 1CF30-1CF46 1D127-1D128 "
    "1D165-1D169 1D16D-1D172 1D17B-1D182 1D185-1D18B 1D1AA-1D1AD 1D242-1D244 1D250-1D252 1D25B-1D25C 1D25F "
    "1D280-1D281 1DA00-1DA36 1DA3B-1DA6C 1DA75 1DA84 1DA9B-1DA9F 1DAA1-1DAAF 1E000-1E006 1E008-1E018 1E01B-1E021 "
    "1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6 1E6EE-1E6EF "
    "1E6F5 1E8D0-1E8D6 1E944-1E94A E0100-E01EF "
)

# Scripts written without spaces, where each character (with its marks) is a token: Han and kana with
# their iteration marks, Thai, Lao, Myanmar and Khmer. Their digits are left out: those form numbers.
_SPACELESS = (
    "E01-E3A E40-E4E E81-EBD EC0-ECE EDC-EDF 1000-103F 104C-108F 109A-109F 1780-17D3 17D7 17DC-17DD "
    "2E80-2FDF 3005 3007 3021-3029 3031-3035 3038-303C 3041-309F 30A1-30FA 30FC-30FF 31F0-31FF 3400-4DBF 4E00-9FFF "
    "A9E0-A9EF A9FA-A9FE AA60-AA7F F900-FAFF FF66-FF9F 1AFF0-1AFFE 1B000-1B16F 20000-3FFFD"
)

# Control characters (general category Cc), and the format characters that turn the direction of what follows: they act
# on the terminal that shows them, and no token holds one.
_CONTROL = "0-1F 7F-9F 202A-202E 2066-2069"
# The same without those that are white space anyway, such as tabs and line breaks.
_STRAY = "0-8 E-1B 7F-84 86-9F 202A-202E 2066-2069"

# Format characters, and with the control characters: nothing to see, so nothing is lost where they are no token.
_FORMAT = "AD 61C 180E 200B-200F 202A-202E 2060-2064 2066-206F FEFF FFF9-FFFB 1BCA0-1BCA3 1D173-1D17A E0001 E0020-E007F"
_INVISIBLE = f"0-1F 7F-9F {_FORMAT}"
# Marks that nobody sees either: the grapheme joiner and the variation selectors.
_UNSEEN_MARKS = "34F FE00-FE0F E0100-E01EF"


def ranges(table: str) -> list[tuple[int, int]]:
    """First and last code point of each range in a table such as `300-36F 5BF`."""
    pairs = (entry.partition("-") for entry in table.split())
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


def _inside_brackets(pairs: list[tuple[int, int]]) -> str:
    # The characters themselves: `re` takes 3 ms longer to read them as escapes.
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in pairs)


MARK_RANGES = ranges(_MARKS)
SPACELESS = _inside_brackets(ranges(_SPACELESS))
INVISIBLE = _inside_brackets(ranges(_INVISIBLE))
UNSEEN = _inside_brackets(ranges(f"{_FORMAT} {_UNSEEN_MARKS}"))
CONTROL = _inside_brackets(ranges(_CONTROL))
STRAY = _inside_brackets(ranges(_STRAY))

# `re` looks up the first 65,536 code points in a bitmap and walks through ranges beyond them one by
# one; the look-ahead spares every other character that walk.
_BASIC_MARKS = _inside_brackets([pair for pair in MARK_RANGES if pair[1] < 0x10000])
MARK = (
    f"(?:[{_BASIC_MARKS}]"
    f"|(?=[\\U00010000-\\U0010ffff])[{_inside_brackets([pair for pair in MARK_RANGES if pair[0] >= 0x10000])}])"
)


# Control characters in text: they act on a terminal instead of being read, so they are white space, never a token's.
#
# What is meant are the characters of Unicode's category Cc, and the overrides and isolates that turn the direction of
# text. Joiners, non-joiners and variation selectors are none: Persian, Hindi and emoji are not written without them.

_STRAY_BYTES = bytes([*range(9), *range(14, 28), 127])
# Those that neither a terminal's recording holds (bell, backspace, shifts, escape, delete) nor any other text.
_BINARY_BYTES = bytes([*range(7), *range(16, 27)])
_STARTS = b"\xc2\xe2"  # of U+0080 to U+009F, and of the overrides and isolates, in UTF-8
_NEITHER = bytes(set(range(256)) - set(_STRAY_BYTES) - set(_STARTS))

# Each begins with one certain byte, which `re` finds fast.
_FOREIGN = (rb"\xc2[\x80-\x84\x86-\x9f]", rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")

# What of them is no white space, in UTF-8: for cutting text where white space stands.
STRAY_IN_UTF8 = b"|".join([rb"[\x00-\x08\x0e-\x1b\x7f]", *_FOREIGN])

# What a terminal is told beside its text: control sequences, such as those of colours, character sets and modes
# (ECMA-48). Titles and links are none here: they are told in words, which stay.
_ESCAPE = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b(?:[()][0-9A-Z]|[=>78])"


def holds_control(text: str) -> bool:
    """Whether a text holds a control character, line breaks and tabs among them."""
    return not text.isprintable() and _control().search(text) is not None


def without_controls(text: str) -> tuple[str, int]:
    """Return a text with a space in place of each stray control character, and how many there were."""
    return (text, 0) if text.isprintable() else _stray().subn(" ", text)


def may_hold_stray(content: bytes) -> bool:
    """Whether a text in UTF-8 may hold a stray control character; false for nearly all that do not.

    It takes half a nanosecond a byte, a fiftieth of what tokenising takes.
    """
    left = content.translate(None, _NEITHER)
    if not left:
        return False
    return bool(left.translate(None, _STARTS)) or any(pattern.search(content) for pattern in _foreign())


def count_binary(content: bytes) -> int:
    """How many bytes are such as neither plain text nor what a terminal shows has, where ASCII is a part of both."""
    return len(content) - len(content.translate(None, _BINARY_BYTES))


def holds_escape(text: str) -> bool:
    """Whether an escape sequence begins in a text, be it whole or not."""
    return "\x1b" in text or "\x9b" in text


def without_escapes(text: str) -> str:
    """Return a text without the sequences that set a terminal's colours and the like (ECMA-48)."""
    return _escape().sub("", text)


def reads_as_written(text: str) -> bool:
    """Whether a text is plain: whether `plain_text` changes nothing, and white space is nothing but blanks."""
    if not text.isprintable():
        return False
    return text.isascii() or (unicodedata.is_normalized("NFKC", text) and not _unseen_but_printable().search(text))


def plain_text(text: str) -> str:
    """Return a text as it reads: no escape sequences, nothing unseen, compatible characters alike (NFKC)."""
    if reads_as_written(text):
        return text
    readable, _ = without_controls(_unseen().sub("", without_escapes(text)))
    return unicodedata.normalize("NFKC", stream_safe(readable))


@cache
def _control() -> re.Pattern[str]:
    return re.compile(f"[{CONTROL}]")


@cache
def _stray() -> re.Pattern[str]:
    return re.compile(f"[{STRAY}]")


@cache
def _escape() -> re.Pattern[str]:
    return re.compile(_ESCAPE)


@cache
def _unseen() -> re.Pattern[str]:
    return re.compile(f"[{UNSEEN}]")


@cache
def _unseen_but_printable() -> re.Pattern[str]:
    return re.compile(f"[{_inside_brackets(ranges(_UNSEEN_MARKS))}]")


@cache
def _foreign() -> list[re.Pattern[bytes]]:
    return list(map(re.compile, _FOREIGN))


# The patterns that find tokens. Each also matches `\n`, and takes along one white-space character before a token.
#
# `re` alone: the `regex` package knows Unicode properties, but took 2.7 times as long over the same text.

# A break by itself, or a token with the white space before it: one `findall` gives both.
_BREAK_OR_TOKEN = r"\n|[^\S\n]?(?:{})"

# The `&` of AT&T and R&D; that of `&nbsp;` and the like begins a mark of a page's source.
AMPERSAND = r"(?<=[^\W\d_])&(?=[^\W\d_])(?!\w{2,8};)"
# Words of letters, digits and marks with single apostrophes, hyphens or joiners inside, & between letters, and . , : /
# between digits. What is matched is never given back: to remember where that could be would take 300 times the memory
# of a word.
_CONNECTORS = r"'’_\-\u2010\u2011\u00ad\u200c\u200d"
_INNER = rf"(?:[{_CONNECTORS}]|{AMPERSAND}|(?<=\d)[.,:/](?=\d))"
_WORD = rf"(?![{_CONNECTORS}&.,:/])(?:{_INNER}?(?:[^\W_{SPACELESS}]++|{MARK}++)++)++"

# U.S., e.g.; not the last letters of a.b.com. The bound keeps a long row of them from being tried from every start.
_INITIALISM = r"(?:[A-Za-z\u00c0-\u024f\u0370-\u052f]\.){2,10}(?!\w)"

_IN_URL = rf"\s{CONTROL}<>\"“”«»\u3000-\u303f\uff00-\uffef"
_URL = rf"(?:[Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\.)[^{_IN_URL}]*[^{_IN_URL}.,;:!?)\]}}'’…*_]"
# 64 characters are the most that RFC 5321 allows before the @.
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"

# The two letters of a flag, a run of one punctuation mark (`...`, `--`, `!!`), or any other visible character
# (those of scripts without spaces among them), each with the marks, skin tones, tags and joined emoji behind it.
_RUN = "|".join(rf"{re.escape(mark)}{re.escape(mark)}*" for mark in string.punctuation + "…–—―·•¡¿。、！？")
_VISIBLE = rf"[^\s{INVISIBLE}]"
_SYMBOL = (
    rf"(?:[\U0001f1e6-\U0001f1ff]{{2}}|{_RUN}|{_VISIBLE})"
    rf"(?:{MARK}|[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|\u200d(?!\w){_VISIBLE})*+"
)

# Most words are letters with a space or a common mark behind them: a short way round the alternatives below,
# which could add nothing to such a word.
_PLAIN_WORD = r"[A-Za-z]++(?![^\s.,;:!?\")\]]|[.:]\S)"

# A character of Han or kana is a token, and no mark or tone can follow where another or a stop does: another short way.
_HAN_OR_KANA = r"\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
_PLAIN_CHARACTER = rf"[{_HAN_OR_KANA}](?=[{_HAN_OR_KANA}\s、。，！？]|\Z)"

_TOKEN = f"{_PLAIN_WORD}|{_PLAIN_CHARACTER}|(?=[A-Za-z0-9])(?:{_URL}|{_EMAIL})|{_INITIALISM}|{_WORD}|{_SYMBOL}"


# Tokens of a shell's commands; no blank is ever inside one, for what stands between blanks is cut by itself.
#
# Operators, with the number of the stream that they direct; `$(` with the quote before it; the name in front of a
# value; and all else as far as it goes: flags, paths, variables, quoted text. A quote that nothing closes before the
# blank goes with the word behind it (`"fix`), and is a token where none does (`typo"`).
_OPERATOR = r"\d?>&[\d\-]|&>>?|\d?(?:>>|>\||[<>]\(|>|<<<?|<)|\|[|&]?|&&?|;;?|\$\(|[()]"
_QUOTED_SUBSTITUTION = r"\"\$\((?![^\s\"]*\")"  # `"$(git log)"`, but not `"$(pwd)"`
_NAME = r"(?:--?[^\W\d_][\w.\-]*+|[^\W\d]\w*+)=(?!=)"
_ARGUMENT_CHARACTER = rf"[^\s{CONTROL}{re.escape(OPERATOR_ENDS)}{QUOTES}\\]"
_WITHIN_QUOTES = "|".join(rf"{quote}[^\s{CONTROL}{quote}]*+{quote}" for quote in QUOTES)
_ARGUMENT = (
    rf"(?:{_ARGUMENT_CHARACTER}++|\\[^\s{CONTROL}]?|{_WITHIN_QUOTES}|[{QUOTES}](?={_ARGUMENT_CHARACTER}|\\[^\s]))++"
)

_TOKENS: Mapping[Syntax, str] = {
    "prose": _TOKEN,
    "pretokenized": rf"[^\s{CONTROL}]+",
    "commands": rf"{_OPERATOR}|{_QUOTED_SUBSTITUTION}|{_NAME}|{_ARGUMENT}|[{QUOTES}]",
}


@cache
def word_pattern(syntax: Syntax = "prose") -> re.Pattern[str]:
    """Match a break, or a word-level token with at most one white-space character before it."""
    return re.compile(_BREAK_OR_TOKEN.format(_TOKENS[syntax]))


@cache
def character_pattern() -> re.Pattern[str]:
    """Match a run of white space and control characters, or one other character."""
    return re.compile(rf"[\s{CONTROL}]+|[^\s{CONTROL}]")


# Typography: what is set differently and read alike, so that it is one word however it was set. This is a list and not
# compatibility (NFKC) as a whole, for of most compatible characters the difference is read: ², ½, ™, №, … stay.

# Ligatures of Latin letters, which come from a typesetter's font and from PDF, never from a keyboard.
_LIGATURES = dict(zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
# Letters and digits as wide as a Chinese character. Their punctuation is that of Chinese and Japanese, and stays.
_FULL_WIDTH = {
    first + offset: chr(ord(begin) + offset)
    for first, begin, count in ((0xFF10, "0", 10), (0xFF21, "A", 26), (0xFF41, "a", 26))
    for offset in range(count)
}
# Kana and their marks half as wide, from the days of eight-bit terminals and still from banks and tills.
_HALF_WIDTH = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF61, 0xFFA0)}
# The hyphen that may end a line and the one that may not; a keyboard has neither.
_HYPHENS = dict.fromkeys((0x2010, 0x2011), "-")
# What allows or forbids a line to end within a word, and nothing else: soft hyphen, word joiner, and its predecessor.
_LINE_CONTROLS = dict.fromkeys((0xAD, 0x2060, 0xFEFF))
_FOLDED: dict[int, str | None] = {**_LIGATURES, **_FULL_WIDTH, **_HALF_WIDTH, **_HYPHENS, **_LINE_CONTROLS}
SOFT_HYPHEN = "\u00ad"
_FOLDED_BUT_SOFT_HYPHENS = {code: new for code, new in _FOLDED.items() if chr(code) != SOFT_HYPHEN}

# White space that fills out a line, of whatever width.
BLANKS = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

# Marks that one letter may bear: the non-starters that Stream-Safe Text Format allows (UAX 15, section 13). No language
# has more than a few, and to put many in order takes time that grows with their square.
_MOST_MARKS = 30
# Marks, and all that lies beyond the bitmap: one range is passed over fast.
_LIKELY_MARKS = f"{_BASIC_MARKS}\U00010000-\U0010ffff"


def composed(text: str, *, soft_hyphens: bool = False) -> str:
    """Return a text as it is read: typography undone, no letter with more than 30 marks, composed (NFC).

    Args:
        text: Any.
        soft_hyphens: Whether these stay.
    """
    if text.isascii():
        return text
    if _is_latin(text):  # which is composed
        return text if soft_hyphens else text.replace(SOFT_HYPHEN, "")
    if _foldable_or_mark().search(text):
        if _foldable().search(text):
            text = text.translate(_FOLDED_BUT_SOFT_HYPHENS if soft_hyphens else _FOLDED)
        text = stream_safe(text)
    return unicodedata.normalize("NFC", text)


def composed_as_set(text: str) -> str:
    """Return a text composed (NFC), no letter with more than 30 marks, its typography as it is but for soft hyphens."""
    return text if text.isascii() else unicodedata.normalize("NFC", stream_safe(text.replace(SOFT_HYPHEN, "")))


def stream_safe(text: str) -> str:
    """Return a text in which no more than 30 marks stand in a row: it can be normalised in linear time."""
    return _many_marks().sub(r"\1", text) if _maybe_many_marks().search(text) else text


def _is_latin(text: str) -> bool:
    """Whether a text has characters of Latin-1 only; told at the speed of memory."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _foldable_or_mark() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _FOLDED))}{_LIKELY_MARKS}]")


@cache
def _foldable() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _FOLDED))}]")


@cache
def _many_marks() -> re.Pattern[str]:
    return re.compile(f"({MARK}{{{_MOST_MARKS}}}){MARK}+")


@cache
def _maybe_many_marks() -> re.Pattern[str]:
    # Two sets alike, for `re` passes fast over what is not in the first.
    return re.compile(f"[{_LIKELY_MARKS}][{_LIKELY_MARKS}]{{{_MOST_MARKS}}}")


@cache
def composition_pattern() -> re.Pattern[str]:
    """Match a character with all that `composed` may make one of with it: marks, and the letters that compose.

    These are the jamo of a syllable, and a vowel sign of Kirat Rai; and what is taken out may stand between them.

    White space composes with nothing.
    """
    between = f"{''.join(map(chr, _LINE_CONTROLS))}\uff9e\uff9f"
    return re.compile(rf"\s|(?s:.)(?:{MARK}|[{between}\u1161-\u1175\u11a8-\u11c2\U00016d67])*")


# A mark that stands inside words: typed last, the word may be half-typed.
JOINERS = frozenset("'’-&")


def caseless(word: str) -> str:
    """How a word is compared with the blocked ones: whatever its case, and however its accents are encoded."""
    return composed(word.casefold())


# Turkish and Azeri have two letters i, of which one has a dot as a capital too: of their words a quarter has the one
# without, of those of other languages none but names.
_DOTLESS = "ı"
_LEAST_DOTLESS = 0.02
# What Greek capitals are written without.
_NO_TONOS = str.maketrans("ΆΈΉΊΌΎΏ", "ΑΕΗΙΟΥΩ", "\u0301")


class Casing(NamedTuple):
    """How a language writes its capitals, where that is not as in most.

    Attributes:
        dotted: Whether `İ` is the capital of `i`, and `I` that of `ı`.
        joined: Whether `IJ` is one letter, as in `IJsland`.
    """

    dotted: bool = False
    joined: bool = False

    @classmethod
    def of(cls, words: Sequence[str], counts: Sequence[int]) -> Self:
        """That of the language of some words, each of which occurs so often."""
        text = "\n".join(words)
        dotless, begun = 0, []
        if _DOTLESS in text:
            dotless = sum(count for word, count in zip(words, counts, strict=True) if _DOTLESS in word)
        if "IJ" in text:
            begun = [word[:2] for word in words if word[:2] in ("IJ", "Ij") and word[2:3].islower()]
        return cls(dotless > _LEAST_DOTLESS * sum(counts), begun.count("IJ") > begun.count("Ij"))

    def upper(self, word: str) -> str:
        """A word in capitals; those of Greek have no accents."""
        if self.dotted:
            word = word.replace("i", "İ")
        capitals = word.upper()
        return capitals.translate(_NO_TONOS) if any("Ͱ" <= letter <= "Ͽ" for letter in word) else capitals

    def lower(self, word: str) -> str:
        """A word in small letters."""
        return (word.replace("I", "ı") if self.dotted else word).replace("İ", "i").lower()

    def capital(self, word: str) -> str:
        """A word with a capital at its beginning."""
        if self.joined and word.startswith("ij"):
            return "IJ" + word[2:]
        return ("İ" if self.dotted and word[0] == "i" else word[0].upper()) + word[1:]
