"""Shell commands as tokens: what stands between blanks is whole, but for operators, names of values and quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocomplete.text.syntax import Syntax
from autocomplete.text.tokenizer import Tokenizer
from autocomplete.text.unicode import composed_as_set
from autocomplete.text.vocabulary import closes, is_word, opens

COMMANDS = Tokenizer("word", "commands")
# Every kind of character that some rule speaks of.
COMMAND_TEXT = st.text(
    st.one_of(st.sampled_from("ab12 \n\t|&;<>()=$\"'`\\-_./~*{}é\u0301\x00"), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("docker compose up -d --build", "docker compose up -d --build"),
        ("source .venv/bin/activate", "source .venv/bin/activate"),
        ("./scripts/run.sh ../data ~/src/garden /", "./scripts/run.sh ../data ~/src/garden /"),
        ("git show HEAD~3:src/Main2.java 'v1.2'", "git show HEAD~3:src/Main2.java 'v1.2'"),
        ("scp -r a.txt ann@host.example:/tmp/", "scp -r a.txt ann@host.example:/tmp/"),
        ("echo $HOME \"$HOME\" ${X:-y} $?", 'echo $HOME "$HOME" ${X:-y} $?'),
        ("find . -name '*.py' -exec rm {} \\;", "find . -name '*.py' -exec rm {} \\;"),
        ("grep \"a|b\" 'x;y' \\(z\\)", "grep \"a|b\" 'x;y' \\(z\\)"),
        ("cat a|wc -l||true;ls&&pwd&", "cat a | wc -l || true ; ls && pwd &"),
        ("make 2>&1 >out 2>/dev/null >>log <in", "make 2>&1 > out 2> /dev/null >> log < in"),
        ("x &>log |& tee file2>out <<<here", "x &> log |& tee file2 > out <<< here"),
        ("--name=value --depth=1 -Dfoo.bar=baz", "--name= value --depth= 1 -Dfoo.bar= baz"),
        ("FOO=bar make CC=gcc-12 a==b", "FOO= bar make CC= gcc-12 a==b"),
        ("[ $a = b ] && x != y", "[ $a = b ] && x != y"),
        ("curl http://localhost:80/a?b=1", "curl http://localhost:80/a?b=1"),
        ("echo $(date +%F) \"$(pwd)\" (cd x)", 'echo $( date +%F ) "$(pwd)" ( cd x )'),
        ("git commit -m 'grün'", "git commit -m 'grün'"),
        ("git commit -m \"fix the parser\"", 'git commit -m "fix the parser "'),
        ("git commit -m 'it’s done' && git push", "git commit -m 'it’s done ' && git push"),
        ("echo it's \"a;b c\" `pwd` `git log`", "echo it's \"a ; b c \" `pwd` `git log `"),
        ("x=\"$(git rev-parse HEAD)\"", 'x= "$( git rev-parse HEAD ) "'),
        ("echo \" a ' b", "echo \" a ' b"),
        ("a\\ b c\\", "a\\ b c\\"),
        ("<eos> <unk>", "< eos > < unk >"),
        ("diff <(sort a) >(cat)", "diff <( sort a ) >( cat )"),
        ("x ;; y", "x ;; y"),
        ("echo привет 你好 👍🏽", "echo привет 你好 👍🏽"),
    ],
)  # fmt: skip
def test_the_arguments_of_a_command_are_whole(line: str, tokens: str) -> None:
    assert [token.text for token in COMMANDS.spans(line)] == tokens.split(" ")


@pytest.mark.parametrize(
    ("tokenizer", "syntax"),
    [
        (Tokenizer("word", "lines"), "prose"),
        (Tokenizer("word", "text"), "prose"),
        (Tokenizer("word", "text", pretokenized=True), "pretokenized"),
        (COMMANDS, "commands"),
        (Tokenizer("char", "commands"), "prose"),
    ],
)
def test_the_layout_says_how_words_are_cut(tokenizer: Tokenizer, syntax: Syntax) -> None:
    assert tokenizer.syntax == syntax


def test_a_line_is_a_sequence() -> None:
    assert [token.text for token in COMMANDS.spans("\nls -la\n\npwd\n")] == ["ls", "-la", "<eos>", "pwd", "<eos>"]


@pytest.mark.parametrize(
    "line", ["cat ofﬁce.txt", "echo ＡＢ ﾊﾝ", "grep a\u2011b", "tar xf back-\nup all", "ls 北京大学图书馆"]
)
def test_arguments_stay_as_they_are_set(line: str) -> None:
    tokens = [token.text for token in COMMANDS.spans(line)]
    assert tokens == line.replace("\n", " <eos> ").split(" ")
    chunk = COMMANDS.chunk(line)
    types = chunk.type_strings()
    assert [types[index] for index in chunk.ids] == tokens


@given(text=COMMAND_TEXT)
def test_at_the_level_of_characters_commands_are_lines(text: str) -> None:
    commands, lines = Tokenizer("char", "commands"), Tokenizer("char", "lines")
    assert commands.spans(text) == lines.spans(text)
    assert commands.chunk(text).types == lines.chunk(text).types
    assert commands.of_words().spans(text) == lines.of_words().spans(text) == Tokenizer("word", "lines").spans(text)


@given(line=COMMAND_TEXT)
def test_every_visible_character_is_in_a_token(line: str) -> None:
    normal = composed_as_set(line)
    tokens = [token for token in COMMANDS.spans(normal) if token.text != "<eos>"]
    assert all(normal[token.start : token.stop] == token.text for token in tokens)
    left = list(normal)
    for token in tokens:
        left[token.start : token.stop] = " " * len(token.text)
    assert not any(character.isprintable() and not character.isspace() for character in left)


@given(line=COMMAND_TEXT)
def test_no_token_looks_across_a_blank(line: str) -> None:
    pieces = composed_as_set(line).split(" ")
    apart = [token.text for piece in pieces for token in COMMANDS.spans(piece) if token.text != "<eos>"]
    assert [token.text for token in COMMANDS.spans(" ".join(pieces)) if token.text != "<eos>"] == apart


@pytest.mark.parametrize("piece", ['"', "'", "`", "$(", "${", "\\", "--a", "a=", "\"'", "'\"", "=", "|&", "<(", "\"a'"])
def test_a_long_line_of_one_kind_is_read(piece: str) -> None:  # were each start tried, it would take minutes
    assert COMMANDS.spans(piece * 100_000)[-1].stop == 100_000 * len(piece)


def test_operators_and_lone_quotes_are_no_words() -> None:
    assert not any(is_word(mark, "commands") for mark in ["|", "&&", "2>", ")", "$(", '"', "'", '"$('])
    assert all(is_word(word, "commands") for word in ["-d", "--name=", "2>&1", ".", "'a'", '"fix', "$HOME", "{}", "\\"])


def test_what_stands_close_by_its_form() -> None:
    assert all(map(opens, ["--name=", "-D=", "FOO=", "$(", '"$(', "("]))
    assert not any(map(opens, ["=", "==", "!=", "--name", "2>", '"']))
    assert all(map(closes, [")", ";", '"', "'", "`"]))
    assert not any(map(closes, ["(", "|", "'a'", "--", "."]))
