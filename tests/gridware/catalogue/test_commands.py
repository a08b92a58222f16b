"""The lcg-* and lfc-* commands against a catalogue and a storage element in this process."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gridware.catalogue.lcg import cp, cr, delete, entries, ls, query, rep
from gridware.catalogue.lfc import acl, change
from gridware.catalogue.lfc import ls as lfc_ls
from gridware.catalogue.lfc import server as lfc_server
from tests.gridware.catalogue.storage import Storage, Type

SE = "se.example.org"
GUID = re.compile(r"guid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\n")
SURL = re.compile(r"(sfn|srm)://[^/]+/\S+\n")
LFN = "lfn:/grid/gilda/f"


def test_store_find_fetch_delete(type_in: Type, storage: Storage, tmp_path: Path) -> None:
    code, guid, _ = type_in(cr.main, "-l", LFN, "file:data")
    assert code == 0
    assert GUID.fullmatch(guid)
    _, surl, _ = type_in(query.replicas, LFN)
    assert SURL.fullmatch(surl)
    assert re.fullmatch(rf"sfn://{SE}/storage/gilda/generated/\d{{4}}-\d\d-\d\d/file[-0-9a-f]{{36}}\n", surl)
    assert type_in(query.guid, surl.strip()) == (0, guid, "")
    assert type_in(query.aliases, guid.strip()) == (0, f"{LFN}\n", "")
    assert type_in(cp.main, LFN, "file:back") == (0, "", "")
    assert (tmp_path / "back").read_text() == "Hello\n"
    assert type_in(delete.main, "-a", LFN) == (0, "", "")
    assert storage.files == {}
    assert type_in(query.replicas, LFN) == (1, "", "/grid/gilda/f\nlcg_lr: No such file or directory\n")


def test_verbose_lines(type_in: Type) -> None:
    _, guid, shown = type_in(cr.main, "-v", "-d", SE, "-l", LFN, "file:data")
    for line in (
        r"Using grid catalog type: lfc",
        r"Using grid catalog : lfc\.example\.org",
        r"Source URL: file:/\S+/data",
        r"File size: 6",
        r"VO name: gilda",
        rf"Destination specified: {SE}",
        rf"Destination URL for copy: gsiftp://{SE}/storage/gilda/generated/\S+",
        r"# streams: 1",
        r"# set timeout to 0 seconds",
        r" +6 bytes +[\d.]+ KB/sec avg +[\d.]+ KB/sec inst",
        r"Transfer took \d+ ms",
        rf"Alias registered in Catalog: {LFN}",
        rf"Destination URL registered in Catalog: sfn://{SE}/\S+",
    ):
        assert re.search(f"^{line}$", shown, re.MULTILINE), line
    assert GUID.fullmatch(guid)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (query.replicas, [LFN]),
        (query.guid, [LFN]),
        (query.aliases, [LFN]),
        (ls.main, ["/grid/gilda"]),
        (cp.main, [LFN, "file:back"]),
        (rep.main, ["-d", "other.example.org", LFN]),
        (delete.main, ["-a", LFN]),
    ],
)
def test_verbose_words_are_no_part_of_the_answer(
    type_in: Type, command: Callable[[list[str]], int], words: list[str]
) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    _, said, told = type_in(command, "-v", *words)
    assert not re.search(
        r"^(VO name|Using|Source|File size|Transfer|#|Destination| +\d+ bytes)", said, re.MULTILINE
    )
    assert "VO name: gilda" in told or command is ls.main


@pytest.mark.parametrize("command", ["cr", "rf", "aa"])
def test_a_missing_directory_is_named_with_what_makes_it(
    type_in: Type, storage: Storage, command: str
) -> None:
    guid = type_in(cr.main, "-l", LFN, "file:data")[1].strip()
    name, surl = "lfn:/grid/gilda/new/sub/f", f"sfn://{SE}/storage/gilda/other-file"
    storage.files[f"gsiftp://{SE}/storage/gilda/other-file"] = b"x"
    main, words = {
        "cr": (cr.main, ["-l", name, "file:data"]),
        "rf": (entries.register, ["-l", name, surl]),
        "aa": (entries.add_alias, [guid, name]),
    }[command]
    code, _, told = type_in(main, *words)
    assert code == 1
    assert told.splitlines()[-2:] == [
        "The directory must be there first: lfc-mkdir -p /grid/gilda/new/sub",
        f"lcg_{command}: No such file or directory",
    ]
    type_in(change.mkdir, "-p", "/grid/gilda/new/sub")
    assert type_in(main, *words)[0] == 0


def test_a_name_is_given_once(type_in: Type, storage: Storage) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    code, out, err = type_in(cr.main, "-l", LFN, "file:data")
    assert (code, out, err.splitlines()[-1]) == (1, "", "lcg_cr: File exists")
    assert len(storage.files) == 1


def test_replicas_on_two_storage_elements(type_in: Type, storage: Storage) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    assert type_in(rep.main, "-d", "other.example.org", LFN) == (0, "", "")
    assert len(type_in(query.replicas, LFN)[1].splitlines()) == 2
    code, _, err = type_in(rep.main, "-d", "other.example.org", LFN)
    assert (code, err.splitlines()[-1]) == (1, "lcg_rep: File exists")
    assert type_in(delete.main, "-s", SE, LFN)[0] == 0
    assert [url.split("/")[2] for url in storage.files] == ["other.example.org"]


def test_several_files_are_deleted_one_that_is_missing_keeps_none(type_in: Type, storage: Storage) -> None:
    for name in (LFN, "lfn:/grid/gilda/g"):
        type_in(cr.main, "-l", name, "file:data")
    code, _, err = type_in(delete.main, "-a", LFN, "lfn:/grid/gilda/none", "lfn:/grid/gilda/g")
    assert (code, err) == (1, "/grid/gilda/none\nlcg_del: No such file or directory\n")
    assert storage.files == {}


def test_names_and_links(type_in: Type) -> None:
    guid = type_in(cr.main, "-l", LFN, "file:data")[1].strip()
    assert type_in(entries.add_alias, guid, "lfn:/grid/gilda/g") == (0, "", "")
    lines = type_in(lfc_ls.main, "-l", "/grid/gilda")[1].splitlines()
    assert re.fullmatch(
        r"-rw-r--r--   1 101      101                       6 \w{3} [ \d]\d \d\d:\d\d f", lines[0]
    )
    assert lines[1].endswith(" g -> /grid/gilda/f")
    assert type_in(entries.remove_alias, guid, LFN) == (0, "", "")
    assert type_in(query.aliases, guid)[1] == "lfn:/grid/gilda/g\n"
    assert type_in(ls.main, "lfn:/grid/gilda")[1] == "lfn:/grid/gilda/g\nlfn:/grid/gilda/generated\n"


def test_a_stored_file_s_name_does_nothing_to_the_terminal(type_in: Type) -> None:
    assert type_in(ls.main, "sfn://se.example.org/storage/gilda") == (0, "/storage/gilda/a?[2J\n", "")


def test_relative_names(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFC_HOME", "/grid/gilda")
    assert type_in(change.mkdir, "d")[0] == 0
    assert type_in(cr.main, "-l", "d/f", "file:data")[0] == 0
    assert type_in(lfc_ls.main, "d") == (0, "f\n", "")
    assert type_in(lfc_ls.main)[1] == "d\ngenerated\n"


def test_errors_of_lfc_commands(type_in: Type) -> None:
    assert type_in(lfc_ls.main, "/grid/nope") == (1, "", "/grid/nope: No such file or directory\n")
    assert (
        type_in(change.mkdir, "/grid/gilda/a/b")[2]
        == "cannot create /grid/gilda/a: No such file or directory\n"
    )
    assert type_in(change.mkdir, "-p", "/grid/gilda/a/b") == (0, "", "")
    assert type_in(change.mkdir, "/grid/gilda/a")[2] == "cannot create /grid/gilda/a: File exists\n"
    error = "cannot rename to /grid/gilda/y: No such file or directory\n"
    assert type_in(change.rename, "/grid/gilda/x", "/grid/gilda/y") == (1, "", error)
    assert type_in(change.rm, "/grid/gilda/a")[2] == "/grid/gilda/a: Is a directory\n"
    assert type_in(change.rm, "-f", "/grid/gilda/x") == (0, "", "")
    assert type_in(change.rm, "-r", "/grid/gilda/a") == (0, "", "")
    assert type_in(lfc_server.ping)[:2] == (0, "1.0.0\n")


def test_directories_are_made_with_the_caller_s_umask(type_in: Type) -> None:
    for umask, name, shown in ((0o002, "shared", "drwxrwxr-x"), (0o077, "own", "drwx------")):
        before = os.umask(umask)
        type_in(change.mkdir, f"/grid/gilda/{name}")
        os.umask(before)
        assert type_in(lfc_ls.main, "-l", "-d", f"/grid/gilda/{name}")[1].startswith(shown)


def test_modes_and_lists(type_in: Type) -> None:
    type_in(change.mkdir, "/grid/gilda/d")
    for mode, shown in (
        ("700", "drwx------"),
        ("g+rx", "drwxr-x---"),
        ("u-w,o=r", "dr-xr-xr--"),
        ("-x", "dr--r--r--"),
    ):
        assert type_in(change.chmod, mode, "/grid/gilda/d") == (0, "", "")
        assert type_in(lfc_ls.main, "-l", "-d", "/grid/gilda/d")[1].startswith(shown)
    assert type_in(acl.setacl, "-m", "user:/CN=A, B:rw,m::r-x,d:group::rwx", "/grid/gilda/d") == (0, "", "")
    assert type_in(acl.getacl, "/grid/gilda/d")[1].splitlines() == [
        "# file: /grid/gilda/d",
        "# owner: /CN=Student 01",
        "# group: gilda",
        "user::r--",
        "user:/CN=A, B:rw-\t\t#effective:r--",
        "group::r--\t\t#effective:r--",
        "mask::r-x",
        "other::r--",
        "default:group::rwx",
    ]
    assert type_in(acl.setacl, "-d", "user:/CN=A, B", "/grid/gilda/d") == (0, "", "")
    assert "CN=A, B" not in type_in(acl.getacl, "/grid/gilda/d")[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["file:nothing"], "No such file or directory"),
        (["-l", "lfn:/grid/gilda/no/dir", "file:data"], "No such file or directory"),
        (["-d", "srm://se/x", "file:data"], "Protocol not supported"),
        (["-T", "srmv2", "file:data"], "Protocol not supported"),
        (["-g", "nonsense", "file:data"], "Invalid argument"),
        (["-P", "../up", "file:data"], "Invalid argument"),
        (["http://x/y"], "Protocol not supported"),
        (["-b", "-d", SE, "file:data"], "Invalid argument"),
        (["file:."], "Is a directory"),
    ],
)
def test_errors_of_lcg_cr(type_in: Type, storage: Storage, arguments: list[str], text: str) -> None:
    code, out, err = type_in(cr.main, *arguments)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"lcg_cr: {text}"
    assert storage.files == {}


def test_a_known_file_is_registered(type_in: Type, storage: Storage) -> None:
    surl = f"sfn://{SE}/storage/gilda/file1"
    assert type_in(entries.register, "-l", LFN, surl)[0] == 1
    storage.files[f"gsiftp://{SE}/storage/gilda/file1"] = b"12345"
    guid = type_in(entries.register, "-l", LFN, surl)[1]
    assert GUID.fullmatch(guid)
    assert type_in(entries.unregister, guid.strip(), surl) == (0, "", "")
    assert len(storage.files) == 1
    assert type_in(query.replicas, LFN)[0] == 1


def test_a_link_to_a_directory(type_in: Type, storage: Storage) -> None:
    for path in ("/grid/gilda/dir", "/grid/gilda/other"):
        assert type_in(change.mkdir, path)[0] == 0
    assert type_in(change.ln, "-s", "/grid/gilda/dir", "/grid/gilda/link") == (0, "", "")
    # Through it files are stored and found; they have one name, below the directory itself.
    code, guid, _ = type_in(cr.main, "-l", "lfn:/grid/gilda/link/f", "file:data")
    assert code == 0
    assert type_in(query.aliases, guid.strip())[1] == "lfn:/grid/gilda/dir/f\n"
    assert type_in(query.guid, "lfn:/grid/gilda/link/f")[1] == guid
    assert type_in(lfc_ls.main, "/grid/gilda/link")[1] == "f\n"
    assert type_in(change.mkdir, "-p", "/grid/gilda/link/a/b")[0] == 0
    lines = type_in(lfc_ls.main, "-l", "/grid/gilda")[1].splitlines()
    assert (
        [line for line in lines if line.startswith("l")]
        == [line for line in lines if line.endswith(" link -> /grid/gilda/dir")]
        != []
    )
    # What goes down a tree does not go round in it.
    assert type_in(change.ln, "-s", "/grid/gilda/dir", "/grid/gilda/dir/loop")[0] == 0
    assert type_in(lfc_ls.main, "-R", "/grid/gilda/dir")[1].count("loop") == 1
    assert type_in(change.chmod, "-R", "700", "/grid/gilda/dir")[0] == 0
    assert type_in(change.rename, "/grid/gilda/dir", "/grid/gilda/link/a/c")[0] == 1
    assert type_in(change.rename, "/grid/gilda/dir", "/grid/gilda/other/dir")[0] == 0
    assert type_in(lfc_ls.main, "/grid/gilda/link")[1].split() == ["a", "f", "loop"]
    # A link goes alone; with the directory all its links go.
    assert type_in(change.rm, "/grid/gilda/link")[0] == 0
    assert type_in(query.guid, "lfn:/grid/gilda/other/dir/f")[1] == guid
    assert type_in(delete.main, "-a", "lfn:/grid/gilda/other/dir/loop/f")[0] == 0
    assert type_in(change.ln, "-s", "/grid/gilda/other/dir", "/grid/gilda/again")[0] == 0
    assert type_in(change.rm, "-r", "/grid/gilda/other/dir")[0] == 0
    assert type_in(lfc_ls.main, "/grid/gilda")[1].split() == ["generated", "other"]


def test_the_root_is_not_linked_to(type_in: Type) -> None:
    code, _, told = type_in(change.ln, "-s", "/", "/grid/gilda/root")
    assert (code, "Invalid argument" in told) == (1, True)
