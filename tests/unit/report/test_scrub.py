"""No secret stays in a run directory."""

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.report.allurelog import cleaned
from harness.report.scrub import ARCHIVE_REMOVED, KEY_REMOVED, SECRET_REMOVED, private_keys, scrub

# Made up: not one of them is a key.
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/=\nBKcwggSjAgEAAoIBAQC7"
KEY = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----\n"
OLD_KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB12\n\n"
    f"{BODY}\n-----END RSA PRIVATE KEY-----"
)


@pytest.mark.parametrize("key", [KEY, OLD_KEY, KEY.replace(" PRIVATE", " OPENSSH PRIVATE")])
@pytest.mark.parametrize("form", [str, repr, json.dumps, lambda key: json.dumps(json.dumps(key))])
def test_private_keys_go_and_what_is_around_them_stays(key, form):
    text = f'before. {form(key)} after: "{form("x")}"'
    clean = private_keys(text)
    assert "MII" not in clean
    assert "BKcw" not in clean
    assert clean.startswith("before. ")
    assert "after: " in clean
    assert KEY_REMOVED in clean


def test_a_key_whose_end_was_cut_goes_too():
    clean = private_keys(json.dumps({"out": KEY[:60], "next": "kept"}))
    assert json.loads(clean) == {"out": KEY_REMOVED, "next": "kept"}


def test_text_without_keys_is_untouched():
    text = "the PRIVATE KEY----- is not here; -----BEGIN CERTIFICATE-----"
    assert private_keys(text) == text


def test_scrub_finds_every_form_in_every_file_and_counts(tmp_path: Path):
    secret = 'pa"ss&wörd'
    files = {
        "plain.txt": f"password {secret}",
        "some.json": json.dumps({"password": secret}),
        "more/page.html": "password pa&quot;ss&amp;wörd",
        "more/config": base64.b64encode(secret.encode()).decode(),
        "key.pem": KEY,
        "innocent.txt": "nothing here",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = scrub(tmp_path, [secret, "abc"])
    assert found.count == 5
    assert [path.name for path in found.files] == ["key.pem", "config", "page.html", "plain.txt", "some.json"]
    assert (tmp_path / "plain.txt").read_text() == f"password {SECRET_REMOVED}"
    assert json.loads((tmp_path / "some.json").read_text()) == {"password": SECRET_REMOVED}
    assert (tmp_path / "innocent.txt").read_text() == "nothing here"
    assert scrub(tmp_path, [secret]).count == 0


def test_scrub_leaves_other_bytes_as_they_are(tmp_path: Path):
    binary = bytes(range(256))
    (tmp_path / "x.bin").write_bytes(binary + KEY.encode() + binary)
    assert scrub(tmp_path).count == 1
    assert (tmp_path / "x.bin").read_bytes() == binary + KEY_REMOVED.encode() + b"\n" + binary


def test_scrub_does_not_follow_links(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.write_text(KEY)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(outside)
    assert scrub(tmp_path / "run").count == 0
    assert outside.read_text() == KEY


def test_short_secrets_are_not_searched_for(tmp_path: Path):
    (tmp_path / "x").write_text("a word")
    assert scrub(tmp_path, ["word"]).count == 0


def test_bytes_that_are_no_text_survive_redaction():
    assert cleaned(b"\xff\x00 " + KEY.encode(), private_keys) == b"\xff\x00 " + KEY_REMOVED.encode() + b"\n"


def packed(directory: Path) -> dict[str, bytes]:
    """A key as each kind of archive has it, by the archive's name."""
    plain = directory / "plain.tar"
    with tarfile.open(plain, "w") as tar:
        entry = tarfile.TarInfo("userkey.pem")
        entry.size = len(KEY)
        tar.addfile(entry, io.BytesIO(KEY.encode()))
    content = plain.read_bytes()
    plain.unlink()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("userkey.pem", KEY)
    return {
        "logs.tar": content,
        "logs.tar.gz": gzip.compress(content),
        "logs.tar.xz": lzma.compress(content),
        "logs.tar.bz2": bz2.compress(content),
        "logs.zip": zipped.getvalue(),
    }


def test_archives_do_not_get_into_a_report(tmp_path: Path):
    files = packed(tmp_path)
    (tmp_path / "beside.txt").write_text("kept")
    for name, content in files.items():
        assert cleaned(content, private_keys) == ARCHIVE_REMOVED.encode()
        (tmp_path / name).write_bytes(content)
    found = scrub(tmp_path)
    assert found.count == len(files)
    assert sorted(path.name for path in found.files) == sorted(files)
    assert {(tmp_path / name).read_text() for name in files} == {ARCHIVE_REMOVED}
    assert (tmp_path / "beside.txt").read_text() == "kept"
    assert scrub(tmp_path).count == 0


def test_of_a_secret_that_begins_with_another_nothing_is_left(tmp_path):
    (tmp_path / "log").write_text("short geheim12, long geheim12-and-more.")
    scrub(tmp_path, ["geheim12", "geheim12-and-more"])
    text = (tmp_path / "log").read_text()
    assert text == f"short {SECRET_REMOVED}, long {SECRET_REMOVED}."
