"""Shares of a volume: where the kernel keeps quotas an account ends at its own; elsewhere that is told."""

import os
import subprocess
from pathlib import Path

import pytest

from harness import state
from harness.box import shares, volume
from harness.box.files import BoxFiles
from harness.errors import IceboxError
from harness.image.accounts import Numbers
from harness.ledger import Ledger
from harness.site import Site
from tests.drill.tried import Told, failing
from tests.integration.volume.sites import site_of

pytestmark = pytest.mark.skipif(not volume.LOOP.exists(), reason="needs loop devices")


@pytest.mark.tries(
    "apt-get install quota",
    "boot a kernel with CONFIG_QFMT_V2, as Debian's, or take disk.person out of the site file",
    "take disk.person out of the site file",
)
def test_a_share_for_each_account(
    files: BoxFiles, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's kernels keep quotas, and tests/machine has people meet them; other kernels are told of."""
    site, ledger = site_of(tmp_path, 2, person=1), Ledger("bound")
    with monkeypatch.context() as patch:
        patch.setattr(shares, "PROGRAM", "setquota.none")
        failing(told, lambda: shares.check(site), match="lacks setquota")
    state.home().mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patch:
        if _is_able(site):
            patch.setattr(shares, "TRY", shares.TRY.replace("loop,", "loop,no-such-option,"))
        failing(told, lambda: shares.check(site), match="keeps no quotas")
    assert not list(state.home().glob("try-*"))
    numbers = Numbers(0x7000_0000, 0x7000_0001, 0x7000_0065, range(0x7000_012C, 0x7000_03E8))
    # The volume is not there.
    failing(told, lambda: shares.give(site, files, numbers), match="can't be given their shares")
    without = _without_shares(files)
    if _is_able(site):
        volume.attach(site, files, ledger)
        shares.give(site, files, numbers)
        _expect_share(files.stored, numbers.first_student_uid)
    else:
        assert shares.count(without) == shares.count(without) == shares.MOUNTED
        with pytest.raises(IceboxError, match="can't be used"):
            volume.attach(site, files, ledger)


def _is_able(site: Site) -> bool:
    try:
        shares.check(site)
    except IceboxError:
        return False
    return True


def _without_shares(files: BoxFiles) -> Path:
    """A volume that was made without shares; what is in it is counted when it gets them."""
    with files.volume.open("wb") as made:
        made.truncate(2 * 10**9)
    subprocess.run(["mke2fs", *volume.FORMAT, files.volume], check=True)
    return files.volume


def _expect_share(stored: Path, number: int) -> None:
    """An account ends at a gigabyte, and the next one begins at nothing."""
    for owner in (number, number + 1):
        own = stored / str(owner)
        own.mkdir()
        os.chown(own, owner, owner)
        words = ["fallocate", "--length", "700M"]
        ends = [subprocess.run([*words, own / name], user=owner).returncode for name in ("one", "two")]
        assert ends == [0, 1]
        (own / "one").unlink()
