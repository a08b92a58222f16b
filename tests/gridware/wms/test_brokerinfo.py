"""glite-brokerinfo on the file that the broker lays beside a job."""

from pathlib import Path

import pytest

from gridware.wms.brokerinfo import main

FILE = """[ ComputingElement = [ name = "ce:2119/jobmanager-pbs-short";
      CloseStorageElements = { [ name = "se1"; mount = "/storage/gilda"; freespace = 123 ],
          [ name = "se2" ] } ];
    InputFNs = { [ name = "lfn:x"; SFNs = { "sfn://se1/x", [ name = "sfn://se3/x" ] } ] };
    StorageElements = { [ name = "se3"; protocols = { [ name = "gsiftp"; port = 2811 ],
        [ name = "rfio"; port = 5001 ] } ] };
    DataAccessProtocol = {"gsiftp", "rfio"}; VirtualOrganisation = "gilda" ]"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("getCE", ["ce:2119/jobmanager-pbs-short"]),
        ("getDataAccessProtocol", ["gsiftp", "rfio"]),
        ("getInputData", ["lfn:x"]),
        ("getSEs", ["se3", "se1", "se2"]),
        ("getCloseSEs", ["se1", "se2"]),
        ("getSEMountPoint se1", ["/storage/gilda"]),
        ("getSEFreeSpace se1", ["123"]),
        ("getLFN2SFN lfn:x", ["sfn://se1/x", "sfn://se3/x"]),
        ("getSEProtocols se3", ["gsiftp", "rfio"]),
        ("getSEPort se3 rfio", ["5001"]),
        ("getVirtualOrganization", ["gilda"]),
    ],
)
def test_functions(
    words: str,
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / ".BrokerInfo").write_text(FILE)
    (tmp_path / "elsewhere").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    for name in ("GLITE_WMS_RB_BROKERINFO", "EDG_WL_RB_BROKERINFO"):
        monkeypatch.delenv(name, raising=False)
    assert main("glite-brokerinfo", words.split()) == 0
    assert capsys.readouterr().out.splitlines() == expected
    assert main("glite-brokerinfo", ["-v", "-f", "elsewhere", *words.split()]) == 0
    assert capsys.readouterr().out.startswith(f"{words.split()[0]}: {expected[0]}")


@pytest.mark.parametrize(
    "words", ["", "getNothing", "getSEPort se3", "getSEPort se3 ftp", "getSEMountPoint se9", "-x getCE"]
)
def test_errors(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "info").write_text(FILE)
    assert main("glite-brokerinfo", ["-f", str(tmp_path / "info"), *words.split()]) == 1
    assert capsys.readouterr().err


def test_no_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("EDG_WL_RB_BROKERINFO", "/nowhere")
    assert main("edg-brokerinfo", ["getCE"]) == 1
    assert "can't read /nowhere" in capsys.readouterr().err
