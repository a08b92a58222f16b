"""LDIF in both directions, and the smallest change between two directories."""

from gridware.gridinfo import ldif


def test_folded_and_encoded_lines_are_read() -> None:
    text = "dn: GlueSiteUniqueID=A-very\n -long-name,o=grid\nGlueSiteName:: w6k=\nobjectClass: GlueSite\n\n"
    assert ldif.parse(text) == {
        "GlueSiteUniqueID=A-very-long-name,o=grid": {"GlueSiteName": ["é"], "objectClass": ["GlueSite"]}
    }


def test_equal_directories_need_no_change_however_they_are_spelled() -> None:
    old = {"Mds-Vo-name=local,o=grid": {"objectclass": ["b", "a"]}}
    new = {"mds-vo-name=local, o=grid": {"objectClass": ["a", "b"]}}
    assert ldif.changes(old, new) == ""


def test_parents_are_added_first_and_removed_last() -> None:
    tree = {"a=1,b=2,o=grid": {"a": ["1"]}, "b=2,o=grid": {"b": ["2"]}}
    added, removed = ldif.changes({}, tree), ldif.changes(tree, {})
    assert added.index("dn: b=2") < added.index("dn: a=1")
    assert removed.index("dn: a=1") < removed.index("dn: b=2")


def test_only_what_differs_is_replaced() -> None:
    old = {"a=1,o=grid": {"a": ["1"], "same": ["x"], "gone": ["y"], "number": ["1"]}}
    new = {"a=1,o=grid": {"a": ["1"], "same": ["x"], "number": ["2"], "fresh": ["z"]}}
    assert ldif.changes(old, new) == (
        "dn: a=1,o=grid\nchangetype: modify\n"
        "replace: number\nnumber: 2\n-\n"
        "replace: fresh\nfresh: z\n-\n"
        "delete: gone\n-\n\n"
    )


def test_values_that_ldif_can_not_hold_are_encoded() -> None:
    change = ldif.changes({}, {"a=1,o=grid": {"a": [" x", "é", "plain: text", "end "]}})
    assert "a:: IHg=\na:: w6k=\na: plain: text\na:: ZW5kIA==\n" in change


def test_what_is_written_is_read_back() -> None:
    entries = {"a=1,o=grid": {"a": ["", " x", "é\nü", "y"]}}
    assert ldif.parse(ldif.changes({}, entries).replace("changetype: add\n", "")) == entries


def test_empty_values_are_left_out_and_truth_is_written_as_glue_does() -> None:
    made = ldif.entry(["A"], none=None, empty=[], yes=True, number=0, many=["b", 3])
    assert made == {"objectClass": ["A"], "yes": ["TRUE"], "number": ["0"], "many": ["b", "3"]}
