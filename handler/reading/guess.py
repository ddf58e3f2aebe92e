"""Which of the charsets from before Unicode a text is in: the one in which its words are the likeliest.

Each charset is tried with each language that is written in it. A letter costs what it is rare in that language; what
no writer does costs more: a capital inside a word, two scripts in one word, a sign between letters. The cheapest wins.
Two names are often enough to tell; a long list takes some 20 ms, a short one 2 ms.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf, log
from typing import Final

from handler.reading.common_characters import HANGUL, JAPANESE, SIMPLIFIED, TRADITIONAL

_WORD: Final = re.compile(rb"[^\x00-\x2f\x3a-\x3f]+")
"""No character of any of the charsets has a byte of those left out behind its first one: words are cut safely."""
_WORDS: Final = 250
"""So many different ones are looked at, evenly from the whole sample."""
_BYTES: Final = 2_048
"""At most so many bytes of those words are looked at: an archive may hold a thousand texts."""

# Costs are negative logarithms of probabilities, roughly.
_ASCII: Final = 3.0
_RARE: Final = 10.0
_UNDECODABLE: Final = 12.0
_CAPITAL: Final = 1.5
_ACCENTED: Final = 3.0
"""One letter in twenty of a Latin language is none of ASCII."""
_SIGNS: Final = (
    dict.fromkeys("„—€£°·•«»№ºª®™©´§¿¡½\u00a0", 6.0) | dict.fromkeys("’‘“”–…", 3.5) | dict.fromkeys("｡｢｣､･", 9.0)
)
"""Those that people do write; the second ones come from typing in Word, the last ones are half as wide as usual."""
_WIDE_SIGNS: Final = frozenset("，。、：；（）！？「」《》【】・～－　０１２３４５６７８９")

_CAPITALS: Final = re.compile("(?<![uA])A")
_ODD_CASE: Final = re.compile(r"[la](?=[uA])|(?<=[uA][uA])[la]")
_SIGN_INSIDE: Final = re.compile(r"(?<=[luaAc])s(?=[luaAc])")
_MIXED: Final = re.compile(r"[lu](?=[aAc])|[aAc](?=[lu])")
_NEIGHBOURS: Final = re.compile(r"[aAc](?=[aAcm])")
_ALONE: Final = re.compile(r"(?<![luaA])[aA](?![luaAm])")
_MISPLACED: Final = re.compile(r"(?<![cm])m")
_WRONG_SIDE: Final = re.compile(
    r"[”…](?=\w)|(?<=\w)[“‘]|(?<!\w)’|[เแโใไ](?![ก-ฮ])|(?<![\uff66-\uff9f])[\uff66-\uff9f](?![\uff66-\uff9f])"
)
"""A quotation mark that closes what it should open, a vowel of Thai without its consonant, a katakana of half the width
alone."""


@dataclass(frozen=True, slots=True)
class _Script:
    """How its letters stand among others."""

    mixed: float
    """The cost of a letter of ASCII beside one of its own."""
    neighbours: float = 0.0
    alone: float = 0.0
    share: float = 0.0
    """The cost of a letter being one of its own."""


_LATIN: Final = _Script(mixed=0.0, neighbours=1.5, alone=2.0, share=_ACCENTED)
_OTHER: Final = _Script(mixed=5.0, alone=3.5)
_WIDE: Final = _Script(mixed=3.0)

# The letters of each language that ASCII has not, the most frequent first.
_WEST: Final = (
    "éüöáíäóñçãèßøåêàôæúâëîïõòìùûœÿ",
    "éèêçàôîëûïùâœ",
    "üöäß",
    "íáóéñúü",
    "ãçáéíóêõâúàô",
    "àèòùéì",
    "äöåé",
    "øåæéö",
    "áíðóéöúþýæ",
)
_CENTRAL: Final = (
    "íáéýřčěžšůúňďťó",
    "áíéčžýšúľťňôďäóŕĺ",
    "łóąęśżćńź",
    "áéóöíőüúű",
    "ăâîşţ",
    "čšžćđ",
    "áéíóčłšžöüäëçřýśęąňćńůőěźżúđťďâăşţîŕľ",
)
_TURKISH: Final = ("ıüşöçğİâî",)
_BALTIC: Final = ("šėžūįųčęą", "āīēšņūļčžķģ", "äõüöšž")
_VIETNAMESE: Final = ("đ\u0323\u0301\u0300ăâêôơư\u0309\u0303àáèéíóùúò",)
_RUSSIAN: Final = "оаеинтсрвлкмдпыьяугзбчйхжшюцщэфёъ"
_CYRILLIC: Final = (
    _RUSSIAN,
    "оанивіеркстлдмупяьзйбчгюхцшжїєщфґ",
    "аоиентврслкдпмзъгбуячйцжшщхюфь",
    "аоиенрјстквдумлпзгбчшцжњћхљфђџ",
)
_GREEK: Final = ("αοιετσνηυρπκμλςάίόέωθήδγχύφβώξζψϊϋΐΰ",)
_HEBREW: Final = ("יוהלארמתבשםנחעדקפגןצסטזכךףץ",)
_ARABIC: Final = ("اليمنرتبهودسعكحفقةجأشصطخغذزثضئءىإؤظآ", "ايرنمدهتسبوليشکكگزخحعفقجپپچصطژغذآئضثظ")
_THAI: Final = ("านรก์ิอ่เมยลวดสต้ัีงทะปคหพบ็จแุชข์ธไณูโใศซถภญผฟืำษึฐฎ๊ฉ๋ฆฏฬฝฤฑฒฌฮ",)

_LETTERS: Final = {
    "cp1252": (0.0, _LATIN, _WEST),
    "cp1251": (1.0, _OTHER, _CYRILLIC),
    "cp1250": (1.5, _LATIN, _CENTRAL),
    "cp1254": (2.0, _LATIN, _TURKISH),
    "cp1253": (2.0, _OTHER, _GREEK),
    "cp1255": (3.0, _OTHER, _HEBREW),
    "cp1256": (3.0, _OTHER, _ARABIC),
    "cp1257": (2.5, _LATIN, _BALTIC),
    "cp1258": (4.0, _LATIN, _VIETNAMESE),
    "cp874": (4.0, _OTHER, _THAI),
    "iso8859-2": (3.0, _LATIN, _CENTRAL),
    "iso8859-15": (3.5, _LATIN, _WEST),
    "iso8859-7": (3.5, _OTHER, _GREEK),
    "iso8859-5": (4.0, _OTHER, _CYRILLIC),
    "koi8-r": (3.0, _OTHER, (_RUSSIAN,)),
    "cp866": (3.0, _OTHER, (_RUSSIAN,)),
    "cp850": (4.0, _LATIN, _WEST),
    "mac-roman": (4.0, _LATIN, _WEST),
}
"""What each charset costs by itself: some are rarer than others. ISO-8859-1 and -9 are parts of cp1252 and cp1254, as
TIS-620 is of cp874."""

_KANJI: Final = ((0xB0, 0xCF, 9.5), (0xD0, 0xF4, 12.0))
_SIGNS_OF_EUC: Final = (0xA1, 0xA3, 8.0)
_IDEOGRAPHS: Final = {
    "gb18030": (0.0, SIMPLIFIED, "gb2312", (_SIGNS_OF_EUC, (0xB0, 0xD7, 9.3), (0xD8, 0xF7, 11.5))),
    "big5hkscs": (1.0, TRADITIONAL, "big5", (_SIGNS_OF_EUC, (0xA4, 0xC6, 9.5), (0xC9, 0xF9, 12.0))),
    "cp932": (1.0, JAPANESE, "euc_jp", (_SIGNS_OF_EUC, (0xA4, 0xA5, 5.3), (0x8E, 0x8E, 4.5), *_KANJI)),
    "euc_jp": (3.0, JAPANESE, "euc_jp", (_SIGNS_OF_EUC, (0xA4, 0xA5, 5.3), *_KANJI)),
    "cp949": (1.0, HANGUL, "euc_kr", (_SIGNS_OF_EUC, (0xB0, 0xC8, 9.0), (0xCA, 0xFD, 12.0))),
}
"""What each costs by itself; the characters that names and headings are made of; the national standard, and the cost of
its other characters by their first byte."""
_COMMON: Final = 6.0
_FAR: Final = 15.0
"""A character for which a charset has room, but that hardly anybody writes."""

CHARSETS: Final = (*_IDEOGRAPHS, *_LETTERS)


def guess(sample: bytes) -> str:
    """The likeliest one, as Python names it."""
    words = list(dict.fromkeys(word for word in _WORD.findall(sample) if not word.isascii()))
    text = b"\n".join(words[:: len(words) // _WORDS + 1])[:_BYTES]
    best, least = "", inf
    for name in CHARSETS:
        cost = _cost(text, name, least)
        if cost < least:
            best, least = name, cost
    return best


def _cost(words: bytes, name: str, least: float) -> float:
    """What it costs to take the words for this charset; `inf` as soon as that is no less than the least so far."""
    text = words.decode(name, MARK_BYTE)
    counts = Counter(text)
    ascii_cost = _ASCII * sum(map(counts.pop, [character for character in counts if character.isascii()]))
    if name in _IDEOGRAPHS:
        prior, script, letters = _IDEOGRAPHS[name][0], _WIDE, _wide(counts, name)
    else:
        prior, script, languages = _LETTERS[name]
        if prior + ascii_cost + _UNDECODABLE * counts.get("\udcff", 0) >= least:
            return inf
        letters = min(_narrow(counts, alphabet, script) for alphabet in languages)
    if prior + ascii_cost + letters >= least:
        return inf
    shape = _shape(text.translate(_FORMS), script) + 4.0 * len(_WRONG_SIDE.findall(text))
    return prior + ascii_cost + shape + letters


def _shape(form: str, script: _Script) -> float:
    cost = 4.0 * len(_ODD_CASE.findall(form)) + 5.0 * len(_SIGN_INSIDE.findall(form))
    if script is _OTHER:
        cost += 5.0 * len(_MISPLACED.findall(form)) + _CAPITAL * len(_CAPITALS.findall(form))
    for pattern, each in ((_MIXED, script.mixed), (_NEIGHBOURS, script.neighbours), (_ALONE, script.alone)):
        cost += each * len(pattern.findall(form)) if each else 0.0
    return cost


def _narrow(counts: Counter[str], alphabet: str, script: _Script) -> float:
    costs = _costs(alphabet, _CAPITAL if script is _LATIN else 0.0)
    return sum(
        number * (costs[character] + script.share if character in costs else _elsewhere(character))
        for character, number in counts.items()
    )


@cache
def _costs(alphabet: str, capital: float) -> dict[str, float]:
    """By Zipf's law: the third letter is a third as frequent as the first."""
    total = sum(1 / (rank + 2) for rank in range(len(alphabet)))
    costs: dict[str, float] = {}
    for rank, letter in enumerate(alphabet):
        cost = log((rank + 2) * total)
        costs.setdefault(letter, cost)
        if letter.upper() != letter and len(letter.upper()) == 1:
            costs.setdefault(letter.upper(), cost + capital)
    return costs


def _wide(counts: Counter[str], name: str) -> float:
    return sum(number * _wide_cost(character, name) for character, number in counts.items())


@lru_cache(maxsize=8_192)
def _wide_cost(character: str, name: str) -> float:
    _, common, standard, tiers = _IDEOGRAPHS[name]
    if character in common or character in _WIDE_SIGNS:
        return _COMMON
    if character in _SIGNS or "\ud800" <= character <= "\udfff":
        return _elsewhere(character)
    first = character.encode(standard, "replace")[0]
    return next((cost for low, high, cost in tiers if low <= first <= high), _FAR)


def _elsewhere(character: str) -> float:
    if "\ud800" <= character <= "\udfff" or "\x80" <= character < "\xa0":
        return _UNDECODABLE
    return _SIGNS.get(character, _RARE)


class _Forms(dict[int, str]):
    """What kind each character is, found out once: l and u of ASCII, a and A beyond, c without case, marks, signs."""

    def __missing__(self, code: int) -> str:
        self[code] = form = self._form(chr(code))
        return form

    def _form(self, character: str) -> str:
        category = unicodedata.category(character)
        if category[0] == "M" or character == "ำ":
            return "m"
        if category[0] != "L" or character in "ªº":
            return " " if character.isascii() or character in "’·" else "s"
        if category in {"Lu", "Lt"}:
            return "u" if character.isascii() else "A"
        if category == "Ll":
            return "l" if character.isascii() else "a"
        return "c"


_FORMS: Final = _Forms()


def _mark_byte(problem: UnicodeError) -> tuple[str, int]:
    """One byte at a time: what a broken character would swallow behind its first byte may be a line end."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return "\udcff", problem.start + 1


MARK_BYTE: Final = "ses-recipient-import:mark-byte"
codecs.register_error(MARK_BYTE, _mark_byte)
