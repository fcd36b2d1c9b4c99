"""reStructuredText becomes lines of text."""

from pathlib import Path

import pytest

from tests.corpus.readers.reading import formats_of, passages_of

NASTY = """\
.. _top:
.. highlight:: python

=======
A title
=======

:Author: Ann
:Date: 2024-05-01

Wrapped text with *emphasis*, **strong** words and ``code()``
that goes on, see `the page <https://example.org/a_b>`_, :ref:`here <top>`,
:class:`~a.B`, name_, `two words`_, |version| and a note [1]_. 2*3*4 snake_case_name.

A section
---------
- one
- two that is
  wrapped
* three

1. first
2. second

   its second paragraph

An example::

    print("code")

    more
Behind it.

.. code-block:: python
   :linenos:

   import os

   x = 1

.. note:: Mind the *frost*.
   It is cold.

.. warning::
   :class: x

   Cover the beans.

.. image:: a.png
   :alt: x
.. a comment
   goes on
..
   another

.. versionadded:: 1.0
   It is new.

+-------+-------+
| plant | water |
+=======+=======+
| basil | daily |
+-------+-------+

=====  =====
plant  water
=====  =====
peas   April
=====  =====

>>> 1 + 1
2

term
    What it *means*
    goes on.

Escaped \\*star\\* and a word\\ s.

.. [1] The note's
   own text.
.. |version| replace:: 3
.. _here: https://example.org
"""


def lines_of(folder: Path, content: str) -> list[str]:
    path = folder / "a.rst"
    path.write_text(content, encoding="utf-8")
    return [passage.text for passage in passages_of(path, "rst")[0]]


def test_text_is_kept(tmp_path: Path) -> None:
    assert lines_of(tmp_path, NASTY) == [
        "A title",
        (
            "Wrapped text with emphasis, strong words and code() that goes on, see the page, here, a.B, name, two "
            "words, and a note. 2*3*4 snake_case_name."
        ),
        "A section",
        "- one",
        "- two that is wrapped",
        "* three",
        "1. first",
        "2. second",
        "its second paragraph",
        "An example:",
        "Behind it.",
        "Mind the frost. It is cold.",
        "Cover the beans.",
        "It is new.",
        "plant water",
        "basil daily",
        "plant water",
        "peas April",
        "term",
        "What it means goes on.",
        "Escaped *star* and a words.",
        "The note's own text.",
    ]
    assert formats_of(tmp_path / "a.rst") == ["rst"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.rst", "Only prose.\n\nReally.\n"),
        ("a.txt", "A title\n=======\n\nText with ``code``.\n"),
        ("a.md", "A title\n=======\n\n.. note:: x\n"),
        ("a.py", '"""Doc.\n\n.. note:: x\n\n.. _y: z\n"""\n'),
        ("a.txt", "He said .. well :: nothing\n.. and then: `this`\n"),
    ],
)
def test_other_text_is_none(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert "rst" not in formats_of(tmp_path / name)


def test_it_is_known_by_its_marks(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("Tool\n====\n\n.. image:: a.png\n\nUse ``it``.\n", encoding="utf-8")
    assert formats_of(tmp_path / "README") == ["rst"]


@pytest.mark.parametrize(
    "piece",
    ["*a ", "`", "``", "`a <", ":a:`", "|a", "_", "a_ ", "\\", ".. ", "..\n", ".. a::\n", ":a: b\n", "- a\n", "a::\n",
     "+--+\n", "== ==\n", "| a |\n", "[1]", "a\n", "===\n", ">>> a\n", " ", "a  "],
)  # fmt: skip
def test_it_is_read_in_linear_time(tmp_path: Path, piece: str) -> None:
    lines_of(tmp_path, piece * (200_000 // len(piece)))
    formats_of(tmp_path / "a.rst")


def test_a_word_that_was_wrapped_at_its_hyphen_is_one(tmp_path: Path) -> None:
    text = "It is well-\nknown that the sun-\nlit side and\nthe other\nare - so to say -\nalike.\n"
    expected = ["It is well-known that the sun-lit side and the other are - so to say - alike."]
    assert lines_of(tmp_path, f"{text}") == expected
