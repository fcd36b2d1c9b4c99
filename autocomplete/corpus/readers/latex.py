r"""LaTeX as lines of prose, in one pass over its tokens and a paragraph at a time.

A paragraph, a heading, a list's item and a caption are a line each. What is no prose goes: what stands before
`\begin{document}`, comments, formulas, listings, tables and drawings, references and citations, and commands, of which
what is set as text stays: of `\emph{word}` the word. Accents are the letters that they make.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from autocomplete.corpus.readers.html import PARAGRAPHS
from autocomplete.corpus.readers.protocol import Choices, Format, Material, Passage, Sample, Tally
from autocomplete.text.hyphenation import unwrapped

_LONGEST_PARAGRAPH = 1 << 20  # characters; what is longer is cut there


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What stands in these is no prose.
_DROPPED_ENVIRONMENTS = _names(
    """algorithm algorithmic align alignat asy asymptote bmatrix cases CD code comment csvsimple dcases displaymath
    eqnarray equation filecontents flalign forest gather IEEEeqnarray lstlisting luacode math matrix minted
    multline picture pmatrix prooftree pspicture Sinput Soutput subequations tabbing tabular tabularx tabulary
    thebibliography tikzcd tikzpicture verbatim Verbatim vmatrix longtable array lrbox axis"""
)
# What is given to these, and to their like with a star, is no prose.
_DROPPED_COMMANDS = _names(
    """addbibresource addcontentsline addtocounter addtolength author autocite autoref begin bibitem bibliography
    bibliographystyle captionsetup citation cite citealp citealt citeauthor citep citet citeyear citeyearpar color Cref
    cref date DeclareMathOperator def definecolor documentclass email enlargethispage ensuremath eqref fbox fontencoding
    fontfamily fontseries fontshape fontsize footcite geometry glsadd graphicspath hspace hyperref hypersetup
    hyphenation include includegraphics includeonly includesvg index input institute itemsep kern label lettrine
    linewidth lstinputlisting lstset marginpar mathbb mathrm mintinline nameref newacronym newcommand newcounter
    newenvironment newglossaryentry newlength newtheorem nocite numberwithin orcid pageref pagenumbering pagestyle
    parencite pgfplotsset providecommand raisebox ref refstepcounter renewcommand renewenvironment
    RequirePackage rotatebox rule scalebox setcounter setlength setmainfont stepcounter subref tableofcontents textcite
    thispagestyle tikzset todo url usepackage usetikzlibrary value vref vspace"""
)
# The last of what is given to these is set as text, the rest is not.
_TEXT_IS_LAST = {
    "href": 2,
    "textcolor": 2,
    "colorbox": 2,
    "parbox": 2,
    "resizebox": 3,
    "multicolumn": 3,
    "foreignlanguage": 2,
}
# A line of its own.
_HEADINGS = _names(
    "part chapter section subsection subsubsection paragraph subparagraph title subtitle caption frametitle minisec"
)
_BREAKS = _names(
    "par item newline linebreak newpage clearpage cleardoublepage pagebreak hline maketitle bigskip medskip"
)
_SYMBOLS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dots": "…", "ldots": "…", "textellipsis": "…",
    "S": "§", "P": "¶", "pounds": "£", "euro": "€", "texteuro": "€", "copyright": "©", "textdegree": "°",
    "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“",
    "textquotedblright": "”", "glqq": "„", "grqq": "“", "flqq": "«", "frqq": "»", "textbackslash": "\\",
    "textasciitilde": "~", "textunderscore": "_", "textbar": "|", "LaTeX": "LaTeX", "TeX": "TeX", "quad": " ",
    "qquad": " ", "space": " ", "textbullet": "•", "guillemotleft": "«", "guillemotright": "»", "og": "« ", "fg": " »",
}  # fmt: skip
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip

_TOKEN = re.compile(
    r"\\(?:(?P<command>[A-Za-z@]+)\*?[ \t]*|(?P<sign>.)|$)|(?P<comment>%)|(?P<open>\{)|(?P<close>\})"
    r"|(?P<maths>\$\$?)|(?P<tie>~|&)|(?P<text>[^\\%{}$~&]+)"
)
_OPTION = re.compile(r"\[[^\[\]]{0,2000}\]")
_BOUNDARY = re.compile(r"\\(begin|end)\{([A-Za-z]+)\*?\}")
_DEFINING = _names("def edef gdef xdef let newcommand renewcommand providecommand DeclareMathOperator newlength")
_DEFINED = re.compile(r"[ \t]*\\[A-Za-z@]+(?:#\d){0,9}=?")
_VERB = re.compile(r"\\(?:verb\*?|lstinline)([^A-Za-z\s*{\[])")
_ENVIRONMENT = re.compile(r"[ \t]*\{([A-Za-z]+)\*?\}")
_ARGUMENT = re.compile(r"[ \t]*\{")
_GAP = re.compile(r"(?<![ \t])[ \t]+(?=[.,;:!?)\]])|(?<=[(\[])[ \t]+")
_EMPTY = re.compile(r"\(\)|\[\]")
_TYPED = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("`", "‘"))


@dataclass(slots=True)
class _Prose:
    """LaTeX while it is read: what holds from one token to the next.

    Attributes:
        lines: Those that are whole.
    """

    lines: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _size: int = 0
    _groups: list[str] = field(default_factory=list)  # what each that is open is: `drop`, `line`, `note`, `text`
    _dropped: int = 0  # groups within each other that are
    _outer: list[list[str]] = field(default_factory=list)  # paragraphs in which footnotes stand
    _waits: list[str] = field(default_factory=list)  # what the next groups are
    _environment: str = ""  # that is being dropped
    _depth: int = 0  # of those of the same name within each other
    _maths: str = ""  # what ends the formula
    _accent: str = ""

    def line(self, line: str) -> None:
        """Read a line of the source."""
        if self._environment:
            self._skip_environment(line)
            return
        if not line.strip():
            self._maths = ""  # a formula holds no blank line: one that nothing closes ends here
            self.end_paragraph()
            return
        self._tokens(line)

    def _tokens(self, line: str) -> None:
        """Read a line, or the rest of one."""
        place = 0
        while place < len(line) and not self._environment:
            match = _TOKEN.match(line, place)
            if match is None or match["comment"]:
                return
            place = self._token(line, match)
        if not self._environment:
            self._add("\n")

    def _skip_environment(self, line: str) -> None:
        """Look for the end of what is dropped, and read on behind it."""
        for match in _BOUNDARY.finditer(line):
            if match[2] == self._environment:
                self._depth += 1 if match[1] == "begin" else -1
                if not self._depth:
                    self._environment = ""
                    self._tokens(line[match.end() :])
                    return

    def _token(self, line: str, match: re.Match[str]) -> int:
        """Read a token; returns where the next begins."""
        place = match.end()
        if self._maths or match["maths"]:
            self._formula(match)
        elif match["command"] and not self._dropped:
            return self._command(line, match["command"], match.start(), place)
        elif match["close"]:
            self._close()
            return _behind_options(line, place) if self._waits and not self._dropped else place
        elif match["open"]:
            self._open()
        elif match["sign"]:
            self._sign(match["sign"])
        elif not match["command"]:
            self._add(match["text"] or " ")
        return place

    def _formula(self, match: re.Match[str]) -> None:
        """Read what begins a formula, or is in it."""
        if not self._maths:
            self._maths = match["maths"]
        elif match[0] == self._maths:
            self._maths = ""

    def _sign(self, sign: str) -> None:
        """Read a command whose name is a mark."""
        if sign in "([":
            self._maths = "\\)" if sign == "(" else "\\]"
        elif sign == "\\":
            self.end_paragraph()
        elif sign in _ACCENTS:
            self._accent = _ACCENTS[sign]
        elif sign in "%&_#${} ":
            self._add(sign)
        elif sign in ",;:":
            self._add(" ")

    def _command(self, line: str, name: str, start: int, place: int) -> int:
        """Read a command with what it is given in brackets; says what the groups behind it are."""
        self._waits = []
        if verbatim := _VERB.match(line, start):
            end = line.find(verbatim[1], verbatim.end())
            self._add(line[verbatim.end() : end] if end >= 0 else "")
            return end + 1 if end >= 0 else len(line)
        if name in ("begin", "end"):
            return self._boundary(line, name, place)
        if name in _SYMBOLS:
            self._add(_SYMBOLS[name])
        elif name in _ACCENTS:
            self._accent = _ACCENTS[name]
        else:
            return self._macro(line, name, place)
        return place

    def _macro(self, line: str, name: str, place: int) -> int:
        """Read a command that is given something in braces."""
        if name in _BREAKS or name in _HEADINGS:
            self.end_paragraph()
        if name == "item" and (label := _OPTION.match(line, place)):
            self._add(f"{label[0][1:-1]} ")
            return label.end()
        if name in _DEFINING and (defined := _DEFINED.match(line, place)):
            place = defined.end()
        place = _behind_options(line, place)
        if _ARGUMENT.match(line, place):
            self._waits = _groups_of(name)
        return place

    def _boundary(self, line: str, name: str, place: int) -> int:
        """Read where an environment begins or ends."""
        match = _ENVIRONMENT.match(line, place)
        if match is None:
            return place
        self.end_paragraph()
        place = match.end()
        if name == "begin" and match[1] in _DROPPED_ENVIRONMENTS:
            self._environment, self._depth = match[1], 1
            self._skip_environment(line[place:])
            return len(line)
        if name == "begin":
            place = _behind_options(line, place)
            if match[1] in ("minipage", "multicols", "figure", "wrapfigure", "subfigure", "adjustbox"):
                self._waits = ["drop"] * 9
        return place

    def _open(self) -> None:
        kind = "drop" if self._dropped else self._waits.pop(0) if self._waits else "text"
        self._groups.append(kind)
        self._dropped += kind == "drop"
        if kind == "note":
            self._outer.append(self._parts)
            self._parts = []

    def _close(self) -> None:
        if self._groups:
            kind = self._groups.pop()
            self._dropped -= kind == "drop"
            if kind in ("line", "note"):
                self.end_paragraph()
            if kind == "note":
                self._parts = self._outer.pop()

    def _add(self, text: str) -> None:
        if self._dropped:
            return
        if self._waits and text.strip():
            self._waits = []
        if self._accent and text.strip():
            text = text.lstrip()
            letter = {"ı": "i", "ȷ": "j"}.get(text[0], text[0])
            text = unicodedata.normalize("NFC", letter + self._accent) + text[1:]
            self._accent = ""
        self._parts.append(text)
        self._size += len(text)
        if self._size > _LONGEST_PARAGRAPH:
            self.end_paragraph()

    def end_paragraph(self) -> None:
        """End the line of text."""
        if self._dropped:
            return
        text = "".join(self._parts)
        for typed, mark in _TYPED:
            text = text.replace(typed, mark)
        text = unwrapped(text, typeset=False)
        text = " ".join(_GAP.sub("", _EMPTY.sub("", _GAP.sub("", text))).split())
        if text.strip(".,;:!?–— "):
            self.lines.append(text)
        self._parts.clear()
        self._size = 0
        self._accent = ""


def _groups_of(command: str) -> list[str]:
    """What the groups behind a command are."""
    if command in _DROPPED_COMMANDS or "cite" in command.lower():
        return ["drop"] * 9
    if command in _TEXT_IS_LAST:
        return ["drop"] * (_TEXT_IS_LAST[command] - 1) + ["text"]
    return ["line"] if command in _HEADINGS else ["note"] if command == "footnote" else []


def _behind_options(line: str, place: int) -> int:
    """Where a command goes on behind what it is given in brackets."""
    while option := _OPTION.match(line, place):
        place = option.end()
    return place


def _read(material: Material, _choices: Choices, _tally: Tally) -> Iterator[Passage]:
    has_preamble = any("\\begin{document}" in line for line in material.lines())
    prose = _Prose()
    begins = True
    for line in material.lines():
        if has_preamble:
            _, found, line = line.partition("\\begin{document}")  # noqa: PLW2901 - the rest of it
            has_preamble = not found
            if not found:
                continue
        before, ends, _ = line.partition("\\end{document}")
        prose.line(before.replace("\t", " "))
        if ends:
            break
        for text in prose.lines:
            yield Passage(text, begins_document=begins)
            begins = False
        prose.lines.clear()
    prose.end_paragraph()
    for text in prose.lines:
        yield Passage(text, begins_document=begins)
        begins = False


_PREAMBLE = re.compile(r"^[ \t]*\\documentclass\b[^\n{]{0,500}\{", re.MULTILINE)
_STRUCTURE = re.compile(
    r"^[ \t]*\\(documentclass|usepackage|begin|end|part|chapter|section|subsection|subsubsection|paragraph|item|caption"
    r"|title|author|maketitle|label|input|include|bibliography|newcommand)(?![A-Za-z])",
    re.MULTILINE,
)
_LEAST_STRUCTURE, _LEAST_SHARE = 3, 0.1
_OTHER_NAMES = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd", ".rst", ".rest", ".py", ".ipynb")


def _recognises(sample: Sample) -> bool:
    found = [match[1] for match in _STRUCTURE.finditer(sample.text)]
    if _PREAMBLE.search(sample.text) and len(found) > 1:
        return not sample.name.lower().endswith(_OTHER_NAMES)
    lines = sum(1 for line in sample.text.split("\n") if line.strip())
    is_dense = len(found) >= max(_LEAST_STRUCTURE, _LEAST_SHARE * lines) and len(set(found)) > 1
    return is_dense and not sample.name.lower().endswith(_OTHER_NAMES)


FORMATS: tuple[Format, ...] = (
    Format(key="latex", name="LaTeX", passage=PARAGRAPHS, recognises=_recognises, read=_read, rank=1),
)
