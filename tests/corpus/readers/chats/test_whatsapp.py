from pathlib import Path

import pytest

from autocomplete.corpus.readers.chats.message import DELETED, FORM, LINK, MEDIA, SYSTEM
from autocomplete.corpus.readers.protocol import Noun, Passage
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of

LRM, RLM, NNBSP = "\u200e", "\u200f", "\u202f"
ANDROID = f"""\
3/1/24, 9:59{NNBSP}AM - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.
3/1/24, 9:59{NNBSP}AM - Cleo created group "Trip: Rome"
3/1/24, 9:59{NNBSP}AM - Cleo added you
3/1/24, 10:00{NNBSP}AM - Cleo: Who brings the tent?
3/1/24, 10:02{NNBSP}AM - Dario 🏕️: I do:
- the big one
- and the pegs

Anything else?
3/1/24, 10:03{NNBSP}AM - Cleo: <Media omitted>
3/1/24, 10:03{NNBSP}AM - Cleo: 👍
3/1/24, 10:04{NNBSP}AM - Dario 🏕️: IMG-20240301-WA0003.jpg (file attached)
The old one from the cellar
3/1/24, 10:05{NNBSP}AM - Dario 🏕️: This message was deleted
3/1/24, 10:06{NNBSP}AM - Cleo: https://example.org/tents?size=4
3/1/24, 10:07{NNBSP}AM - Cleo: look here https://example.org/tents
3/1/24, 10:08{NNBSP}AM - Cleo: I never said that <This message was edited>
3/1/24, 10:09{NNBSP}AM - Cleo: POLL:
When do we leave?
OPTION: at six (2 votes)
3/1/24, 10:10{NNBSP}AM - Dario 🏕️: location: https://maps.google.com/?q=41.9,12.5
3/2/24, 8:15{NNBSP}AM - +49 170 0000000: *Please* ask @\u2068Cleo\u2069, the time is: 10:30
3/2/24, 8:16{NNBSP}AM - Dario 🏕️: she wrote me
[01.01.24, 12:26:08] Cleo: be there at nine
01.01.24 so that we all know
3/2/24, 8:17{NNBSP}AM - Cleo: Missed voice call
3/2/24, 8:18{NNBSP}AM - Cleo: null
3/2/24, 8:19{NNBSP}AM - Dario 🏕️ left
"""
ANDROID_PASSAGES = [
    Passage("Who brings the tent?", "Cleo", None, True),
    Passage("I do:\n- the big one\n- and the pegs\nAnything else?", "Dario 🏕️", None, False),
    Passage("👍", "Cleo", None, False),
    Passage("The old one from the cellar", "Dario 🏕️", None, False),
    Passage("look here https://example.org/tents", "Cleo", None, False),
    Passage("I never said that", "Cleo", None, False),
    Passage("Please ask @Cleo, the time is: 10:30", "+49 170 0000000", None, True),
    Passage(
        "she wrote me\n[01.01.24, 12:26:08] Cleo: be there at nine\n01.01.24 so that we all know",
        "Dario 🏕️",
        None,
        False,
    ),
]
ANDROID_LEFT_OUT = {SYSTEM: 5, MEDIA: 3, DELETED: 1, LINK: 1, FORM: 2}

IOS = f"""\
[01.03.24, 10:00:01] Rom: 2024: {LRM}Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.
[01.03.24, 10:00:01] Rom: 2024: {LRM}Cleo hat diese Gruppe erstellt
[01.03.24, 10:00:01] Cleo: Wer bringt das Zelt mit?
{LRM}[01.03.24, 10:01:07] Cleo: {LRM}Bild weggelassen
{LRM}[01.03.24, 10:02:07] ~ Dario: Schau mal {LRM}<Anhang: 00000012-PHOTO-2024-03-01.jpg>
{LRM}[01.03.24, 10:02:09] ~ Dario: {LRM}plan.pdf • {LRM}3 Seiten {LRM}<Anhang: 00000013-plan.pdf>
[01.03.24, 10:03:00] {RLM}\u202bדנה\u202c: שלום לכולם
[01.03.24, 10:04:00] Cleo: Um acht {LRM}<Diese Nachricht wurde bearbeitet.>
{LRM}[02.03.24, 00:00:00] Cleo: {LRM}Diese Nachricht wurde gelöscht.
[02.03.24, 00:00:09] Cleo: Zwei Zeilen
  und noch eine
"""
IOS_PASSAGES = [
    Passage("Wer bringt das Zelt mit?", "Cleo", None, True),
    Passage("Schau mal", "Dario", None, False),
    Passage("שלום לכולם", "דנה", None, False),
    Passage("Um acht", "Cleo", None, False),
    Passage("Zwei Zeilen\nund noch eine", "Cleo", None, True),
]
IOS_LEFT_OUT = {SYSTEM: 2, MEDIA: 3, DELETED: 1}


def written(text: str, folder: Path, name: str = "chat.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(text: str, folder: Path, name: str = "chat.txt") -> tuple[list[Passage], dict[Noun, int]]:
    passages, tally = passages_of(written(text, folder, name), "whatsapp")
    return passages, {noun: count for noun, count in tally.left_out.items() if count}


@pytest.mark.parametrize(
    ("text", "passages", "left_out"),
    [(ANDROID, ANDROID_PASSAGES, ANDROID_LEFT_OUT), (IOS, IOS_PASSAGES, IOS_LEFT_OUT)],
)
def test_what_people_wrote_is_kept_and_nothing_else(
    text: str, passages: list[Passage], left_out: dict[Noun, int], tmp_path: Path
) -> None:
    assert read(text, tmp_path) == (passages, left_out)
    assert formats_of(tmp_path / "chat.txt") == ["whatsapp"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("@491700000000 are you coming?", "are you coming?"),
        ("yes, @+3906000000000, bring it", "yes, bring it"),
        ("all of you @491700000000 @491700000001", "all of you"),
        ("write to a@1234567.example.org", "write to a@1234567.example.org"),
        ("meet @1800 and @12345678th", "meet @1800 and @12345678th"),
    ],
)
def test_the_number_of_who_is_called_is_no_word_of_a_message(text: str, kept: str, tmp_path: Path) -> None:
    passages, _ = read(f"01/02/2024, 10:00 - Cleo: {text}\n01/02/2024, 10:01 - Dario: right\n", tmp_path)
    assert [passage.text for passage in passages] == [kept, "right"]


STAMPS = [
    "1/31/24, 12:26 PM - ",
    f"1/31/24, 9:26{NNBSP}AM - ",
    "31/01/2024, 9:26 am - ",
    "31.01.24, 12:26 - ",
    "31.01.2024 12:26 - ",
    "31/01/2024, 21:26 - ",
    "31/01/2024 à 21:26 - ",
    "31/1/24 21:26 - ",
    "31/1/2024, 9:26 p. m. - ",
    f"31/1/24, 9:26{NNBSP}a.{NNBSP}m. - ",
    "31-01-2024 21:26 - ",
    "31.1.2024 klo 21.26 - ",
    "31/01/24 18.05 - ",
    "31.01.2024 г., 21:26 ч. - ",
    "2024. 01. 31. 21:26 - ",
    "2024/01/31 21:26 - ",
    "2024/1/31 下午9:26 - ",
    "31. 1. 2024 21:26 - ",
    f"{RLM}٣١{RLM}/١{RLM}/٢٠٢٤، ٩:٢٦ م - ",
    "31/1/24, 9:26 अपराह्न - ",
    "[31.01.24, 21:26:08] ",
    f"[31.01.24, 9:26:08{NNBSP}PM] ",
    f"{LRM}[31/01/2024, 21:26:08] ",
    "[1/31/24, 9:26:08 PM] ",
    "[31/1/24 9:26:08 p. m.] ",
    "[31-01-2024 21:26:08] ",
    "[2024/1/31 下午9:26:08] ",
    "[2024. 1. 31. 오후 9:26:08] ",
    "31/01/2024, 21:26:08: ",
    "1/31/14, 9:26:08 PM: ",
    "2024-01-31 21 h 26 - ",
    "[2024-01-31 21:26:08] ",
]


@pytest.mark.parametrize("stamp", STAMPS)
def test_a_stamp_is_known_in_every_language(stamp: str, tmp_path: Path) -> None:
    talk = [("Anna", "are you there"), ("Ben", "yes: here"), ("Anna", "good")]
    passages, left_out = read("".join(f"{stamp}{who}: {what}\n" for who, what in talk), tmp_path, "WhatsApp.txt")
    assert [(each.author, each.text) for each in passages] == talk
    assert left_out == {}
    assert formats_of(tmp_path / "WhatsApp.txt") == ["whatsapp"]


@pytest.mark.parametrize("stamp", ["2024/01/31 21:26 - ", "2024-01-31 21:26 - ", "[31.01.24 um 21:26:08] "])
def test_a_stamp_that_begins_with_the_year_is_known_without_other_signs(stamp: str, tmp_path: Path) -> None:
    text = "".join(f"{stamp}{who}: hi\n" for who in ("Anna", "Ben", "Anna"))
    assert formats_of(written(text, tmp_path)) == ["whatsapp"]


def test_a_korean_stamp_ends_with_a_comma(tmp_path: Path) -> None:
    text = "".join(
        f"2024년 1월 {day}일 오후 9:26, {who} : 안녕 {day}\n" for day, who in ((1, "민준"), (2, "서연"), (3, "민준"))
    )
    passages, _ = read(text, tmp_path)
    assert [(each.author, each.text, each.begins_document) for each in passages] == [
        ("민준", "안녕 1", True),
        ("서연", "안녕 2", True),
        ("민준", "안녕 3", True),
    ]
    assert formats_of(tmp_path / "chat.txt") == ["whatsapp"]


PLACEHOLDERS = {
    "en": ("<Media omitted>", "image omitted", "You deleted this message"),
    "de": ("<Medien ausgeschlossen>", "Video weggelassen", "Diese Nachricht wurde gelöscht."),
    "es": ("<Multimedia omitido>", "imagen omitida", "Se eliminó este mensaje."),
    "fr": ("<Médias omis>", "image absente", "Ce message a été supprimé"),
    "pt": ("<Mídia oculta>", "figurinha omitida", "Mensagem apagada"),
    "it": ("<Media omessi>", "immagine omessa", "Questo messaggio è stato eliminato"),
    "nl": ("<Media weggelaten>", "afbeelding weggelaten", "Dit bericht is verwijderd"),
    "cs": ("<Média vynechány>", "obrázek vynechán", "Tato zpráva byla smazána"),
    "pl": ("<pominięto multimedia>", "obraz pominięto", "Ta wiadomość została usunięta"),
    "tr": ("<Medya dahil edilmedi>", "görüntü dahil edilmedi", "Bu mesaj silindi"),
    "ru": ("<Без медиафайлов>", "изображение опущено", "Данное сообщение удалено"),
    "ar": ("<تم استبعاد الوسائط>", "صورة محذوفة", "تم حذف هذه الرسالة"),
    "ja": ("<メディアは含まれていません>", "画像は含まれていません", "このメッセージは削除されました"),
    "zh": ("<省略多媒體檔案>", "图像已忽略", "此消息已删除"),
    "ko": ("<미디어 파일을 제외한 내용>", "사진 생략됨", "삭제된 메시지입니다."),
}


@pytest.mark.parametrize("language", PLACEHOLDERS)
def test_a_placeholder_is_left_out_in_every_language(language: str, tmp_path: Path) -> None:
    lines = ["hello", *PLACEHOLDERS[language], "bye"]
    passages, left_out = read("".join(f"31.01.24, 12:26 - Anna: {line}\n" for line in lines), tmp_path)
    assert [each.text for each in passages] == ["hello", "bye"]
    assert left_out == {MEDIA: 2, DELETED: 1}


@pytest.mark.parametrize(
    "text",
    [
        "<3",
        "she changed the subject: again",
        "I left the group: too loud",
        "this message was deleted, was it not?",
        "a < b > c",
        "the document omitted half of it",
        "report.pdf (see page two)",
        "Video call later?",
        "poll: who comes along?",
        "2*3*4 is snake_case_name",
        "null and void",
    ],
)
def test_what_only_resembles_a_notice_is_kept(text: str, tmp_path: Path) -> None:
    passages, left_out = read(f"31.01.24, 12:26 - Anna: hello\n31.01.24, 12:27 - Anna: {text}\n", tmp_path)
    assert [each.text for each in passages] == ["hello", text]
    assert left_out == {}


@pytest.mark.parametrize(
    "name", ["WhatsApp Chat with Ben.txt", "WhatsApp-Chat mit Ben (2).txt", "Chat de WhatsApp con Ben.txt"]
)
def test_who_the_file_is_named_after_is_not_the_person(name: str, tmp_path: Path) -> None:
    passages, _ = read("31.01.24, 12:26 - Ben: hi\n31.01.24, 12:27 - Anna Example: hello\n", tmp_path, name)
    assert [(each.author, each.own) for each in passages] == [("Ben", False), ("Anna Example", True)]


def test_in_a_group_the_file_tells_nobody(tmp_path: Path) -> None:
    text = "".join(f"31.01.24, 12:26 - {who}: hi\n" for who in ("Ben", "Anna", "Cleo"))
    passages, _ = read(text, tmp_path, "WhatsApp Chat with Ben.txt")
    assert {each.own for each in passages} == {None}


def test_who_deleted_a_message_in_their_export_is_the_person(tmp_path: Path) -> None:
    text = "".join(
        f"31.01.24, 12:26 - {line}\n"
        for line in ("Ben: hi", "Cleo: hello", "Anna: Du hast diese Nachricht gelöscht.", "Anna: bye")
    )
    for export in (text, text.replace("Du hast", f"{LRM}Du hast")):
        passages, _ = read(export, tmp_path)
        assert [(each.author, each.own) for each in passages] == [("Ben", False), ("Cleo", False), ("Anna", True)]


@pytest.mark.parametrize(
    "text",
    [
        "01.01.24, Went to the market: apples, pears\n02.01.24, Slept: long\n",
        "01.01.24, 12:26 - went to the market\n02.01.24, 08:10 - slept until nine\n",
        "01.01.24, 12:26 - Market: apples\n02.01.24, 08:10 - Sleep: bad\n03.01.24, 09:00 - Rain: much\n",
        "[2024-01-01 12:26:08] production.ERROR: no such table\n[2024-01-01 12:27:08] production.INFO: started\n",
        "2024-01-01 12:26:08 - server: started\n2024-01-01 12:26:09 - server: stopped\n",
        "2024/01/31 12:26:08 http: TLS: no\n2024/01/31 12:27:08 http: TLS: no\n2024/01/31 12:28:08 http: TLS: no\n",
        "[31/01/2024, 12:26:08] INFO: started\n[31/01/2024, 12:27:08] INFO: stopped\n",
        "31/01/2024 12:26 program: it: started\n31/01/2024 12:27 program: it: stopped\n",
        "At 1/1/24, 12:26 PM - Anna: hi\n1/1/24, 12:26 PM - Anna: hi\n1/1/24, 12:27 PM - Ben: hi\n",
        "[12:26:08] <anna> hello\n[12:26:09] <ben> hi\n[12:26:10] <anna> bye\n",
        "12:26 - 13:00: lunch\n13:00 - 14:00: sleep\n",
        "",
        "\n\n",
    ],
)
def test_a_diary_or_a_log_is_no_chat(text: str, tmp_path: Path) -> None:
    assert "whatsapp" not in formats_of(written(text, tmp_path))


@pytest.mark.parametrize(
    "notice",
    [
        'Cleo changed the subject from "Walks" to "Trip: Rome"',
        "Cleo hat die Gruppe „Reise: Rom“ erstellt.",
        "Cleo a créé le groupe « Voyage : Rome »",
        "Cleo creó el grupo “Viaje: Roma”",
        "Cleo criou o grupo “Viagem: Roma”",
        "Cleo ha creato il gruppo “Viaggio: Roma”",
        "Cleo heeft de groep “Reis: Rome” gemaakt",
        "Клео создала группу «Поездка: Рим»",
    ],
)
def test_a_colon_in_the_name_of_a_group_makes_no_author(notice: str, tmp_path: Path) -> None:
    passages, left_out = read(f"31.01.24, 12:26 - {notice}\n31.01.24, 12:27 - Anna: hi: there\n", tmp_path)
    assert [(each.author, each.text) for each in passages] == [("Anna", "hi: there")]
    assert left_out == {SYSTEM: 1}


def test_a_file_without_a_stamp_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no message of WhatsApp"):
        read("hello\nthere\n", tmp_path)


def test_android_and_ios_give_what_clean_text_gives(tmp_path: Path) -> None:
    lines = ["Can I have the keys?", "In the blue bowl 🔑", "Thanks, see you: at nine"]
    android = "".join(f"{n}/3/24, 1:0{n} PM - {'AB'[n % 2]}nna: {line}\n" for n, line in enumerate(lines))
    ios = "".join(f"{LRM}[0{n}.03.24, 1:0{n}:10{NNBSP}PM] {'AB'[n % 2]}nna: {line}\n" for n, line in enumerate(lines))
    for text in (android, ios):
        passages, _ = read(text, tmp_path)
        assert [each.text for each in passages] == lines


def test_an_endless_message_is_taken_apart(tmp_path: Path) -> None:
    lines = "".join(f"line {number} of a very long paste\n" for number in range(20_000))
    passages, _ = read(f"31.01.24, 12:26 - Anna: hello\n{lines}", tmp_path)
    assert "\n".join(each.text for each in passages) == f"hello\n{lines}".strip()
    assert max(len(each.text) for each in passages) < 1 << 17


@pytest.mark.parametrize(
    "line",
    ["*a " * 30_000, "[" * 90_000, "<" * 90_000, "(file " * 20_000, "`" * 90_000, "a" * 400_000, "1/1/24, " * 20_000],
)
def test_adverse_lines_take_linear_time(line: str, tmp_path: Path) -> None:
    passages, _ = read(f"31.01.24, 12:26 - Anna: {line}\n{line}\n31.01.24, 12:27 - Ben: end\n", tmp_path)
    assert passages[-1].text == "end"
    assert formats_of(tmp_path / "chat.txt") in ([], ["whatsapp"])
