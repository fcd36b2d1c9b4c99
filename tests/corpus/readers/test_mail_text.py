"""What the author of a mail wrote of its text: no quotes, no signature, nothing that programs add, and unwrapped."""

from collections import Counter
from textwrap import dedent

import pytest

from autocomplete.corpus.readers.mail_mime import Written
from autocomplete.corpus.readers.mail_text import paragraphs_of
from autocomplete.corpus.readers.protocol import Noun


def read(text: str, *, kind: str = "plain") -> tuple[list[str], dict[str, int]]:
    """The paragraphs of a text of kind plain, html, flowed or delsp, and what was left out."""
    left_out: Counter[Noun] = Counter()
    written = Written(dedent(text), kind == "html", kind in ("flowed", "delsp"), kind == "delsp")
    return list(paragraphs_of(written, left_out)), {noun.many: count for noun, count in (+left_out).items()}


ATTRIBUTIONS = [
    "On Mon, Jan 5, 2026 at 10:00 AM Bert Beispiel <bert@example.net> wrote:",
    "On Mon, Jan 5, 2026 at 10:00 AM Bert Beispiel <\nbert@example.net> wrote:",
    "--- On Mon, 1/5/26, 10:00, Bert Beispiel <bert@example.net> wrote:",
    "On 5 Jan 2026, at 10:00,\nBert Beispiel <bert@example.net>\nwrote:",
    "Am 05.01.2026 um 10:00 schrieb Bert Beispiel <bert@example.net>:",
    "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Bert Beispiel:",
    "Le lun. 5 janv. 2026 à 10:00, Bert Beispiel <bert@example.net> a écrit\u00a0:",
    "El lun, 5 ene 2026 a las 10:00, Bert Beispiel (<bert@example.net>) escribió:",
    "Il giorno lun 5 gen 2026 alle ore 10:00 Bert <bert@example.net> ha scritto:",
    "Em seg., 5 de jan. de 2026 às 10:00, Bert <bert@example.net> escreveu:",
    "Op ma 5 jan 2026 om 10:00 schreef Bert Beispiel <bert@example.net>:",
    "pon., 5 sty 2026 o 10:00 Bert Beispiel <bert@example.net> napisał(a):",
    "W dniu 05.01.2026 o 10:00, Bert Beispiel pisze:",
    "пн, 5 янв. 2026 г. в 10:00, Bert Beispiel <bert@example.net>:",
    "5 января 2026, 10:00 от Bert Beispiel <bert@example.net>:",
    "Bert Beispiel <bert@example.net> 于2026年1月5日周一 10:00写道：",
    "在 2026年1月5日 星期一，Bert <bert@example.net> 写道：",
    "2026年1月5日(月) 10:00 Bert Beispiel <bert@example.net>:",
    "Den mån 5 jan. 2026 kl 10:00 skrev Bert Beispiel <bert@example.net>:",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_who_is_quoted_is_left_out_with_the_quote(line: str) -> None:
    assert read(f"Yes, gladly.\n\n{line}\n\n> Shall we go?\n> Today?\n") == (["Yes, gladly."], {"quoted lines": 2})


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_behind_a_sure_attribution_all_is_quoted_though_nothing_marks_it(line: str) -> None:
    assert read(f"Yes, gladly.\n\n{line}\n\nShall we go?\n\nToday?\n") == (["Yes, gladly."], {"quoted lines": 2})


@pytest.mark.parametrize(
    "text",
    [
        "As he wrote:",
        "On Monday she wrote:",
        "I have three wishes:",
        "On page 20 of 2026 things it says:",
        "From: the hill we saw the sea.",
        "To: the reader",
        "Sent with love, as they say.",
        "5 > 3 and 3 < 5",
    ],
)
def test_what_only_resembles_a_quote_or_a_signature_is_kept(text: str) -> None:
    assert read(f"{text}\n\nThe rest.\n") == ([text, "The rest."], {})


def test_replies_between_quotes_are_kept() -> None:
    text = """\
        Hi Bert,

        Bert Beispiel wrote:
        > Shall we go?
        >> Are you there?
        >>> Hello?
        Yes.
        > Where to? I thought of the hill behind the village, where the old
        mill is
        > that we saw.

        To the hill!
        BB> And when?
        At ten.
        """
    assert read(text) == (["Hi Bert,", "Yes.", "To the hill!", "At ten."], {"quoted lines": 7})


DIVIDERS = [
    "-----Original Message-----",
    "-------- Original Message --------",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Mensagem original-----",
    "-----Oorspronkelijk bericht-----",
    "-----Wiadomość oryginalna-----",
    "-----Исходное сообщение-----",
    "-----原始邮件-----",
    "From: Bert\nSent: Monday\nTo: Anna\nSubject: Walk",
    "*From:* Bert <bert@example.net>\n*Date:* Monday\n*To:* Anna",
    "________________________________\nVon: Bert\nGesendet: Montag\nAn: Anna\nBetreff: Gang",
    "De : Bert\nEnvoyé : lundi\nÀ : Anna\nObjet : Promenade",
    "De: Bert\nEnviado el: lunes\nPara: Anna\nAsunto: Paseo",
    "Da: Bert\nInviato: lunedì\nA: Anna\nOggetto: Giro",
    "De: Bert\nEnviada em: segunda\nPara: Anna\nAssunto: Passeio",
    "Van: Bert\nVerzonden: maandag\nAan: Anna\nOnderwerp: Wandeling",
    "Od: Bert\nWysłano: poniedziałek\nDo: Anna\nTemat: Spacer",
    "От: Bert\nОтправлено: понедельник\nКому: Anna\nТема: Прогулка",
    "发件人: Bert\n发送时间: 周一\n收件人: Anna\n主题: 散步",
    "差出人: Bert\n送信日時: 月曜\n宛先: Anna\n件名: 散歩",
]


@pytest.mark.parametrize("divider", DIVIDERS)
def test_a_whole_message_below_is_left_out(divider: str) -> None:
    paragraphs, left_out = read(f"Yes, gladly.\n\n{divider}\n\nShall we go?\n")
    assert paragraphs == ["Yes, gladly."]
    assert left_out.keys() == {"quoted lines"}


@pytest.mark.parametrize(
    "line",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "-------- Weitergeleitete Nachricht --------",
        "Début du message transféré :",
        "---------- Mensaje reenviado ----------",
        "Inizio messaggio inoltrato:",
        "---------- Mensagem encaminhada ---------",
        "Begin doorgestuurd bericht:",
        "---------- Przekazana wiadomość ---------",
        "-------- Пересылаемое сообщение --------",
        "---------- 转发的邮件 ---------",
    ],
)
def test_what_is_forwarded_is_left_out(line: str) -> None:
    assert read(f"See below.\n\n{line}\nSubject: Walk\n\nWe go.\n") == (["See below."], {"forwarded mails": 1})


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Gesendet mit der Mail App",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "发自我的iPhone",
        "iPhoneから送信",
        "Skickat från min iPhone",
    ],
)
def test_what_telephones_add_is_left_out(line: str) -> None:
    fields = f"{'_' * 32}\nFrom: Bert\nSent: Monday\nTo: Anna\nSubject: Walk\n\nShall we?\n"
    for text in (
        f"Yes.\n\n{line}\n",
        f"Yes.\n{line}\n",
        f"Yes.\n\n{line}\n\n> Shall we?\n",
        f"Yes.\n\n{line}\n{fields}",
    ):
        paragraphs, left_out = read(text)
        assert paragraphs == ["Yes."]
        assert left_out["signatures and disclaimers"] == 1


def test_signatures_are_left_out_announced_or_not() -> None:
    assert read("Yes.\n\n-- \nAnna Example\nExample Ltd\n") == (["Yes."], {"signatures and disclaimers": 1})
    assert read("Yes.\n\n--\nAnna\n\n> Shall we?\n") == (["Yes."], {"quoted lines": 1, "signatures and disclaimers": 1})
    contact = "Best regards,\nAnna Example\nExample Ltd\nTel. +49 30 5550100\nwww.example.org\n"
    assert read(f"Yes.\n\n{contact}") == (["Yes.", "Best regards,"], {"signatures and disclaimers": 1})
    assert read(f"Yes.\n\n{contact}\n> Shall we?\n")[0] == ["Yes.", "Best regards,"]
    footer = "_______________________________________________\nList mailing list\nhttps://example.org/list\n"
    assert read(f"Yes.\n\n{footer}") == (["Yes."], {"signatures and disclaimers": 1})


def test_an_end_that_only_resembles_a_signature_is_kept() -> None:
    assert read("Dear Bert\n\nCall me:\n+49 30 5550100\n")[0] == ["Dear Bert", "Call me:", "+49 30 5550100"]
    assert read("Look\n\nhttps://example.org/a\n")[0] == ["Look", "https://example.org/a"]
    assert read("One\n--\nTwo\n" + "More\n" * 20)[0] == ["One", "Two", *["More"] * 20]
    assert read("Dear Bert\n\nYou reach me at\nanna@example.org\n")[0][1:] == ["You reach me at", "anna@example.org"]
    prose = "Please write to the people of the office at office@example.org\nbefore Friday.\n\nThanks\n"
    assert read(f"Dear Bert\n\n{prose}")[0][1:] == [prose.partition("\n\n")[0].replace("\n", " "), "Thanks"]
    assert read("See you,\nAnna\n")[0] == ["See you,", "Anna"]


@pytest.mark.parametrize(
    "text",
    [
        "This e-mail and its attachments are confidential and meant for the intended recipient alone.",
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der Adressat sind, löschen Sie sie.",
        "Ce message est confidentiel et destiné à ses seuls destinataires ; sa diffusion est interdite.",
    ],
)
def test_disclaimers_are_left_out(text: str) -> None:
    assert read(f"Yes.\n\n{text}\n") == (["Yes."], {"signatures and disclaimers": 1})


def test_armour_is_left_out_and_what_is_signed_is_kept() -> None:
    dash = "-----"
    signed = (
        f"{dash}BEGIN PGP SIGNED MESSAGE{dash}\nHash: SHA512\n\nYes.\n- - one\n- -- \nAnna\n"
        f"{dash}BEGIN PGP SIGNATURE{dash}\n\niQEzBAEBCAAd\n{dash}END PGP SIGNATURE{dash}\n"
    )
    assert read(signed) == (["Yes.", "- one"], {"signatures and disclaimers": 1})
    encrypted = f"See:\n{dash}BEGIN PGP MESSAGE{dash}\n\nhQEMA\n{dash}END PGP MESSAGE{dash}\nBye\n"
    assert read(encrypted) == (["See:", "Bye"], {"encrypted parts": 1})
    key = f"Key:\n{dash}BEGIN PGP PUBLIC KEY BLOCK{dash}\n\nmQEN\n{dash}END PGP PUBLIC KEY BLOCK{dash}\n"
    assert read(key) == (["Key:"], {})
    assert read(f"See\n{dash}BEGIN PGP MESSAGE{dash}\nthis\n")[0] == ["See", "this"]
    assert read("Here\nbegin 644 a.txt\nthis\n") == (["Here", "begin 644 a.txt", "this"], {})
    assert read("Here:\nbegin 644 a.txt\n#0V%T\n`\nend\nBye\n") == (["Here:", "Bye"], {"attachments": 1})


def test_wrapped_paragraphs_become_lines_and_the_rest_stays_apart() -> None:
    text = """\
        Hi Bert,

        the weather is going to be as fine as it was the last time that we went
        to the hill behind the village. So I thought of the mill, and of what it
        was like when Anton had the key. Bring:

        - a coat, because it may well be cold in the morning when we start to go
          up, and
        - bread
        1. first
        2. second

        A short line
        and another

        Yours
        Anna
        """
    assert read(text)[0] == [
        "Hi Bert,",
        (
            "the weather is going to be as fine as it was the last time that we went "
            "to the hill behind the village. So I thought of the mill, and of what it "
            "was like when Anton had the key. Bring:"
        ),
        "- a coat, because it may well be cold in the morning when we start to go up, and",
        "- bread",
        "1. first",
        "2. second",
        "A short line",
        "and another",
        "Yours",
        "Anna",
    ]


def test_each_paragraph_may_have_a_margin_of_its_own() -> None:
    text = """\
        I would be glad if you could have a look at it before Friday as
        we have to answer them by then, and they said
        it was urgent.

        Is the price fair, given that all of the windows have to be replaced soon in
        the new house?
        """
    assert read(text)[0] == [
        "I would be glad if you could have a look at it before Friday as we have to answer them by then, and they said",
        "it was urgent.",
        "Is the price fair, given that all of the windows have to be replaced soon in the new house?",
    ]


def test_a_full_line_joins_no_name_below_it() -> None:
    text = "Let us meet at the place where we met the last time that we met, okay\nAnna\n"
    assert read(text)[0] == text.splitlines()
    long = "This paragraph was never wrapped, for it is longer than any margin that programs wrap at, and ends\nHere\n"
    assert read(long)[0] == long.splitlines()


def test_wrapped_text_without_spaces_is_joined_without_any() -> None:
    line = "我们昨天去了村子后面的小山看到了老磨坊和河边的树还有很多人"
    assert read(f"{line}\n{line}\n{line}\n{line[:5]}。\n")[0] == [line * 3 + line[:5] + "。"]


def test_a_hyphen_that_a_mail_is_wrapped_at_stays_in_its_word() -> None:
    lines = [
        "We walked along the old and rather muddy path to the far-",
        "away tower, saw the Haupt- und Nebengebäude and the Vor-",
        "und Nachteile of living there, and then came to Baden-",
        "Baden, where we stayed.",
    ]
    kept, _ = read("\n".join(lines))
    text = " ".join(lines)
    assert kept == [text.replace("far- away", "far-away").replace("Baden- Baden", "Baden-Baden")]


def test_flowed_text_is_joined_by_its_own_rules() -> None:
    text = "Hi, \nthere you \nare.\n\n From here\n  stuffed twice\n>> deep \n>> er\n> quoted \nown.\n-- \nAnna \nE.\n"
    paragraphs = ["Hi, there you are.", "From here", "stuffed twice", "own."]
    assert read(text, kind="flowed") == (paragraphs, {"quoted lines": 2, "signatures and disclaimers": 1})
    assert read("日本 \n語\nfly \ning\n", kind="delsp")[0] == ["日本語", "flying"]


HTML = """\
<html><head><title>No</title><style>p { color: red }</style></head><body>
<!-- <p>no</p> --><p>Caf&eacute; &amp; tea<br>for
 two&nbsp;people</p><div>1 < 2</div><script>if (a<b) {}</script>
<ul><li>one<li><b>t</b>wo</ul>
<div class="gmail_quote"><div class="gmail_attr">On Mon, 5 Jan 2026 at 10:00 Bert &lt;b@example.net&gt; wrote:<br></div>
<blockquote>Shall we?<blockquote>Deep</blockquote><p>Today?</blockquote><div>Yes.</div></div>
"""


def test_mails_in_html_are_read_as_they_show() -> None:
    paragraphs = ["Café & tea", "for two people", "1 < 2", "one", "two", "Yes."]
    assert read(HTML, kind="html") == (paragraphs, {"quoted lines": 3})


def test_quotes_of_outlook_in_html_are_left_out() -> None:
    text = (
        "<div>Yes.</div><div><p><b>From:</b> Bert<br><b>Sent:</b> Monday<br><b>To:</b> Anna<br>"
        "<b>Subject:</b> Walk</p></div><div>Shall we?</div>"
    )
    assert read(text, kind="html")[0] == ["Yes."]


def test_empty_texts_have_no_paragraphs() -> None:
    for kind in ("plain", "html", "flowed"):
        assert read("", kind=kind) == ([], {})
        assert read("\r\n \n\u00a0\n", kind=kind)[0] == []


@pytest.mark.parametrize("kind", ["plain", "html", "flowed"])
@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<!--", "<div>", "<blockquote>x", "<script>", "&", "&#9", ">", "> ", "a:\n", "From: a\n", "a@", "é\n"),
        *("On 1:00 <a@b> wrote:\n", "_" * 50, "-" * 50, "-- \n", " ", "\t", ".", '."', "begin 644 a\n", "Tel. 1"),
        *("-----BEGIN A-----\n", "x " * 20 + "\n", "\n", "\r", "x \n", "confidential ", "Sent from my \n\n", "1" * 20),
    ],
)
def test_text_made_to_be_slow_is_read_and_nothing_is_made_up(piece: str, kind: str) -> None:
    text = piece * (100_000 // len(piece))
    paragraphs, _ = read(text, kind=kind)
    assert sum(map(len, paragraphs)) <= len(text)
