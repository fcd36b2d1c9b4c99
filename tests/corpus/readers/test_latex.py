r"""LaTeX becomes lines of prose."""

from pathlib import Path

import pytest

from tests.corpus.readers.reading import formats_of, passages_of


def lines_of(folder: Path, content: str) -> list[str]:
    path = folder / "paper.tex"
    path.write_text(content, encoding="utf-8")
    return [passage.text for passage in passages_of(path, "latex")[0]]


NASTY = r"""% A comment
\documentclass[11pt]{article}
\usepackage{amsmath}
\title{Never shown}
\begin{document}\maketitle
\section*{Rain \& wind} \label{sec:rain}
We refer to~\cite{knuth1984}, \citep[see][p.~5]{a,b} and (\ref{sec:rain}) here. % not this
The \emph{main \textbf{result}} is
Theorem~\ref{thm}, it costs 5\,\% of \$10---or ``less''.

Let $x \in \mathbb{R}^n$ be \(y\) a vector. $$z$$
\begin{equation*}
  E = mc^2
\end{equation*}
\[ a
 = b \]
Erd\H{o}s, na\"{\i}ve caf\'e, Stra\ss{}e, \v Cern\'{y}, \oe uvre, \c{c}a.
\begin{itemize}
\item First\footnote{A note with \emph{words}.} item
\item[Term] second
  item
\end{itemize}
\begin{figure}[ht]\centering
  \includegraphics[width=0.5\textwidth]{a_picture}
  \caption[short]{A \emph{picture} of it}
\end{figure}
\begin{table}\begin{tabular}{ll} a & b \\ \begin{tabular}{l} c \end{tabular} & d \\ \end{tabular} after it \end{table}
\begin{verbatim}
\section{Not this} $ % {
\end{verbatim}
\begin{lstlisting}[language=C]
int x;
\end{lstlisting} Behind.
\newcommand{\x}[1]{not #1 this}\newcommand\y{nor this}\def\z#1{nor {this}}
See \href{https://example.org/a_b}{the page}, \url{https://example.org} and \textcolor{red}{red} words,
\verb|some $ code| too.\\
A new line \textsc{Small} {\bf bold} \unknown[x]{kept} wea\-ther.
\begin{thebibliography}{9}\bibitem{a} Ann. \end{thebibliography}
\begin{theorem}[Ann] Some \(never closed

statement.\end{theorem}
\end{document}
Not this
"""


def test_prose_is_kept(tmp_path: Path) -> None:
    assert lines_of(tmp_path, NASTY) == [
        "Rain & wind",
        "We refer to, and here. The main result is Theorem, it costs 5 % of $10—or “less”.",
        "Let be a vector.",
        "Erdős, naïve café, Straße, Černý, œuvre, ça.",
        "A note with words.",
        "First item",
        "Term second item",
        "A picture of it",
        "after it",
        "Behind. See the page, and red words, some $ code too.",
        "A new line Small bold kept weather.",
        "Some",
        "statement.",
    ]
    assert formats_of(tmp_path / "paper.tex") == ["latex"]


def test_a_part_of_a_paper_is_known(tmp_path: Path) -> None:
    part = "\\section{Intro} \\label{a}\nThe \\emph{words}.\n\\begin{itemize}\n\\item One\n\\end{itemize}\n"
    assert lines_of(tmp_path, part) == ["Intro", "The words.", "One"]
    (tmp_path / "part.txt").write_text(part, encoding="utf-8")
    assert formats_of(tmp_path / "part.txt") == ["latex"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tex", "Only prose, and \\emph{some} marks.\n"),
        ("a.txt", "Begin with \\documentclass{article} and go on.\n\\section is a command.\n"),
        ("a.py", 'T = r"""\n\\documentclass{article}\n\\begin{document}\n\\end{document}\n"""\n'),
        ("a.txt", "C:\\item\n\\\\server\\share\n\\end\n"),
    ],
)
def test_other_text_is_no_paper(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert "latex" not in formats_of(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("}}} a { b", ["a b"]),
        ("\\", []),
        ("100\\% of\\\\", ["100% of"]),
        ("a $ never closed\n\nb", ["a", "b"]),
        ("\\begin{tabular} never closed\n\nb", []),
        ("\\footnote{a\n\nb} c", ["a", "b", "c"]),
        ("\\'", []),
        ("\\cite", []),
        ("\\item", []),
        ("x\\verb", ["x"]),
    ],
)
def test_broken_papers(tmp_path: Path, content: str, lines: list[str]) -> None:
    assert lines_of(tmp_path, content) == lines


@pytest.mark.parametrize(
    "piece",
    ["{", "}", "\\", "$", "$$", "\\[", "\\begin{a}", "\\begin{tabular}", "\\verb|", "\\x[", "\\x[a]", "\\footnote{",
     "\\cite{", "%", "a\n", "\\item\n", "\\'", "\\section{", "---", "( ", "\\def\\x", "~", "\\end{document}\n",
     "\\item "],
)  # fmt: skip
def test_papers_are_read_in_linear_time(tmp_path: Path, piece: str) -> None:
    lines_of(tmp_path, piece * (200_000 // len(piece)))
    formats_of(tmp_path / "paper.tex")


def test_a_word_that_was_wrapped_at_its_hyphen_is_one(tmp_path: Path) -> None:
    text = "It is well-\nknown that the sun-\nlit side and\nthe other\nare - so to say -\nalike.\n"
    expected = ["It is well-known that the sun-lit side and the other are - so to say - alike."]
    assert lines_of(tmp_path, f"\\begin{{document}}\n{text}\\end{{document}}\n") == expected
