"""JDL text: what it means, and where it is wrong."""

import pytest
from wms.ad import Ad
from wms.lexer import JdlError
from wms.syntax import parse, parse_value

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
        ("a = 1;\nA = 2;", 2, "A", "given twice: first on line 1"),
        ("/* a = 1;", 1, "", "no */"),
        ("a = 1; ]", 1, "", "not ]"),
        ("[ a = 1; ]\nb", 2, "", "after the closing ]"),
        ("a = other.;", 1, "a", "must follow the ."),
        ("a @ 1;", 1, "", "'@' has no meaning"),
        ("a 1;", 1, "a", "= is missing"),
        ('Requirements = Membr("x", other.y);', 1, "Requirements", "no function is called Membr"),
        ("a = 1 2;", 1, "a", "can't stand after"),
        ("a = 2K;", 1, "", "decimal"),
        ("a = 1);", 1, "a", "closes nothing"),
    ],
)
def test_errors_say_where_and_why(text: str, line: int, attribute: str, why: str) -> None:
    with pytest.raises(JdlError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.attribute) == (line, attribute)
    assert why in caught.value.why


def test_a_value_has_the_line_it_is_told() -> None:
    with pytest.raises(JdlError, match="one word too many") as caught:
        parse_value("1 2", 7, "Rank")
    assert caught.value.line == 7


def test_escapes() -> None:
    assert parse_value(r'"a\"b\\c\n\101"').content == 'a"b\\c\nA'
