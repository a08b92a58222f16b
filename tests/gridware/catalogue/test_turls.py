"""What the storage element says of files: transfer URLs and checksums."""

import pytest

from gridware.catalogue.lcg import checksum, cr, query, turl
from tests.gridware.catalogue.storage import Type

LFN = "lfn:/grid/gilda/f"


def test_turls_of_one_and_of_several(type_in: Type) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    surl = type_in(query.replicas, LFN)[1].strip()
    found = surl.replace("sfn://", "gsiftp://")
    for words in ([surl, "gsiftp"], [surl, "rfio", "gsiftp"]):
        assert type_in(turl.get_turl, *words) == (0, f"{found}\n", "")
    assert type_in(turl.get_turls, "-b", "-T", "se", "-p", "rfio,gsiftp", surl, surl) == (
        0,
        f"{found}\n{found}\n",
        "",
    )
    for code, _, said in (
        type_in(turl.get_turl, surl, "rfio"),
        type_in(turl.get_turls, "-p", "rfio,dcap", surl),
    ):
        assert (code, said.endswith(": Protocol not supported\n")) == (1, True)
    assert "lcg_getturls: No such file" in type_in(turl.get_turls, "-p", "gsiftp", surl, f"{surl}x")[2]


def test_checksums_at_the_storage_and_here(type_in: Type) -> None:
    type_in(cr.main, "-l", LFN, "file:data")
    surl = type_in(query.replicas, LFN)[1].strip()
    for kind, value in ((), "078b01ff"), (("--checksum-type", "MD5"), "09f7e02f1290be211da707a266f153b3"):
        wanted = "".join(f"{value}\t{each}\n" for each in (surl, LFN, "file:data"))
        assert type_in(checksum.main, *kind, surl, LFN, "file:data") == (0, wanted, "")
    assert type_in(checksum.main, "file:none")[2].endswith("lcg_get_checksum: No such file or directory\n")
    with pytest.raises(SystemExit, match="1"):
        type_in(checksum.main, "--checksum-type", "sha1", surl)
