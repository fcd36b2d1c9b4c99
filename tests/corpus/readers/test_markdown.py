"""Notes in Markdown become lines as a person types them."""

from pathlib import Path

import pytest

from tests.corpus.readers.reading import formats_of, passages_of


def lines_of(folder: Path, content: str) -> list[str]:
    path = folder / "note.md"
    path.write_text(content, encoding="utf-8")
    return [passage.text for passage in passages_of(path, "markdown")[0]]


NASTY = r"""---
title: "My day: a note"
tags:
  - diary
  - garden

aliases: [day]
---
# The *garden* in **May** ## {#garden}
Soft-wrapped text that
goes over three
lines, and `code()` in it.<hard>
A hard break before, one here\
and after.

Under a line
============
Again
---

- [ ] water the **tomatoes** #garden #today ^abc123
- [x] plant the _basil_
  and the ~~dill~~ ==chives==
  * nested item

    its second paragraph

        code in an item
* * *
1. one
2) two
+ three

Text

    code

    more code
Text behind code
```python
def water(plants):
    # not a heading
```
~~~~
```
still code
~~~~
> A quote that
> goes on
> ```
> code in a quote
Behind the quote.

> [!warning]- Mind the *frost*
> Cover the beans.

> [!note]
> Second line.

See [the wiki](https://example.org/a_(b) "title"), [here][ref], [ref][] and <https://example.org>.

[![badge](https://example.org/b.svg)](https://example.org) ![a picture](p.png "x") seen.

[[Garden plan]] and [[garden/Beans#Sowing|the beans]] and [[#Harvest]] and [[a/Peas]].
![[embedded note]]

Footnote[^1] here, and AT&amp;T &lt;3 \*not emphasis\* 2*3*4 snake_case_name wea**the**r.

[ref]: https://example.org "A title"
[^1]: The footnote's
    own text.

%% a comment %%
Before %% hidden %% after.
%%
hidden
block
%%
<!-- hidden
too -->
Text <!-- in
between --> goes on.

$$
E = mc^2
$$
Let $x \in R$ be small; it costs $5 or $10.
$$ a $$

| plant | water \| sun |
|:------|---:|
| **basil** | daily |

plant | when
--- | ---
peas | April

<div align="center">
<b>Bold</b> words<br>in HTML
</div>

<script>
var x = 1;

</script>
Press <kbd>Ctrl</kbd> or<br/>nothing.

#diary #garden/beds
A sentence with a #tag in it. #done

The #last
^block-id
---
title: Another note
date: 2024-05-01
---
End # not a heading
""".replace("<hard>", "  ")
NASTY_LINES = [
    "# The garden in May",
    "Soft-wrapped text that goes over three lines, and code() in it.",
    "A hard break before, one here",
    "and after.",
    "Under a line",
    "Again",
    "- [ ] water the tomatoes",
    "- [x] plant the basil and the dill chives",
    "* nested item",
    "its second paragraph",
    "1. one",
    "2) two",
    "+ three",
    "Text",
    "Text behind code",
    "A quote that goes on",
    "Behind the quote.",
    "Mind the frost",
    "Cover the beans.",
    "Second line.",
    "See the wiki, here, ref and.",
    "seen.",
    "Garden plan and the beans and Harvest and Peas.",
    "Footnote here, and AT&T <3 *not emphasis* 2*3*4 snake_case_name weather.",
    "The footnote's own text.",
    "Before after.",
    "Text goes on.",
    "Let be small; it costs $5 or $10.",
    "plant water | sun",
    "basil daily",
    "plant when",
    "peas April",
    "Bold words",
    "in HTML",
    "Press Ctrl or",
    "nothing.",
    "A sentence with a tag in it.",
    "The last",
    "End # not a heading",
]


def test_a_note_keeps_what_a_person_types(tmp_path: Path) -> None:
    assert lines_of(tmp_path, NASTY) == NASTY_LINES
    assert formats_of(tmp_path / "note.md") == ["markdown"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("---\nNo front matter\n---\nText\n", ["No front matter", "Text"]),
        ("---\ntitle: never closed\n\nText\n", ["title: never closed", "Text"]),
        ("+++\ntitle = 'x'\n[extra]\n+++\nText", ["Text"]),
        ("---\n---\nText", ["Text"]),
        ("Text\n\n---\n\nNote: this stays.\n\n---\n", ["Text", "Note: this stays."]),
        ("```\nnever closed\n\ncode", []),
        ("- ```\n  code\n  ```\n- text", ["- text"]),
        ("#No heading, #2 neither", ["No heading, #2 neither"]),
        ("####### seven", ["####### seven"]),
        ("`` a ` b `` and `c", ["a ` b and `c"]),
        ("**never closed and *so*", ["**never closed and so"]),
        ("* a * b * c *", ["* a * b * c *"]),
        ("1986\\. A year", ["1986. A year"]),
        ("[not a link] (here) and [x](<a b>) and []( ) done", ["[not a link] (here) and x and done"]),
        ("a | b and c", ["a | b and c"]),
        ("\ttabbed code\n\n-\ttabbed item", ["- tabbed item"]),
        ("The kinds\n- of things", ["The kinds", "- of things"]),
        ("- item\nwrapped on\n- item\nNext thought", ["- item wrapped on", "- item", "Next thought"]),
        (":::note\nMind this.\n:::\nText", ["Mind this.", "Text"]),
        ("Text\n:::: {.wide #a}\n- item\n::: tip One title\n  inner\n:::\n::::", ["Text", "- item", "inner"]),
        ("What: ::: this, :: and\n:: that", ["What: ::: this, :: and :: that"]),
        ("$$$ is too much\n\nText", ["$$$ is too much", "Text"]),
        ("It is 100%% sure\n\nText", ["It is 100%% sure", "Text"]),
        ("<!-- never closed\n\nText\n\n<!-- nor this\n\nMore", ["<!-- never closed", "Text", "<!-- nor this", "More"]),
        ("a<!-- b\n\nc -->d\n%% e\n\nf %% g", ["a<!-- b", "c -->d", "g"]),
        ("x<!-- a --><!-- b -->y <!-- never closed", ["xy <!-- never closed"]),
        ("", []),
        ("\n \n", []),
        ("Zeile\u00a0eins\u2028noch", ["Zeile eins noch"]),
    ],
)
def test_odd_notes(tmp_path: Path, content: str, lines: list[str]) -> None:
    assert lines_of(tmp_path, content) == lines


def test_a_note_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# One\n\nTwo\n\nThree\n", encoding="utf-8")
    passages, _ = passages_of(tmp_path / "note.md", "markdown")
    assert [passage.begins_document for passage in passages] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "# Title\n\nJust prose.\n"),
        ("a.md", "---\ntags: [x]\n---\nJust prose.\n"),
        ("a.txt", "# Title\n\nSee [the docs](https://example.org) and **this**.\n"),
        ("a.txt", "- [ ] one\n- [x] two\n- [ ] three\n"),
        ("clipping", "# Notes\n\n```python\nimport os\nx = {}\n```\n\nThat is *it*.\n\n- so\n"),
        ("README", "Tool\n====\n\n[![badge](https://example.org/x.svg)](https://example.org)\n\nUse `it`.\n"),
    ],
)
def test_notes_are_known_by_their_marks(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert formats_of(tmp_path / name) == ["markdown"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "# My thoughts\n\nToday it rained. I stayed in *all* day.\n"),
        ("a.txt", "Shopping\n- milk\n- eggs\n1. first\n2. second\n> quoted\n"),
        ("a.md", "Nothing but prose in here.\n\nReally, nothing.\n"),
        ("mail.txt", "Hi Ann,\n\n> Will you come?\n> [yes](no)\n\nYes * gladly *.\n\n- Ben\n-- \n"),
        ("a.py", "# Heading\n\nimport os\n\n\ndef f():\n    # - [ ] todo\n    return x[1](2)\n\n# ## More\n"),
        (
            "a.py",
            '"""Doc.\n\n```python\nf(1)\n```\n\n- [x](https://a.b)\n"""\nimport os\nclass A:\n    x = {}\n',
        ),
        ("a.py", '"""Doc.\n\n```python\nf(1)\n```\n\n- [x](https://a.b)\n- **y**\n\n# Notes\n"""\n'),
        ("a.yml", "---\n# Settings\nname: x\nsteps:\n- run: a\n- run: b\nlinks: [a](b)\n"),
        ("a.sh", "#!/bin/sh\n# Comment\n# - [ ] todo\necho [[ -f x ]] && y\n"),
        ("chat.txt", "[1.2.24, 10:00:00] Ann: Hi\n[1.2.24, 10:01:00] Ben: **hey** [x]\n"),
        ("queries.txt", "best food in las vegas\nhow to boil an egg\n"),
        ("ids", '[\n  "test[**a** ]",\n  "test[[a](b.c)]",\n  "# test[[[x]]]"\n]\n'),
        ("a.ini", "[a](b)\n# one\nkey = value\n"),
    ],
)
def test_other_text_is_no_note(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert "markdown" not in formats_of(tmp_path / name)


@pytest.mark.parametrize(
    "piece",
    [
        "*a ", "**a** ", "_", "`", "`` ` ", "[", "[a](", "![[", "[a](b \"", "<!--", "%%", "$$", "$a ", "$a$ ",
        "<a ", "<", "\\", "#a ", "&", "> ", "- ", "| ", "|", "a|-", "{#", "[^", "[a][", "<http:", "~~a", "\x00", "((",
        "a\n", "- a\n", "> a\n", "#\n", "---\n", "---\na: b\n", "```\n", "<div>\n", "|a|\n", "\n", "$$\n", "[a]: b\n",
        "\t", "<script>\n",
    ],
)  # fmt: skip
def test_notes_are_read_in_linear_time(tmp_path: Path, piece: str) -> None:
    path = tmp_path / "note.md"
    path.write_text(piece * (300_000 // len(piece)) + "end", encoding="utf-8")
    formats_of(path)
    passages_of(path, "markdown")


def test_this_projects_readme_is_a_note_and_its_sample_is_none() -> None:
    root = Path(__file__).parents[3]
    for name in ("README.md", "CONTRIBUTING.md", "data/README.md"):
        assert formats_of(root / name) == ["markdown"]
    for path in [root / "data" / "queries.txt", *sorted((root / "data" / "topics").iterdir()), Path(__file__)]:
        assert formats_of(path) == []


def test_a_word_that_was_wrapped_at_its_hyphen_is_one(tmp_path: Path) -> None:
    text = "It is well-\nknown that the sun-\nlit side and\nthe other\nare - so to say -\nalike.\n"
    expected = ["It is well-known that the sun-lit side and the other are - so to say - alike."]
    assert lines_of(tmp_path, f"{text}") == expected


@pytest.mark.parametrize("head", ["| Site | Password |", "Site | PIN", "| Seite | Passwort |"])
def test_a_row_with_what_its_column_calls_a_secret_is_left_out(head: str, tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(
        f"{head}\n|---|---|\n| shop | 4711 |\n| bank | |\n\n| Tea | Minutes |\n|---|---|\n| mint | 4711 |\n"
    )
    passages, tally = passages_of(path, "markdown")
    first = " ".join(head.replace("|", " ").split())
    assert [passage.text for passage in passages] == [first, "bank", "Tea Minutes", "mint 4711"]
    assert {noun.many: count for noun, count in tally.left_out.items()} == {
        "rows with what their columns call secrets": 1
    }
