from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autocomplete.config import Layout, Level
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.vocabulary import Joining, Vocabulary, joins_left, joins_right

PROSE = """\
"Well," she said (slowly), "that's 5% more; isn't it?"
He didn't answer... He'd gone -- to the U.S., they say!
Prices [2006]: $3.50, £4 and 10:30 a.m. are fine.
"""


def vocabulary_of(
    text: str, *, level: Level = "word", layout: Layout = "lines", pretokenized: bool = False
) -> Vocabulary:
    tokenizer = Tokenizer(level, layout, pretokenized)
    chunk = tokenizer.chunk(text)
    return Vocabulary.build(
        chunk.type_strings(),
        np.bincount(chunk.ids, minlength=chunk.left.size),
        left=chunk.left,
        right=chunk.right,
        total=chunk.ids.size,
        max_size=None,
        min_count=1,
        syntax=tokenizer.syntax,
    )


def round_trip(text: str, *, level: Level = "word", layout: Layout = "lines", pretokenized: bool = False) -> str:
    vocabulary = vocabulary_of(text, level=level, layout=layout, pretokenized=pretokenized)
    tokens = [token.text for token in Tokenizer(level, layout, pretokenized).spans(text)]
    return vocabulary.detokenize(vocabulary.encode(tokens))


def test_prose_comes_back_as_prose() -> None:
    assert round_trip(PROSE) == PROSE


def test_pretokenized_text_comes_back_as_it_was() -> None:
    text = "he said , `` it 's 5 % ( more ) . ''\n\n<unk> do n't @-@ know .\n"
    assert round_trip(text, pretokenized=True) == text


def test_commands_come_back_as_they_were_typed() -> None:
    text = (
        "git commit -m 'fix it' && git push\nmake --jobs=4 2>&1 | tee out.log\nls; pwd\necho $(date +%F) >> a\n"
        'FOO="a b" make CC=gcc\ngit commit -m "größer as \'it\'"\n[ $a = b ] || exit 1\nmake 2> /dev/null\n'
    )
    assert round_trip(text, layout="commands") == text


def test_operators_of_commands_join_as_their_writer_has_them() -> None:
    close = vocabulary_of("ls|wc\nls|sort\ncat >a\ncat >b\n", layout="commands")
    apart = vocabulary_of("ls | wc\nls | sort\ncat > a\ncat > b\n", layout="commands")
    for vocabulary, spaced in ((close, False), (apart, True)):
        of = vocabulary.id
        assert vocabulary.joining.space_between(of("ls"), of("|")) == spaced
        assert vocabulary.joining.space_between(of("|"), of("wc")) == spaced
        assert vocabulary.joining.space_between(of(">"), of("a")) == spaced
        assert vocabulary.joining.space_between(of("cat"), of(">"))


def test_the_value_of_an_option_stands_apart_elsewhere() -> None:
    vocabulary = vocabulary_of("x --out=a.txt\nx --out=a.txt\nx --in='b'\n", layout="commands")
    assert not vocabulary.joining.left
    assert not vocabulary.joining.space_between(vocabulary.id("--in="), vocabulary.id("'b'"))


def test_chinese_and_thai_come_back_without_spaces() -> None:
    text = "我们用Python写,他们用Go写。\nเราไปบ้าน\n"
    assert round_trip(text) == text


@given(
    st.lists(
        st.lists(st.from_regex(r"[a-z]{1,8}[,.;!?]?", fullmatch=True), min_size=1, max_size=9), min_size=1, max_size=9
    )
)
def test_any_plain_sentence_comes_back(lines: Sequence[Sequence[str]]) -> None:
    text = "".join(" ".join(line) + "\n" for line in lines)
    assert round_trip(text) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_characters_come_back_exactly(text: str) -> None:
    tidy = " ".join(text.split())
    assume(tidy)
    assert round_trip(tidy, level="char") == "".join(t.text for t in Tokenizer("char", "lines").spans(tidy))


def test_a_comma_never_makes_words_join() -> None:
    vocabulary = vocabulary_of("one,two,three,four one,two")
    assert vocabulary.joining.space_between(vocabulary.id("one"), vocabulary.id("two"))


def test_punctuation_that_the_corpus_lacks_does_as_prose_does() -> None:
    tokens = ["<unk>", "<eos>", "word", ".", "("]
    nothing = np.zeros(len(tokens), np.int64)
    joining = Joining.learned(tokens, nothing, left=nothing, right=nothing)
    assert joining.detokenize([2, 4, 2, 3], ["a", "(", "b", "."]) == "a (b."
    assert Joining.learned(tokens, nothing, left=nothing, right=nothing, syntax="pretokenized") == Joining()


def test_quotes_open_and_close_in_turn_anew_in_every_line() -> None:
    text = 'say "yes" or "no" now\nwhy "not yet\nhe "may" go\n'
    assert round_trip(text) == text
    vocabulary = vocabulary_of(text)
    quote, joining = vocabulary.id('"'), vocabulary.joining
    say, yes, end = vocabulary.id("say"), vocabulary.id("yes"), vocabulary.id("<eos>")
    assert joining.space_after([say], quote)
    assert not joining.space_after([say, quote], yes, quoting=True)
    assert not joining.space_after([say, quote, yes], quote, quoting=True)
    assert joining.space_after([say, quote, yes, quote], say)
    assert joining.space_after([quote, end, yes], quote)


def test_a_mark_that_only_closes_is_no_quote() -> None:
    assert vocabulary_of('a 5" pipe and a 6" one\n').joining.quote is None


def test_the_majority_decides() -> None:
    vocabulary = vocabulary_of("a: b\nc: d\ne : f\n")
    assert not vocabulary.joining.space_between(vocabulary.id("a"), vocabulary.id(":"))
    assert vocabulary.joining.space_between(vocabulary.id(":"), vocabulary.id("a"))


@pytest.mark.parametrize("mark", list("([{“‘«¿¡@「#$€"))
def test_what_opens_is_presumed_to_join_what_follows_only(mark: str) -> None:
    assert (joins_left(mark), joins_right(mark)) == (False, True)


@pytest.mark.parametrize("mark", [*")]}”»’.,;:!?…%。」", "...", "?!"])
def test_what_closes_is_presumed_to_join_what_stands_before_only(mark: str) -> None:
    assert (joins_left(mark), joins_right(mark), joins_right(mark, joined=False)) == (True, False, False)


@pytest.mark.parametrize("mark", [*"-—–‑/\\_&+=", "--"])
def test_a_link_does_behind_it_as_before_it(mark: str) -> None:
    assert joins_left(mark) == joins_right(mark)
    assert joins_right(mark, joined=True)
    assert not joins_right(mark, joined=False)


@pytest.mark.parametrize("mark", list("#$€\"'`"))
def test_what_may_stand_on_either_side_joins_one_of_them(mark: str) -> None:
    assert joins_right(mark, joined=False)
    assert not joins_right(mark, joined=True)


@pytest.mark.parametrize("token", ["word", "Ж", "字", "3.5", "<unk>", "😀", "°C", "\ud800"])
def test_nothing_else_is_presumed_to_join_what_follows(token: str) -> None:
    assert not joins_right(token)
