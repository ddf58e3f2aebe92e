"""Which charset, and decoding that loses nothing silently."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import SourceProblem
from handler.limits import ASCII_LOOK_AHEAD
from handler.reading.charset import UNDECODABLE, Charset, decode, detect

CHINESE = "姓名,邮箱,备注\n" + "".join(
    f"张小明{n},user{n}@example.com,尊敬的客户您好，请查收我们的春季活动邀请\n" for n in range(40)
)
TAIWAN = "姓名,信箱\n" + "".join(
    f"陳大文{n},user{n}@example.com,親愛的顧客您好，請查收我們的春季活動邀請\n" for n in range(40)
)
JAPANESE = "氏名,メール\n" + "".join(
    f"山田太郎{n},user{n}@example.com,いつもお世話になっております。ご案内です\n" for n in range(40)
)
KOREAN = "이름,이메일\n" + "".join(
    f"김철수{n},user{n}@example.com,안녕하세요 고객님 봄 행사에 초대합니다\n" for n in range(40)
)
RUSSIAN = "Имя,Почта\n" + "".join(
    f"Иван Петров{n},user{n}@example.com,Уважаемый клиент приглашаем вас\n" for n in range(40)
)
FRENCH = "Prénom,Courriel\n" + "".join(
    f"Zoé Lefèvre{n},user{n}@example.com,Château déjà fermé à Noël\n" for n in range(40)
)


def name_of(data: bytes, hint: str | None = None) -> str:
    return detect((data,), hint)[0].name


def text_of(data: bytes, size: int, hint: str | None = None) -> str:
    charset, _ = detect((data,), hint)
    return "".join(decode((data[start : start + size] for start in range(0, len(data), size)), charset))


@pytest.mark.parametrize("size", [1, 2, 3, 65_536])
@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("utf-32-be", codecs.BOM_UTF32_BE, "utf-32"),
        ("utf-16-le", b"", "utf-16"),
        ("utf-16-be", b"", "utf-16"),
        ("utf-32-le", b"", "utf-32"),
        ("utf-32-be", b"", "utf-32"),
    ],
)
def test_unicode_is_known_by_its_mark_its_form_or_its_zeros(codec: str, mark: bytes, name: str, size: int) -> None:
    """With and without a mark, which is no text; a character may straddle any border between two pieces."""
    data = mark + CHINESE.encode(codec)
    assert name_of(data) == name
    assert text_of(data, size) == CHINESE


@pytest.mark.parametrize("size", [1, 5, 65_536])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CHINESE, "gb18030"),
        (TAIWAN, "big5hkscs"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "cp949"),
        (RUSSIAN, "cp1251"),
        (FRENCH, "cp1252"),
        (JAPANESE, "iso2022_jp"),
    ],
)
def test_a_charset_of_old_is_known_by_its_letters(text: str, name: str, size: int) -> None:
    """What people export in, if not in UTF-8."""
    data = text.encode(name)
    assert name_of(data) == name
    assert text_of(data, size) == text


NAMES = {
    "gb18030": "张三 李四",
    "big5hkscs": "陳大文 林志明",
    "cp932": "佐藤健 髙橋花子",
    "euc_jp": "田中一郎 鈴木花子",
    "cp949": "김철수 박지현",
    "cp1250": "Řehoř Dvořák Žaneta Šťastná",
    "iso8859-2": "Łukasz Wiśniewski Żaneta Ćwikła",
    "cp1251": "Иван Петров ПЁТР ЩУКИН",
    "koi8-r": "Иван Петров Пётр Щукин",
    "cp866": "Иван Петров Пётр Щукин",
    "iso8859-5": "Иван Петров Пётр Щукин",
    "cp1252": "José Muñoz Zoë Bäßler",
    "mac-roman": "François Lefèvre Renée Garçon",
    "cp850": "Jürgen Müller Björn Strauß",
    "cp1253": "Γιώργος Παπαδόπουλος Άννα",
    "iso8859-7": "Γιώργος Παπαδόπουλος Άννα",
    "cp1254": "Ayşe Yıldız İbrahim Çağrı",
    "iso8859-9": "Ayşe Yıldız İbrahim Çağrı",
    "cp1255": "דוד כהן שרה לוי",
    "cp1256": "محمد علي فاطمة حسن",
    "cp1257": "Jānis Bērziņš Žydrūnė Kazlauskienė",
    "cp1258": "Nguyê\u0303n Văn Đư\u0301c Phạm Thị Bi\u0300nh".replace("ạ", "a\u0323").replace("ị", "i\u0323"),
    "tis-620": "สมชาย ใจดี สมหญิง รักไทย",
}
"""The charset, and what two people of its countries are called."""


@pytest.mark.parametrize("codec", NAMES)
def test_two_names_tell_the_charset(codec: str) -> None:
    """By themselves, and among two hundred plain rows; whatever it is called, the text comes out as it was."""
    text = f"{NAMES[codec]} <a@example.com>\n"
    assert text_of(text.encode(codec), 65_536) == text
    text = "".join(f"John Smith,user{n}@example.com\n" for n in range(200)) + f"{NAMES[codec]},z@example.com\n"
    assert text_of(text.encode(codec), 65_536) == text


@pytest.mark.parametrize(
    "text",
    [
        "20 °C", "café", "it’s “fine”", "wait… no – yes", "£ 5", "€ 10", "½ price", "MÜLLER", "Óscar", "École Éluard",
        "Nº 5", "«oui»", "© 2026", "O’Brien", "naïve résumé", "Señor Núñez",
    ],
)  # fmt: skip
def test_a_single_sign_or_word_is_of_the_west(text: str) -> None:
    """Nothing else is told by it."""
    assert name_of(f"email,note\na@example.com,{text}\n".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("codec", sorted({"cp437", "cp852", "mac-cyrillic", "iso8859-13", "hz", *NAMES}))
def test_an_address_is_right_in_any_charset(codec: str) -> None:
    """In those that nobody can tell, too: it is ASCII in all of them."""
    rows = [f"{NAMES.get(codec, 'Zoe')},user{n}@example.com;{n}" for n in range(5)]
    found = text_of("\n".join(rows).encode(codec), 65_536).split("\n")
    assert [row.rpartition(",")[2] for row in found] == [f"user{n}@example.com;{n}" for n in range(5)]


@given(names=st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=5))
def test_no_bytes_of_a_name_cost_an_address(names: list[bytes]) -> None:
    """Whatever charset they are taken for; only zeros and escapes, which no name has, might be another story."""
    drop = bytes(range(0x30))
    lines = [name.translate(None, drop) + b",user@example.com" for name in names]
    found = text_of(b"\n".join(lines), 65_536).split("\n")
    assert [row.rpartition(",")[2] for row in found] == ["user@example.com"] * len(lines)


@pytest.mark.parametrize("name", ["Jörg", "Müller", "Zoë", "Bäßler", "Peña", "Ærø"])
def test_a_single_accent_is_no_chinese_character(name: str) -> None:
    """In a list of two lines `ör` may pass for one of Big5."""
    data = f"Name;E-Mail\r\n{name};user@example.de\r\n".encode("cp1252", "replace")
    assert text_of(data, 65_536).encode("cp1252", "replace") == data


def test_the_first_accent_may_come_late() -> None:
    """A file that is ASCII for most of a megabyte is still judged by its first byte that is not."""
    data = b"user@example.com,plain\n" * (ASCII_LOOK_AHEAD // 30) + FRENCH.encode("cp1252")
    chunks = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
    charset, stream = detect(chunks, None)
    assert charset.name == "cp1252"
    assert b"".join(stream) == data


@pytest.mark.parametrize(
    ("text", "name"), [(CHINESE, "utf-8"), (CHINESE, "gb18030"), (FRENCH, "utf-8"), (KOREAN, "cp949")]
)
def test_one_broken_byte_in_the_sample_changes_no_charset(text: str, name: str) -> None:
    """It is lost alone: every other line is as it was."""
    lines = text.encode(name).split(b"\n")
    lines[7] = b"user@example.com,\xff"
    found = text_of(b"\n".join(lines), 65_536).split("\n")
    expected = text.split("\n")
    assert UNDECODABLE.search(found[7])
    assert [*found[:7], *found[8:]] == [*expected[:7], *expected[8:]]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_sample_cut_inside_a_character_is_judged_all_the_same(cut: int) -> None:
    """The end of what was looked at is no end of the file."""
    for name in ("utf-8", "gb18030"):
        assert name_of(CHINESE.encode(name)[:-cut]) == name


@given(
    codec=st.sampled_from(["utf-8", "gb18030", "cp950", "cp932", "euc_jp", "cp949", "cp1251", "cp1252"]),
    junk=st.binary(max_size=6),
    size=st.integers(1, 8),
)
def test_junk_takes_no_line_end_along(codec: str, junk: bytes, size: int) -> None:
    """Broken characters at the end of a line: the next line begins where it did."""
    data = b"a@x.com," + junk.replace(b"\n", b"") + b"\nb@x.com\n"
    text = "".join(decode((data[start : start + size] for start in range(0, len(data), size)), Charset(codec, codec)))
    assert text.endswith("\nb@x.com\n")
    assert text.startswith("a@x.com,")


def test_a_broken_shift_takes_no_line_end_along() -> None:
    """The decoder of ISO-2022-JP would count what follows an unknown escape, line end and all, as one broken byte."""
    data = b"a@x.com,\x1b(\nb@x.com\n"
    assert "".join(decode((data,), Charset("iso2022_jp", "iso2022_jp"))) == "a@x.com,\udcff(\nb@x.com\n"


@pytest.mark.parametrize("size", [1, 3, 65_536])
@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "utf-16-le"])
def test_what_a_dos_program_ends_its_file_with_is_no_text(codec: str, size: int) -> None:
    """Ctrl-Z, up to a whole block of them; one before the end stays what it is."""
    for ends in ("\x1a", "\x1a" * 128):
        data = f"a@x.com\r\nb\x1a@x.com\r\n{ends}".encode(codec)
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        assert "".join(decode(pieces, Charset(codec, codec))) == "a@x.com\r\nb\x1a@x.com\r\n"


def test_a_lone_surrogate_in_utf_16_costs_itself() -> None:
    """It is one unit; what stands behind it stays in step."""
    text = "".join(decode((b"a\0\x00\xd8\n\0b\0",), Charset("utf-16", "utf-16-le")))
    assert UNDECODABLE.sub("?", text) == "a?\nb"


def test_the_owner_knows_better() -> None:
    """A hint wins over what was found; a mark is still no text."""
    assert text_of("Привет".encode("koi8-r"), 3, "KOI8-R") == "Привет"
    assert text_of(codecs.BOM_UTF8 + b"a", 1, "utf8") == "a"
    assert text_of(codecs.BOM_UTF16_BE + "a".encode("utf-16-be"), 1, "UTF-16") == "a"
    assert text_of("a".encode("utf-16-le"), 1, "utf-16") == "a"
    assert text_of("a".encode("utf-32-be"), 1, "utf-32") == "a"


@pytest.mark.parametrize(
    "hint", ["rot13", "zip", "idna", "unicode_escape", "undefined", "utf-7", "nonsense", "\0", "é"]
)
def test_a_hint_that_is_no_charset_is_refused(hint: str) -> None:
    """What Python can decode is not always a charset."""
    with pytest.raises(SourceProblem) as refused:
        name_of(b"a", hint)
    assert refused.value.code == "unreadable"
