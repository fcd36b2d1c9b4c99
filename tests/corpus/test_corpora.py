from pathlib import Path

import pytest

from autocomplete.config import CorpusSettings
from autocomplete.corpus.ingest import ingest
from autocomplete.corpus.store import CorpusReport

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora of ../shared/corpora are not here"),
]


def report(name: str, folder: Path, *, pretokenized: bool, keep_secrets: bool = True) -> CorpusReport:
    *_, last = ingest(
        [CORPORA / name / "train.txt"],
        valid_paths=[CORPORA / name / "valid.txt"],
        settings=CorpusSettings(pretokenized=pretokenized, keep_secrets=keep_secrets, workers=1),
        folder=folder,
    )
    assert last.store is not None
    return last.store.report


def test_penn_treebank_has_its_published_counts(tmp_path: Path) -> None:
    ptb = report("ptb", tmp_path, pretokenized=True)
    assert (ptb.vocabulary_size, ptb.train_tokens, ptb.valid_tokens) == (10_000, 929_589, 73_760)


def test_wikitext_2_has_its_published_counts(tmp_path: Path) -> None:
    wikitext = report("wikitext-2", tmp_path, pretokenized=True)
    assert (wikitext.vocabulary_size, wikitext.train_tokens, wikitext.valid_tokens) == (33_278, 2_088_628, 217_646)


def test_natural_news_is_lines_with_its_known_words(tmp_path: Path) -> None:
    abc = report("abc", tmp_path, pretokenized=False)
    # One control character stands between two letters, which are two words.
    assert (abc.layout, abc.train_words, abc.valid_words) == ("lines", 598_504, 32_780)
    assert abc.controls == 1


@pytest.mark.parametrize(("name", "lines"), [("ptb", 1), ("wikitext-2", 4), ("brown", 1), ("abc", 2)])
def test_hardly_a_line_of_prose_is_taken_for_a_secret(tmp_path: Path, name: str, lines: int) -> None:
    left_out = report(name, tmp_path, pretokenized=False, keep_secrets=False).secret_lines
    assert sum(left_out.values()) <= lines
