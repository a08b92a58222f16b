"""JDL text: what it means, and where it is wrong."""

import pytest

from gridware.jdl.ad import Ad
from gridware.jdl.lexer import JdlError
from gridware.jdl.syntax import parse, parse_value

EVERYTHING = r"""# the first comment
[
  Executable = "/bin/echo";      // another
  ARGUMENTS = "\"a b\" c // no comment";
  /* a third
     over lines */
  OutputSandbox = {"a",
    "b", };
  Retrycount = -3;
  Requirements = Member("X", other.Y) && (other.N >= 3 * -2 || !RegExp(".*a.*", other.Id)) ? true : false;
  Nested = [ x = { 1, 2.5, TRUE }; 'odd name' = 010 ];
  Rank = .a.b[0] =?= undefined;
]
"""


def test_everything() -> None:
    ad = parse(EVERYTHING)
    assert ad.content("executable") == "/bin/echo"
    assert ad.content("Arguments") == '"a b" c // no comment'
    assert [item.content for item in ad.get("OutputSandbox").value.items] == ["a", "b"]  # type: ignore[union-attr]
    assert ad.content("RetryCount") == -3
    nested = ad.content("Nested")
    assert isinstance(nested, Ad)
    assert nested.content("odd name") == 10
    assert [item.content for item in nested.get("x").value.items] == [1, 2.5, True]  # type: ignore[union-attr]
    assert ad.content("Requirements") is None
    assert ad.get("Rank").line == 12  # type: ignore[union-attr]


def test_what_is_written_reads_back_the_same() -> None:
    ad = parse(EVERYTHING)
    assert str(parse(str(ad))) == str(ad)
    assert "\n" not in str(ad)


def test_outer_brackets_and_the_last_semicolon_may_be_missing() -> None:
    assert str(parse("a = 1; b = {\n1,\n2}")) == str(parse("[a = 1; b = {1, 2};]"))


@pytest.mark.parametrize(
    ("text", "line", "attribute", "why"),
    [
        ("a = 1\nb = 2;", 1, "a", "; is missing"),
        ('x = 1;\na = "b;\n', 2, "", "no closing"),
        ('\na = {"b" "c"};', 2, "a", ", is missing before"),
        ("a = {1, 2;", 1, "a", "never closed by }"),
        ("a = (1;", 1, "a", "never closed by )"),
        ("[ a = 1; ", 1, "", "never closed by ]"),
        ("\nRequirements = other.x = 3;", 2, "Requirements", "compared with =="),
        ("Rank = other.x + ;", 1, "Rank", "a value is missing"),
        ("/* a = 1;", 1, "", "no */"),
        ("a = 1; ]", 1, "", "not ]"),
        ("[ a = 1; ]\nb", 2, "", "after the closing ]"),
        ("a = other.;", 1, "a", "must follow the ."),
        ("a @ 1;", 1, "", "'@' has no meaning"),
        ("a 1;", 1, "a", "= is missing"),
        ('Requirements = Membr("x", other.y);', 1, "Requirements", "Membr is no function"),
        ("a = 1 2;", 1, "a", "can't stand after"),
        ("a = 2K;", 1, "", "decimal"),
        ("\na = 0x10;", 2, "", "not 0x10"),
        ("\na = 9223372036854775808;", 2, "a", "9223372036854775808 is more than 9223372036854775807"),
        ("a = -9223372036854775808;", 1, "a", "the most a whole number can be"),
        ("Rank = other.x -\n 99999999999999999999;", 2, "Rank", "the most a whole number can be"),
        ("a = { [ b = {1,\n 1.0e309} ] };", 2, "b", "the most a number can be"),
        ("a = 1e-400;", 1, "a", "would count as 0"),
        ("a = " + "9" * 6000 + ";", 1, "a", "(6000 digits) is more than"),
        ("Rank = 1.;", 1, "Rank", "a digit must follow the point"),
        ("[ a = 1; ];\nb = 2;", 2, "", "after the closing ]"),
        ("a = length(b);", 1, "a", "length is no function"),
        ("a = 1);", 1, "a", "closes nothing"),
    ],
)
def test_errors_say_where_and_why(text: str, line: int, attribute: str, why: str) -> None:
    with pytest.raises(JdlError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.attribute) == (line, attribute)
    assert why in caught.value.why


def test_a_semicolon_behind_it_all_does_no_harm() -> None:
    assert parse("[ a = 1; ];").content("a") == 1
    assert parse("[ a = 1 ] ; ;\n// the end\n").content("a") == 1


def test_numbers_that_are_held() -> None:
    ad = parse(
        "a = 9223372036854775807; b = -9223372036854775807; c = 1.7e308; d = 4.9e-324; e = 0.000; f = 08;"
    )
    assert [ad.content(name) for name in "abcdef"] == [2**63 - 1, 1 - 2**63, 1.7e308, 4.9e-324, 0.0, 8]
    assert "08" not in str(parse("Rank = other.x + 08;"))


def test_a_value_has_the_line_it_is_told() -> None:
    with pytest.raises(JdlError, match="one word too many") as caught:
        parse_value("1 2", 7, "Rank")
    assert caught.value.line == 7


def test_escapes() -> None:
    assert parse_value(r'"a\"b\\c\n\101"').content == 'a"b\\c\nA'
