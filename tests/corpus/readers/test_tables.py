import json
import tracemalloc
from pathlib import Path

import pytest

from autocomplete.config import FormatName
from autocomplete.corpus.readers import json_events, tables
from autocomplete.corpus.readers.protocol import Choices, Material, Tally
from autocomplete.errors import CorpusError
from tests.corpus.readers.reading import formats_of, passages_of


def written(folder: Path, content: str, name: str = "some file") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def read(path: Path, key: FormatName, field: str | None = None) -> tuple[list[str], dict[str, int], list[str]]:
    passages, tally = passages_of(path, key, field=field)
    counts = {noun.many: count for noun, count in tally.left_out.items()}
    return [passage.text for passage in passages], counts, list(tally.notes)


AUTHORS = "who wrote it seems to stand {}, and everyone's words were taken"
CSV = """id,author,body,place\r
1,Ann Lee,"Shall we meet, as we said?
Or ""later""?",New York\r
2,Bob,,Rome\r
\r
3,Ann Lee,I am late again today,"New York"\r
4,"Bo" b,He said he comes too,Rome\r
5,"Bob,never closed this cell,Rome\r
6,Ann Lee,"A comma, here",New York,too many\r
7,Zoë,Das wäre schön für uns,Köln\r
""".replace("\r", "")


def test_the_text_of_a_table_is_in_the_column_with_the_prose(tmp_path: Path) -> None:
    path = written(tmp_path, CSV, "mine.csv")
    assert formats_of(path) == ["csv"]
    assert read(path, "csv") == (
        [
            'Shall we meet, as we said?\nOr "later"?',
            "",
            "I am late again today",
            "He said he comes too",
            "never closed this cell",
            "Das wäre schön für uns",
        ],
        {"rows that have other columns": 1},
        ["the text is in column 'body'", AUTHORS.format("in column 'author'")],
    )


def test_the_column_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, CSV)
    assert read(path, "csv", "place") == (
        ["New York", "Rome", "New York", "Rome", "Rome", "Köln"],
        {"rows that have other columns": 1},
        [AUTHORS.format("in column 'author'")],
    )


def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = written(tmp_path, CSV)
    with pytest.raises(CorpusError) as caught:
        read(path, "csv", "bdy")
    assert caught.value.cause == "some file: no text in a column 'bdy'; there are id, author, body, place."
    assert caught.value.cure == "Did you mean 'body'?"


def test_a_table_without_prose_is_refused_with_its_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "id,word,size\n1,apple,3\n2,pear,4\n3,plum,5\n")
    with pytest.raises(CorpusError, match=r"no column holds prose; there are id, word, size\. Name the column"):
        read(path, "csv")
    assert read(path, "csv", "word")[0] == ["apple", "pear", "plum"]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(";", "export.csv"), ("\t", "export.tsv"), ("|", "export.txt"), (",", "export.txt")]
)
def test_the_delimiter_is_found(delimiter: str, name: str, tmp_path: Path) -> None:
    rows = [
        ["name", "note"],
        ["a1", 'said "well then" twice'],
        ["a2", '"quoted and whole"'],
        ["a3", "the third of them"],
    ]
    path = written(tmp_path, "".join(delimiter.join(row) + "\n" for row in rows), name)
    assert formats_of(path) == ["csv"]
    assert read(path, "csv")[0] == ['said "well then" twice', "quoted and whole", "the third of them"]


def test_a_table_of_one_column_has_no_delimiter(tmp_path: Path) -> None:
    path = written(tmp_path, 'text\nThis one, if I may\n"Quoted, with ""marks"" in it"\n')
    assert read(path, "csv")[0] == ["This one, if I may", 'Quoted, with "marks" in it']


def test_the_first_line_of_excel_is_no_row(tmp_path: Path) -> None:
    path = written(tmp_path, 'sep=;\nDay;Words\n1.2.;"Well, it;\ngoes on"\n2.2.;as it did\n', "export.csv")
    assert formats_of(path) == ["csv"]
    assert read(path, "csv")[0] == ["Well, it;\ngoes on", "as it did"]


def test_columns_without_names_are_numbered(tmp_path: Path) -> None:
    path = written(tmp_path, "1,all of them are here\n2,and one more is there\n")
    assert read(path, "csv") == (
        ["all of them are here", "and one more is there"],
        {},
        ["the text is in column '2'"],
    )
    assert read(path, "csv", "1")[0] == ["1", "2"]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (",label,body", "body"),
        ("id,label,body,", "body"),
        ("id,body,label,body", "body"),
        ("id,,,body", "body"),
    ],
)
def test_a_column_may_have_no_name_and_several_may_have_one(header: str, column: str, tmp_path: Path) -> None:
    names = header.split(",")
    texts = [f"We walked on until hut {number}" for number in range(5)]
    rows = [",".join(text if name == column else "" if name else "7" for name in names) for text in texts]
    path = written(tmp_path, "\n".join([header, *rows]) + "\n", "mine.csv")
    assert formats_of(path) == ["csv"]
    expected = [text for text in texts for _ in range(names.count(column))]
    assert read(path, "csv") == (expected, {}, [f"the text is in column '{column}'"])


@pytest.mark.parametrize(("name", "quote", "delimiter"), [("a.csv", '"', ","), ("a.tsv", "", "\t"), ("a.csv", "", ";")])
def test_a_file_called_a_table_needs_no_names_of_columns(name: str, quote: str, delimiter: str, tmp_path: Path) -> None:
    rows = [("4", f"146{number}", f"We walked on until hut {number}", "anna") for number in range(5)]
    text = "".join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)
    path = written(tmp_path, text, name)
    assert formats_of(path) == ["csv"]
    assert read(path, "csv") == ([row[2] for row in rows], {}, ["the text is in column '3'"])
    assert formats_of(written(tmp_path, text, "notes.txt")) == []


def test_questions_name_columns_too(tmp_path: Path) -> None:
    path = written(
        tmp_path, 'Time,"What did you like, and why?"\n12:01,"All of it, I think"\n12:02,Not so much\n', "a.csv"
    )
    assert formats_of(path) == ["csv"]
    assert read(path, "csv", "What did you like, and why?")[0] == ["All of it, I think", "Not so much"]


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    rows = [f'{n},"text {n} with, a comma"' for n in range(3_000)]
    rows[7] = '7,"never closed, and with a comma'
    texts, left_out, _ = read(written(tmp_path, "\n".join(["id,text", *rows])), "csv")
    assert texts == [f"text {n} with, a comma" for n in range(3_000) if n != 7]
    assert left_out == {"rows that have other columns": 1}


@pytest.mark.parametrize("line", ['a","', '"', 'a,"', '""x', 'a"",""', '"",'])
def test_quotes_without_end_are_bounded(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LONGEST_ROW", 1 << 14)
    monkeypatch.setattr(tables, "_MOST_READ_AGAIN", 1 << 20)
    path = written(tmp_path, "name,text\n" + f"{line}\n" * 20_000)
    assert formats_of(path) in ([], ["csv"])
    with pytest.raises(
        CorpusError, match=r"quotes that are never closed\. Export it again|no column holds prose|nothing in it"
    ):
        passages_of(path, "csv")


def test_a_long_cell_is_read_whole(tmp_path: Path) -> None:
    long = "all of it, " * 40_000
    assert read(written(tmp_path, f'id,text\n1,"{long}"\n2,and more\n'), "csv", "text")[0] == [long, "and more"]


NO_TABLES = {
    "prose": "Roses are red, violets are blue\nSugar is sweet, so are you\nNo more, no less\nAnd so on, and so on\n",
    "close commas": "well,this is how some write\nno,they do\nyes,always this way.\nso,that is it\n",
    "sentences": "First,the end.\nThen,the rest.\nLast,the beginning.\nSo,it goes.\n",
    "numbers": "1,234\n5,678\n9,012\n3,456\n",
    "lists": "apple,\npear,\nplum,\nquince,\n",
    "Markdown": "| name | size |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n",
    "indented": "\tone\n\ttwo\n\tthree\n\tfour\n",
    "code": "def a(b, c):\n    return b, c\n\n\ndef d(e, f):\n    return e, f\n",
    "footnotes": "[1]\n[2]\n[3]\n",
    "a footnote": "[1] as before\n",
    "a dialogue": '"Well?"\n"No."\n"Then go."\n',
    "braces": "{well}\n{then}\n",
    "almost JSON": "{'text': 'no'}\n{'text': 'neither'}\n",
    "a list of words": "[so, it, goes]\n",
    "numbers in lines": "1\n2\n3\n",
    "nothing": "",
    "blank": "\n\n  \n",
}


@pytest.mark.parametrize("text", NO_TABLES.values(), ids=NO_TABLES)
@pytest.mark.parametrize("name", ["some file", "data.json", "data.jsonl"])
def test_what_is_no_table_is_taken_for_none(text: str, name: str, tmp_path: Path) -> None:
    assert formats_of(written(tmp_path, text, name)) == []


RECORDS = [
    {"id": "a-1", "user": {"name": "Ann Lee"}, "body": "Shall we\r\nmeet today?", "score": 1.5, "kind": "new post"},
    {"id": "a-2", "user": {"name": "Bob"}, "body": None, "kind": "new post"},
    {
        "id": "a-3",
        "body": "No, not this week",
        "replies": [{"body": "Then next one?", "replies": [{"body": "Yes, that is fine", "kind": "new post"}]}],
        "tags": ["a b", "c d"],
    },
    {"id": "a-4", "body": "half a character \ud83d here", "big": 10**400},
]
TEXTS = [
    "Shall we\nmeet today?",
    "No, not this week",
    "Then next one?",
    "Yes, that is fine",
]


def test_json_lines_are_read_by_the_key_with_the_prose(tmp_path: Path) -> None:
    lines = [json.dumps(record) for record in RECORDS]
    lines[1:1] = ["", '{"body": "cut here', '{"body": NaN, "n": [1, {"body": "not a number above"}]}']
    path = written(tmp_path, "\n".join(lines))
    assert formats_of(path) == ["jsonl"]  # though one line among six is bad
    assert read(path, "jsonl") == (
        [TEXTS[0], "not a number above", *TEXTS[1:], "half a character \N{REPLACEMENT CHARACTER} here"],
        {"lines that are no JSON": 1},
        ["the text is under key 'body'", AUTHORS.format("under key 'user'")],
    )


GOOD, BAD = '{"body": "we meet at the pond"}\n', '{"body": "we meet at\n'


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("few.jsonl", GOOD + "cut off\n", [2]),
        ("few.ndjson", BAD + GOOD, [1]),
        ("few", GOOD + BAD + "\n" + GOOD, [2]),
        ("few.txt", GOOD * 2 + BAD, [3]),
        ("many.jsonl", BAD + GOOD * 30 + BAD, [1, 32]),
    ],
)
def test_lines_that_are_no_json_are_named_however_few_there_are(
    name: str, text: str, places: list[int], tmp_path: Path
) -> None:
    path = written(tmp_path, text, name)
    assert formats_of(path) == ["jsonl"]
    passages, tally = passages_of(path, "jsonl")
    assert len(passages) == text.count(GOOD)
    assert tally.remarks == [f"line {place} of {name} is no JSON: left out" for place in places]


@pytest.mark.parametrize("text", [GOOD + "A line of prose.\n", "So it was:\n" + GOOD * 2, BAD + BAD + GOOD, GOOD])
def test_a_record_within_a_text_makes_no_json_lines(text: str, tmp_path: Path) -> None:
    assert "jsonl" not in formats_of(written(tmp_path, text, "notes.txt"))


def test_of_many_lines_that_are_no_json_the_first_are_named(tmp_path: Path) -> None:
    _, tally = passages_of(written(tmp_path, (BAD + GOOD) * 9, "a.jsonl"), "jsonl")
    assert len(tally.remarks) == 6
    assert tally.remarks[-1] == "4 more lines of a.jsonl are no JSON: left out"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("jsonl", '{"id": "a b", "body": "we meet", "more": {"Body": "x y"}}\n{"id": "c d"}\n'),
        ("json", '[{"id": "a b", "body": "we meet"}]'),
        ("csv", "id,body\na b,we meet\n"),
        ("csv", "id, body \n1,we meet\n"),
    ],
)
@pytest.mark.parametrize("field", ["Body", "BODY", "body"])
def test_a_field_is_found_in_capitals_or_small_letters(key: FormatName, text: str, field: str, tmp_path: Path) -> None:
    texts, _, notes = read(written(tmp_path, text), key, field)
    if field == "Body" and '"Body"' in text:  # which is there as it was named
        assert (texts, notes) == (["x y"], [])
    else:
        assert (texts, notes) == (["we meet"], [] if field == "body" else [f"the text is {UNDER[key]} 'body'"])


UNDER = {"jsonl": "under key", "json": "under key", "csv": "in column"}


def test_a_field_with_those_above_it_is_found_in_any_case(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps([{"From": {"Name": "Ann", "mail": "x"}, "to": {"Name": "Bob"}}]))
    assert read(path, "json", "from.name")[0] == ["Ann"]
    with pytest.raises(CorpusError, match=r"no text under a key 'from\.nome'"):
        read(path, "json", "from.nome")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["some file", "export.json"])
def test_json_is_read_by_the_key_with_the_prose(indent: int | None, name: str, tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"posts": RECORDS[:3], "count": 3}, indent=indent), name)
    assert formats_of(path) == ["json"]
    assert read(path, "json") == (TEXTS, {}, ["the text is under key 'body'", AUTHORS.format("under key 'user'")])


def test_values_in_a_row_are_json_too(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(json.dumps(record, indent=1) for record in RECORDS[:3]))
    assert formats_of(path) == ["json"]
    assert read(path, "json")[0] == TEXTS


def test_records_one_a_line_are_json_lines_and_no_json(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(json.dumps(record) + "\n" for record in RECORDS), "data.json")
    assert formats_of(path) == ["jsonl"]
    assert read(path, "json", "name")[0] == read(path, "jsonl", "name")[0] == ["Ann Lee", "Bob"]


def test_a_key_can_be_named_with_those_above_it(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps([{"from": {"name": "Ann"}, "to": {"name": "Bob"}, "to.name": "Eve"}]))
    assert read(path, "json", "name")[0] == ["Ann", "Bob"]
    assert read(path, "json", "to.name")[0] == ["Bob", "Eve"]
    with pytest.raises(
        CorpusError, match=r"no text under a key 'nam'; there are name, to\.name\. Did you mean 'name'\?"
    ):
        read(path, "json", "nam")


def test_texts_of_a_list_have_no_key(tmp_path: Path) -> None:
    path = written(tmp_path, '["all of it", "and more of it"]')
    assert formats_of(path) == ["json"]
    assert read(path, "json") == (["all of it", "and more of it"], {}, [])


def test_where_the_keys_are_data_all_prose_is_read(tmp_path: Path) -> None:
    phrases = {f"message{n}": f"this is phrase number {n}" for n in range(12)}
    path = written(tmp_path, json.dumps({"en": phrases, "version": "1.2", "url": "https://a.example/b c"}))
    assert read(path, "json") == (
        list(phrases.values()),
        {},
        ["the text is under many keys, and all of it is read"],
    )


def test_scripts_without_spaces_are_prose(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "north side", "said": "今日はとても良い天気です"}\n' * 2)
    assert read(path, "jsonl")[0] == ["今日はとても良い天気です"] * 2


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_of_any_depth_is_refused_in_words(opening: str, tmp_path: Path) -> None:
    path = written(tmp_path, opening * 100_000)
    assert formats_of(path) == ["json"]
    with pytest.raises(CorpusError, match=r"some file: JSON that is nested over 500 deep, at line 1\. Mend the file"):
        passages_of(path, "json")
    path.write_text(f'{{"text": "all of it"}}\n{opening * 100_000}\n{{"text": "and more"}}\n')
    texts, left_out, _ = read(path, "jsonl")
    assert (texts, left_out) == (["all of it", "and more"], {"lines that are no JSON": 1})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"a": "b c"}\n{"a": "b c"} x', "no JSON, at line 2"),
        ("[]", "nothing in it that is text"),
        ("", "nothing in it that is text"),
        ('[{"a": 1}]', "nothing in it that is text"),
        ('[{"a": "x1"}]', "no key holds prose; there are a"),
    ],
)
def test_what_is_wrong_with_json_is_told(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=f"some file: {what}"):
        passages_of(written(tmp_path, text), "json")


def test_lines_that_are_none_of_them_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no line of it is JSON\. Leave the file out\."):
        passages_of(written(tmp_path, "so\nit goes\n"), "jsonl")


@pytest.mark.parametrize("key", ["json", "jsonl", "csv"])
def test_a_line_without_end_is_refused(key: FormatName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autocomplete.corpus.readers.protocol.LONGEST_LINE", 1 << 15)
    monkeypatch.setattr(json_events, "LONGEST_LINE", 1 << 15)
    with pytest.raises(CorpusError, match=r"some file: a (line|value) of over .*\. Leave the file out\."):
        passages_of(written(tmp_path, '["' + "x" * 200_000), key)


def test_memory_is_bounded_whatever_the_size_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_events, "_BLOCK_CHARACTERS", 1 << 12)
    path = written(tmp_path, "[" + ",".join(['{"text": "all of it is here"}'] * 15_000) + "]")
    reader = next(each for each in tables.FORMATS if each.key == "json")
    tracemalloc.start()
    count = sum(1 for _ in reader.read(Material(path.name, path), Choices("text"), Tally()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 15_000
    assert peak < path.stat().st_size / 2


@pytest.mark.parametrize("text", ['{"text": "a b c d", "more": [', '[{"a": "the words", "b": "of a tex', '{"a": [1, 2'])
def test_json_that_was_cut_is_told_by_its_name_and_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text, "export.json")
    assert formats_of(path) == ["json"]
    with pytest.raises(CorpusError, match="not whole, at line 1"):
        passages_of(path, "json")
    assert formats_of(written(tmp_path, text, "notes.txt")) == []


@pytest.mark.parametrize(
    ("name", "key", "text", "place"),
    [
        ("a.csv", "csv", "Sender,body\n" + "anna,what a fine day it was\n" * 4, "in column 'Sender'"),
        ("a.json", "json", '[{"from": "anna", "body": "what a fine day it was"}]', "under key 'from'"),
        ("a.jsonl", "jsonl", '{"author": {"name": "anna"}, "body": "a fine day it was"}\n' * 2, "under key 'author'"),
    ],
)
@pytest.mark.parametrize("field", [None, "body"])
def test_that_everyones_words_are_taken_is_said(
    name: str, key: FormatName, text: str, place: str, field: str | None, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    _, tally = passages_of(path, key, field=field)
    assert list(tally.notes)[-1] == AUTHORS.format(place)


def test_of_texts_without_authors_nothing_is_said_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("from,body\n" + ",what a fine day it was\n" * 4, encoding="utf-8")
    assert list(passages_of(path, "csv", field="body")[1].notes) == []
    assert list(passages_of(path, "csv")[1].notes) == ["the text is in column 'body'"]


LOGINS = """name,url,username,{header},note
shop,https://shop.example,ann,blue cheese for breakfast,
bank,https://bank.example,ann,three old cats sleeping,asked twice
mail,https://mail.example,ann,wooden spoon,
"""


@pytest.mark.parametrize("header", ["password", "Passwort", "mot de passe", "login_password", "passphrase"])
def test_a_column_of_passwords_is_never_the_text_unless_it_is_named(header: str, tmp_path: Path) -> None:
    path = written(tmp_path, LOGINS.format(header=header), "logins.csv")
    assert read(path, "csv") == (["", "asked twice", ""], {}, ["the text is in column 'note'"])
    named, counts, _ = read(path, "csv", header)
    assert (named, counts) == (["blue cheese for breakfast", "three old cats sleeping", "wooden spoon"], {})


def test_values_that_their_keys_call_secrets_are_left_out_and_counted(tmp_path: Path) -> None:
    records = {
        "one": {"greeting": "Good morning to you", "password": "blue cheese"},
        "two": {"farewell": "See you on Monday then", "passwords": ["wooden spoon", "old cats"]},
        "three": {"question": "Are you coming with us?", "passphrase": {"value": "cheese on toast"}},
        "four": {"answer": "No, I have to work", "keyboard": "It has a bad key"},
        "five": {"remark": "The token of thanks was nice", "token": "we had three of them"},
    }
    path = written(tmp_path, json.dumps(records))
    texts, counts, _ = read(path, "json")
    assert texts == [
        "Good morning to you",
        "See you on Monday then",
        "Are you coming with us?",
        "No, I have to work",
        "It has a bad key",
        "The token of thanks was nice",
        "we had three of them",
    ]
    assert counts == {"values that their names call secrets": 4}


POSTS = [
    "<p>Good morning &amp; goodbye, we don&#39;t stay</p>",
    "<p>The <b>second</b> of all posts</p><p>goes on here</p>",
    "Here a &lt; b for once",
    "This one is plain, 1 < 2 of it",
]


@pytest.mark.parametrize("key", ["csv", "json", "jsonl"])
def test_where_most_texts_are_html_they_are_read_as_they_show(key: FormatName, tmp_path: Path) -> None:
    content = {
        "csv": "id,text\n" + "".join(f'{number},"{post}"\n' for number, post in enumerate(POSTS)),
        "json": json.dumps([{"text": post} for post in POSTS]),
        "jsonl": "".join(json.dumps({"text": post}) + "\n" for post in POSTS),
    }
    assert read(written(tmp_path, content[key]), key, "text")[0] == [
        "Good morning & goodbye, we don't stay",
        "The second of all posts\ngoes on here",
        "Here a < b for once",
        "This one is plain, 1 < 2 of it",
    ]


def test_texts_that_speak_of_html_stay_as_they_are(tmp_path: Path) -> None:
    texts = ["How do I write <br> here", "You need &amp; in it", "That is what I meant", "So it is, thank you", "And x"]
    path = written(tmp_path, json.dumps([{"text": text} for text in texts]))
    assert read(path, "json", "text")[0] == texts


def test_tags_that_never_end_cost_little_time(tmp_path: Path) -> None:
    text = "<p " * 100_000
    assert read(written(tmp_path, json.dumps([{"text": text}])), "json", "text")[0] == [text]
