"""Made-up pages and notes for the benchmark of readers, endless like the paragraphs that they are made of."""

from collections.abc import Iterator


def page(text: Iterator[str]) -> Iterator[bytes]:
    """Yield a page of an encyclopedia: a menu, headings, links in every sentence, a table, a picture, a script."""
    yield b"<!DOCTYPE html><html><head><title>Notes</title><style>p { margin: 0 }</style></head><body>"
    yield b"<nav><ul>" + b'<li class="menu"><a href="/somewhere">Somewhere else</a></li>\n' * 50 + b"</ul></nav><main>"
    for number, paragraph in enumerate(text):
        yield f'<h2 id="h{number}">{" ".join(paragraph.split()[:4])}</h2>\n<p class="text">'.encode()
        for place, word in enumerate(paragraph.split()):
            yield (f'<a href="/wiki/{word}" title="{word}">{word}</a> ' if place % 12 == 5 else f"{word} ").encode()
        yield b"don&#39;t&nbsp;go <b>there</b>.</p>\n"
        if number % 5 == 0:
            yield f"<table><tr><td>{number}</td><td>{paragraph[:40]}</td></tr></table>".encode()
            yield (
                b'<img src="data:image/png;base64,' + b"QUJD" * 100 + b'"><script>if (a < b) { call("<p>") }</script>\n'
            )


def note(text: Iterator[str]) -> Iterator[bytes]:
    """Yield notes in Markdown, wrapped, with links, tasks and code."""
    yield b"---\ntitle: Notes\ntags: [diary]\n---\n"
    for number, paragraph in enumerate(text):
        words = paragraph.split()
        yield f"# {' '.join(words[:4])}\n\n- [ ] {' '.join(words[:8])} #task\n\n".encode()
        for start in range(0, len(words), 12):
            yield " ".join((*words[start : start + 11], f"**{words[start]}** [[{words[start]}|it]]\n")).encode()
        yield b"\n```python\nimport os\n```\n\n" if number % 5 == 0 else b"\n"
