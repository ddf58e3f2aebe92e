"""HTML from the templates, in one language. Whatever is put into it is escaped; Jinja2 is loaded when it is needed."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from handler import limits
from handler.reporting.engine import TEMPLATES, engine
from handler.reporting.words import Words

if TYPE_CHECKING:
    from markupsafe import Markup

SHORT_PATH: Final = 24
"""Characters that fit into any line, and are not broken."""
ENDING: Final = re.compile(r"[a-zA-Z0-9]{0,6}(?:\.[a-zA-Z0-9]{1,5}){1,2}$")
"""An extension, or two as in `.csv.gz`, and some signs before it."""
HTML_TYPE: Final = "text/html; charset=utf-8"


class Html:
    """What a language's words are as HTML."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def say(self, name: str, /, **values: Any) -> Markup:
        """A sentence, its fields filled: text is escaped, markup is taken as it stands."""
        from markupsafe import Markup

        # No sentence of ours has markup in it, which a test makes sure of.
        return Markup(self.words.pattern(name, values.get("n"))).format(**self.words.written(values))  # noqa: S704

    def verdict(self, name: str, values: Mapping[str, Any], group: Markup) -> Markup:
        """What `handler.reporting.report` says; the service's own code stands in it as it is."""
        if code := values.get("code"):
            values = {**values, "code": self.name(code)}
        return self.say(name, group=group, **values)

    def group(self, receiver_id: str, name: str | None) -> Markup:
        """A group by its number, "" for one that is not there yet, and by its name where it has one."""
        if not name:
            return self.say("group", id=receiver_id)
        if not receiver_id:
            return self.say("group_called", name=self.name(name))
        return self.say("group_named", id=receiver_id, name=self.name(name))

    def code(self, text: str, link: str | None = None) -> Markup:
        """A key, or another text that somebody has to copy, on its own whatever it holds; and where it leads."""
        from markupsafe import Markup

        code = Markup("<code>{}</code>").format(self.path(text, limits.KEY_BYTES))
        return code if link is None else Markup('<a href="{}">{}</a>').format(link, code)

    def file(self, name: str) -> Markup:
        """A file's name, as `visible` gives it, which does not break within its extension."""
        from markupsafe import Markup

        return Markup("<bdi>{}</bdi>").format(_unbroken(name))

    def path(self, text: str, longest: int) -> Markup:
        """A key, which breaks at its slashes where the line is short, and whose last part is seen first."""
        from markupsafe import Markup

        slash = Markup("/<wbr>") if len(text) > SHORT_PATH else Markup("/")
        *folders, last = visible(text, longest).split("/")
        if not folders:
            return self.file(last)
        if not last:
            return Markup("<bdi>{}/</bdi>").format(slash.join(folders))
        return Markup('<bdi><span class="above">{}{}</span>{}</bdi>').format(
            slash.join(folders), slash, _unbroken(last)
        )

    def name(self, text: str, longest: int = limits.SHOWN_CHARS) -> Markup:
        """Text from a file or from the service: it can turn neither itself nor its neighbours around."""
        from markupsafe import Markup

        return Markup("<bdi>{}</bdi>").format(visible(text, longest))

    def foreign(self, text: str, longest: int) -> Markup:
        """The same, for a sentence that is English whatever the page's language."""
        from markupsafe import Markup

        return Markup('<span lang="en">{}</span>').format(self.name(text, longest))

    def join(self, parts: Sequence[Markup | str]) -> Markup:
        """Several, with commas between them."""
        from markupsafe import Markup

        return Markup(", ").join(parts)

    def fill(self, template: str, **values: Any) -> bytes:
        """A whole page."""
        environment = engine()
        style = _style()
        page = environment.get_template(f"{template}.html.j2")
        return page.render(
            values, html=self, say=self.say, words=self.words, style=style, style_hash=_digest(style)
        ).encode("utf-8", "replace")


def visible(text: str, longest: int) -> str:
    """The text, cut where it is long; of what would not be seen, or turn the direction of writing, a replacement."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    if short.isprintable():
        return short
    return "".join(char if char.isprintable() or char in SPACES else "\N{REPLACEMENT CHARACTER}" for char in short)


def _unbroken(name: str) -> Markup | str:
    """A file's name, whose last signs stay together: `.csv` alone on a line would be hard to read, too."""
    from markupsafe import Markup

    found = ENDING.search(name)
    if found is None or not found.start():
        return name
    return Markup('{}<span class="end">{}</span>').format(name[: found.start()], found[0])


SPACES: Final = "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
"""What is not printable by Python's rule, and harmless."""


def link_to(path: str) -> str:
    """A link to an object further down. It begins with a dot: no name of a file makes it lead anywhere else."""
    return f"./{quote(path)}"


@cache
def _style() -> Markup:
    from markupsafe import Markup

    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own


def _digest(style: str) -> str:
    """By which the page's policy knows its style, and no other."""
    return b64encode(hashlib.sha256(style.encode()).digest()).decode()
