"""Whose words are taken of mail and chats."""

import pickle
from pathlib import Path

import pytest

from autocomplete.corpus.authors import UnclearSenderError
from autocomplete.errors import CorpusError, UsageError
from autocomplete.interface.progress import account_lines
from tests.corpus.formats import file_of, gathered, small_formats, texts_of

__all__ = ["small_formats"]
pytestmark = pytest.mark.usefixtures("small_formats")

TWO = "chat\nAnna Example: one\nBen Sample: two\n*joined\nBen Sample: three\n"


def words(text: str) -> list[str]:
    return text.split("\n\n")[:-1]


def test_what_the_file_says_is_own_is_taken_and_the_same_author_elsewhere(tmp_path: Path) -> None:
    first = file_of(tmp_path / "a", "chat\nBen: two\n!Anna: one\nAnna: three\n")
    second = file_of(tmp_path / "b", "chat\nCid: four\nanna: five\nAnna: six\n")
    sources = gathered(first, second, work=tmp_path)
    assert [words(text) for text in texts_of(sources)] == [["one", "three"], ["five", "six"]]
    assert sources.account["words"] == {
        "names": ["Anna"],
        "taken": 4,
        "messages": 6,
        "unclear": False,
        "authors": [],
        "everyones": [],
    }


def test_the_one_author_of_several_chats_is_the_person(tmp_path: Path) -> None:
    paths = [
        file_of(tmp_path / "a", TWO),
        file_of(tmp_path / "b", "chat\nCid: four\nAnna Example: five\n"),
        file_of(tmp_path / "c", "chat\nanna example: six\nDora: seven\n"),
    ]
    sources = gathered(*paths, work=tmp_path)
    assert [words(text) for text in texts_of(sources)] == [["one"], ["five"], ["six"]]
    assert sources.account["words"] is not None
    assert sources.account["words"]["names"] == ["Anna Example"]


def test_of_two_who_share_all_chats_neither_is_the_person(tmp_path: Path) -> None:
    paths = [file_of(tmp_path / "a", TWO), file_of(tmp_path / "b", TWO + "Ben Sample: four\n")]
    sources = gathered(*paths, work=tmp_path)
    assert [words(text) for text in texts_of(sources)] == [["one", "two", "three"], ["one", "two", "three", "four"]]
    assert sources.account["words"] == {
        "names": [],
        "taken": 7,
        "messages": 7,
        "unclear": True,
        "authors": [["Ben Sample", 5], ["Anna Example", 2]],
        "everyones": ["small chat"],
    }


def test_unclear_may_be_refused_with_names_and_counts(tmp_path: Path) -> None:
    with pytest.raises(UnclearSenderError) as refused:
        gathered(file_of(tmp_path / "a", TWO), work=tmp_path, unclear_sender="refuse")
    assert refused.value.kinds == (("irc", "small chat", (("Ben Sample", 2), ("Anna Example", 1))),)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.kinds, again.cause, again.cure) == (
        refused.value.kinds,
        refused.value.cause,
        refused.value.cure,
    )


def test_whose_a_single_chat_of_one_is_stays_unclear(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", "chat\nNews: today\nNews: more\n")
    sources = gathered(path, work=tmp_path)
    assert words(texts_of(sources)[0]) == ["today", "more"]
    assert sources.account["words"] == {
        "names": [],
        "taken": 2,
        "messages": 2,
        "unclear": True,
        "authors": [["News", 2]],
        "everyones": ["small chat"],
    }
    with pytest.raises(UnclearSenderError):
        gathered(path, work=tmp_path, unclear_sender="refuse")


def test_whose_mails_of_one_sender_in_a_folder_are_stays_unclear(tmp_path: Path) -> None:
    for number in range(3):
        file_of(tmp_path / "mail" / "cur" / f"{number}", f"mail\nNews <news@example.org>\nissue {number}")
    (tmp_path / "mail" / "new").mkdir()
    account = gathered(tmp_path / "mail", work=tmp_path).account
    assert account["words"] is not None
    assert (account["words"]["unclear"], account["words"]["taken"]) == (True, 3)


def test_what_was_seen_of_a_maildir_and_what_is_new_are_one_conversation(tmp_path: Path) -> None:
    file_of(tmp_path / "mail" / "cur" / "1", "mail\nNews <news@example.org>\nissue 1")
    file_of(tmp_path / "mail" / "new" / "2", "mail\nNews <news@example.org>\nissue 2")
    account = gathered(tmp_path / "mail", work=tmp_path).account
    assert account["words"] is not None
    assert account["words"]["unclear"]


def test_a_single_chat_of_one_that_says_whose_it_is_is_that_ones(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", "chat\n!Me: a note\n!Me: more\n")
    assert words(texts_of(gathered(path, work=tmp_path, unclear_sender="refuse"))[0]) == ["a note", "more"]


@pytest.mark.parametrize("sender", ["Ben Sample", "ben sample", "  BEN   sample ", "ben", "sample", "Sam"])
def test_a_sender_is_named_in_any_case_or_by_a_part(sender: str, tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a", TWO), work=tmp_path, sender=(sender,), unclear_sender="refuse")
    assert words(texts_of(sources)[0]) == ["two", "three"]
    assert sources.account["words"] is not None
    assert sources.account["words"]["names"] == ["Ben Sample"]


MAILS = {
    "cur/1": "mail\nAnna Example <anna@example.org>\nfrom work",
    "cur/2": 'mail\n"Example, Ben" <ben@example.org>\nfrom Ben',
    "new/3": "mail\nanna example <a.example@example.net>\nfrom home",
    "new/4": "mail\nben@example.org\nBen's bare address",
}


@pytest.mark.parametrize(
    ("sender", "taken"),
    [
        ("anna@example.org", ["from work"]),
        ("Anna Example", ["from work", "from home"]),
        ("BEN@example.org", ["from Ben", "Ben's bare address"]),
        ("Example, Ben", ["from Ben"]),
        ("example.net", ["from home"]),
    ],
)
def test_a_sender_of_mail_is_an_address_or_a_name(sender: str, taken: list[str], tmp_path: Path) -> None:
    for name, text in MAILS.items():
        file_of(tmp_path / "mail" / name, text)
    found = [
        word for text in texts_of(gathered(tmp_path / "mail", work=tmp_path, sender=(sender,))) for word in words(text)
    ]
    assert found == taken


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ("Bne Sample", "Did you mean 'Ben Sample'?"),
        ("Zoe", "Choose one of 'Ben Sample', 'Anna Example'."),
        ("a", "may be 'Ben Sample', 'Anna Example'"),
    ],
)
def test_a_sender_that_nobody_is_or_several_are_is_wrong_usage(sender: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        gathered(file_of(tmp_path / "a", TWO), work=tmp_path, sender=(sender,))
    assert said in str(refused.value)


def test_everyone_is_everyone(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", TWO + "!Anna Example: mine\n")
    sources = gathered(path, work=tmp_path, everyone=True, unclear_sender="refuse")
    assert words(texts_of(sources)[0]) == ["one", "two", "three", "mine"]
    assert sources.account["words"] is not None
    assert not sources.account["words"]["unclear"]
    with pytest.raises(UsageError, match="everyone"):
        gathered(path, work=tmp_path, everyone=True, sender=("Ben",))


def test_a_sender_of_text_without_authors_is_noted(tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a.txt", "plain words\n"), work=tmp_path, sender=("Ben",))
    assert len(sources.account["remarks"]) == 1
    assert "made no difference" in sources.account["remarks"][0]
    sources = gathered(tmp_path / "a.txt", work=tmp_path, field="body")
    assert sources.account["remarks"] == ["no file here has columns or keys: that one was named made no difference"]


def test_sent_mail_is_the_persons_and_names_them_in_chats(tmp_path: Path) -> None:
    file_of(tmp_path / "mail" / "cur" / "1", "mail\nBen Sample <ben@example.org>\nto Anna")
    (tmp_path / "mail" / "new").mkdir()
    file_of(tmp_path / "mail" / ".Sent" / "cur" / "2", "mail\nAnna Example <anna@example.org>\nto Ben")
    (tmp_path / "mail" / ".Sent" / "new").mkdir()
    chat = file_of(tmp_path / "chat", TWO)
    sources = gathered(tmp_path / "mail", chat, work=tmp_path, unclear_sender="refuse")
    assert [word for text in texts_of(sources) for word in words(text)] == ["to Ben", "one"]


def test_who_is_asked_for_in_a_chat_does_not_cost_the_sent_mail(tmp_path: Path) -> None:
    file_of(tmp_path / "mail" / ".Sent" / "cur" / "2", "mail\nanna@example.org\nto Ben")
    (tmp_path / "mail" / ".Sent" / "new").mkdir()
    for name in ("cur", "new"):
        (tmp_path / "mail" / name).mkdir()
    chat = file_of(tmp_path / "chat", TWO)
    sources = gathered(tmp_path / "mail", chat, work=tmp_path, sender=("Anna Example",), unclear_sender="refuse")
    assert [word for text in texts_of(sources) for word in words(text)] == ["to Ben", "one"]


def test_words_that_are_the_persons_own_need_no_name(tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a", "chat\n!: one\n: two\n"), work=tmp_path)
    assert words(texts_of(sources)[0]) == ["one"]
    assert sources.account["words"] is not None
    assert (sources.account["words"]["names"], sources.account["words"]["everyones"]) == ([""], [])
    assert account_lines(sources.account)[-1] == "your own words (1 of 2 messages)"


def test_where_the_person_wrote_nothing_that_is_said(tmp_path: Path) -> None:
    first = file_of(tmp_path / "a", "chat\n!Anna: one\n")
    second = file_of(tmp_path / "b", "chat\nBen: two\nCid: three\n")
    assert len(gathered(first, second, work=tmp_path).texts) == 1
    with pytest.raises(CorpusError, match="None of these messages"):
        gathered(second, held_out=(first,), work=tmp_path)


def test_a_message_goes_to_its_author_whatever_documents_are_left_out(tmp_path: Path) -> None:
    lines = [
        f"{'Anna' if number % 3 else '!Me'}: word{number}" + ("\n--" if number % 5 == 0 else "")
        for number in range(300)
    ]
    path = file_of(tmp_path / "a", "chat\n" + "\n".join(lines) + "\n")
    (source,) = gathered(path, work=tmp_path).texts
    text = source.path.read_text()
    assert words(text) == [f"word{number}" for number in range(0, 300, 3)]
    assert source.documents[0] == 0
    assert all(text[place - 2 : place] == "\n\n" for place in source.documents[1:])
    assert len(source.documents) == 61


def test_many_chats_do_not_hold_files_open(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for number in range(80):
        file_of(tmp_path / "f" / f"{number:03}.txt", f"chat\nAnna: w{number}\nB{number}: x\n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        assert len(gathered(tmp_path / "f", work=tmp_path).texts) == 80
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def a_folder_of_mail_and_chats(folder: Path) -> Path:
    """Mail of two addresses of Anna and one of Ben's, and a chat of a program in which she has another name."""
    for name, text in MAILS.items():
        file_of(folder / name, text)
    file_of(folder / "beside" / "chat.txt", "chat\nanni: from the chat\nBen: yes\n")
    return folder


def test_the_names_of_one_person_are_taken_together_wherever_each_stands(tmp_path: Path) -> None:
    mail = a_folder_of_mail_and_chats(tmp_path / "mail")
    chat = mail / "beside" / "chat.txt"
    sender = ("anna@example.org", "a.example@example.net", "anni")
    sources = gathered(mail, chat, work=tmp_path, sender=sender, unclear_sender="refuse")
    assert [word for text in texts_of(sources) for word in words(text)] == ["from work", "from home", "from the chat"]
    assert sources.account["words"] is not None
    assert sources.account["words"]["names"] == ["Anna Example", "anni"]
    assert sources.account["remarks"] == []


def test_of_several_names_one_that_nobody_has_is_remarked_and_the_others_count(tmp_path: Path) -> None:
    sources = gathered(file_of(tmp_path / "a", TWO), work=tmp_path, sender=("Anna Example", "Ben Sampel"))
    assert words(texts_of(sources)[0]) == ["one"]
    assert sources.account["remarks"] == [
        "sender 'Ben Sampel' wrote nothing in these files: Did you mean 'Ben Sample'?"
    ]
    with pytest.raises(UsageError, match="'Zoe' wrote nothing"):
        gathered(tmp_path / "a", work=tmp_path, sender=("Zoe", "Yan"))


def test_where_nobody_who_is_named_wrote_that_is_remarked(tmp_path: Path) -> None:
    mail = a_folder_of_mail_and_chats(tmp_path / "mail")
    sources = gathered(mail, mail / "beside" / "chat.txt", work=tmp_path, sender=("anni",))
    assert [words(text) for text in texts_of(sources)] == [["from the chat"]]
    assert sources.account["remarks"] == ["nobody who was named wrote in the mail: 4 messages left out"]


def test_each_kind_that_is_unclear_is_named_and_asked_for_apart(tmp_path: Path) -> None:
    mail = a_folder_of_mail_and_chats(tmp_path / "mail")
    paths = (mail, mail / "beside" / "chat.txt")
    with pytest.raises(UnclearSenderError) as refused:
        gathered(*paths, work=tmp_path, unclear_sender="refuse")
    assert [(each.kind, each.name, len(each.authors)) for each in refused.value.kinds] == [
        ("mail", "mail", 4),
        ("irc", "small chat", 2),
    ]
    assert "in mail Anna Example <anna@example.org> (1)" in refused.value.cause
    assert "; in small chat anni (1), Ben (1)." in refused.value.cause
    answered = gathered(*paths, work=tmp_path, sender=("anni",), everyone_of=("mail",), unclear_sender="refuse")
    assert [words(text) for text in texts_of(answered)] == [
        ["from work", "from Ben", "from home", "Ben's bare address"],
        ["from the chat"],
    ]
    assert answered.account["words"] == {
        "names": ["anni"],
        "taken": 5,
        "messages": 6,
        "unclear": False,
        "authors": [],
        "everyones": ["mail"],
    }


def test_whose_words_are_clear_elsewhere_is_told_with_what_is_unclear(tmp_path: Path) -> None:
    mail = a_folder_of_mail_and_chats(tmp_path / "mail")
    other = file_of(tmp_path / "other", "chat\nanni: to another\nCid: no\n")
    chat = mail / "beside" / "chat.txt"
    with pytest.raises(UnclearSenderError) as refused:
        gathered(mail, chat, other, work=tmp_path, unclear_sender="refuse")
    assert ([each.kind for each in refused.value.kinds], refused.value.known) == (["mail"], ("anni",))
    assert pickle.loads(pickle.dumps(refused.value)).known == ("anni",)
    sources = gathered(mail, chat, other, work=tmp_path, sender=("anni", "anna@example.org"))
    assert [words(text) for text in texts_of(sources)] == [["from work"], ["from the chat"], ["to another"]]


def test_what_a_chat_of_one_program_tells_of_its_owner_hides_no_other_that_is_unclear(tmp_path: Path) -> None:
    sent = file_of(tmp_path / "mail" / ".Sent" / "cur" / "2", "mail\nanna@example.org\nto Ben")
    for folder in (sent.parent.parent / "new", tmp_path / "mail" / "cur", tmp_path / "mail" / "new"):
        folder.mkdir()
    chat = file_of(tmp_path / "chat", TWO)
    account = gathered(tmp_path / "mail", chat, work=tmp_path).account["words"]
    assert account is not None
    assert (account["names"], account["everyones"], account["unclear"]) == (["anna@example.org"], ["small chat"], True)


def test_a_sender_who_stands_for_all_that_is_ever_read_need_not_be_in_it(tmp_path: Path) -> None:
    def remarks(*paths: Path) -> list[str]:
        sender = ("Anna Example", "anna@example.org")
        return gathered(*paths, work=tmp_path, sender=sender, standing=("sender",)).account["remarks"]

    plain = file_of(tmp_path / "a.txt", "plain words\n")
    chat = file_of(tmp_path / "b", TWO)
    assert remarks(plain) == remarks(chat) == []
    foreign = file_of(tmp_path / "c", "chat\nBen: one\nCid: two\n")
    assert remarks(plain, foreign) == ["nobody who was named wrote in the small chat: 2 messages left out"]
