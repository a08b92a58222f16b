"""The set-up as a whole, against fakes of apt-get, pip and npm."""

import io
import shutil

import pytest

from harness.console import Console
from harness.errors import HarnessError, HostError
from harness.setup import allure, environment, plan
from harness.setup.machine import Machine
from harness.setup.policy import no_services
from harness.setup.prepare import prepare, steps


def run(fakes, console: Console, *, install: bool = True) -> bool:
    return prepare(fakes.machine, steps(fakes.machine), console, install=install)


def test_a_bare_machine_gets_everything(fakes, console: Console) -> None:
    assert run(fakes, console)
    assert environment.interpreter(fakes.machine).exists()
    assert allure.command(fakes.machine)[1].endswith("node_modules/allure/cli.js")
    assert plan.lacking(steps(fakes.machine)) == []


def test_what_will_be_installed_is_said_before(fakes, console: Console, shown: io.StringIO) -> None:
    fakes.fail("dpkg", "stop here")
    with pytest.raises(HarnessError):
        run(fakes, console)
    said = shown.getvalue()
    assert "mmdebstrap" in said
    assert "libvirt-python==" in said
    assert said.index("allure 3.") < said.index("✗" if "✗" in said else "FAILED")


def test_only_missing_packages_are_installed(fakes, console: Console) -> None:
    status = fakes.machine.root / "var/lib/dpkg/status"
    with status.open("a") as file:
        file.write("Package: zstd\nStatus: install ok installed\n\n")
        file.write("Package: gcc\nStatus: deinstall ok config-files\n\n")
    run(fakes, console)
    (call,) = fakes.calls("apt-get install")
    assert " zstd" not in call
    assert call.split().count("gcc") == 1
    assert "--no-remove" in call


def test_nothing_is_done_when_nothing_changed(fakes, console: Console, shown: io.StringIO) -> None:
    run(fakes, console)
    fakes.forget()
    shown.truncate(0)
    assert not run(fakes, console)
    assert fakes.calls() == []
    assert shown.getvalue() == ""


def test_no_install_refuses_with_the_list_and_touches_nothing(fakes, console: Console) -> None:
    with pytest.raises(HostError) as caught:
        run(fakes, console, install=False)
    assert caught.value.exit_code == 2
    assert "nftables" in str(caught.value)
    assert fakes.calls() == []
    assert not fakes.machine.home.exists()


def test_a_removed_package_comes_back_and_the_rest_stays(fakes, console: Console) -> None:
    run(fakes, console)
    status = fakes.machine.root / "var/lib/dpkg/status"
    gone = "Package: zstd\nStatus: install ok installed\nVersion: 1\n\n"
    status.write_text(status.read_text().replace(gone, ""))
    fakes.forget()
    run(fakes, console)
    assert fakes.calls("apt-get install")[0].split()[-1] == "zstd"
    assert fakes.calls("node") == fakes.calls("python3") == []


@pytest.mark.parametrize(("failing", "part"), [("python", "python"), ("node", "allure")])
def test_an_interrupted_step_is_repaired_and_the_others_stay(
    fakes, console: Console, failing: str, part: str
) -> None:
    fakes.fail(failing, "killed")
    with pytest.raises(HarnessError):
        run(fakes, console)
    fakes.mend(failing)
    fakes.forget()
    run(fakes, console)
    assert fakes.calls("apt-get") == []
    assert plan.lacking(steps(fakes.machine)) == []
    assert len(list((fakes.machine.home / part).iterdir())) == 1


def test_a_half_filled_directory_is_made_anew(fakes, console: Console) -> None:
    run(fakes, console)
    directory = environment.directory(fakes.machine)
    (directory / ".complete").unlink()
    (directory / "half").touch()
    run(fakes, console)
    assert (directory / ".complete").exists()
    assert not (directory / "half").exists()


def test_a_lost_result_is_noticed(fakes, console: Console) -> None:
    run(fakes, console)
    shutil.rmtree(environment.directory(fakes.machine) / "bin")
    assert [step.name for step in plan.lacking(steps(fakes.machine))] == ["python"]


def test_another_libvirt_means_another_binding(fakes, console: Console) -> None:
    run(fakes, console)
    link = fakes.machine.root / "usr/lib/x/libvirt.so.0"
    link.unlink()
    link.symlink_to("libvirt.so.0.11003.0")
    assert {step.name for step in plan.lacking(steps(fakes.machine))} == {"python", "libvirt"}


@pytest.mark.parametrize(
    ("fake", "saying", "what"),
    [
        ("apt-get", "E: Temporary failure resolving 'somewhere'", "can't reach a package registry"),
        ("python", "Failed to establish a new connection: [Errno 101]", "can't reach a package registry"),
        ("node", "npm error code EAI_AGAIN", "can't reach a package registry"),
        ("apt-get", "E: You don't have enough free space in /var/cache/apt/archives/.", "no space left"),
        ("python", "OSError: [Errno 28] No space left on device", "no space left"),
        ("python", "CERTIFICATE_VERIFY_FAILED", "does not trust"),
    ],
)
def test_a_bad_host_gets_one_clear_error(fakes, console: Console, fake: str, saying: str, what: str) -> None:
    fakes.fail(fake, saying)
    with pytest.raises(HostError, match=what) as caught:
        run(fakes, console)
    assert saying in caught.value.why
    assert caught.value.remedy


def test_apt_get_update_only_warns_of_no_network(fakes, console: Console) -> None:
    script = fakes.directory / "apt-get"
    script.write_text(
        "#!/bin/sh\n"
        "[ $1 = install ] || { echo W: Temporary failure resolving somewhere; exit 0; }\n"
        "echo E: Unable to locate package gcc; exit 100\n"
    )
    with pytest.raises(HostError, match="can't reach a package registry"):
        run(fakes, console)


def test_what_a_killed_set_up_left_on_the_host_is_taken_away(fakes, console: Console) -> None:
    run(fakes, console)
    killed = no_services(fakes.machine.root, fakes.machine.home)
    killed.__enter__()
    assert [step.name for step in plan.lacking(steps(fakes.machine))] == ["debian"]
    fakes.forget()
    assert run(fakes, console)
    assert fakes.calls("apt-get") == []
    assert list((fakes.machine.root / "usr/sbin").iterdir()) == []


def test_an_unknown_failure_shows_the_last_lines_and_the_log(fakes, console: Console) -> None:
    fakes.fail("dpkg", "dpkg: error: something odd")
    with pytest.raises(HarnessError, match="dpkg ended with 9") as caught:
        run(fakes, console)
    assert "something odd" in caught.value.why
    assert "setup-debian.log" in caught.value.remedy


def test_only_root_installs(fakes, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(HostError, match="only root"):
        run(fakes, console)
    assert fakes.calls() == []


@pytest.mark.parametrize(
    ("release", "why"),
    [
        ('ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n', "Fedora Linux 43"),
        ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11"\n', "Debian GNU/Linux 11"),
        ("", "no Debian"),
    ],
)
def test_only_debian_12_or_newer(fakes, console: Console, release: str, why: str) -> None:
    (fakes.machine.root / "etc/os-release").write_text(release)
    with pytest.raises(HostError, match="Debian 12 or newer") as caught:
        run(fakes, console)
    assert why in caught.value.why


@pytest.mark.parametrize(
    "release", ["ID=debian\n", "ID=devuan\nID_LIKE=debian\n", 'ID=debian\nVERSION_ID="13"\n']
)
def test_relatives_of_debian_are_welcome(fakes, release: str) -> None:
    (fakes.machine.root / "etc/os-release").write_text(release)
    fakes.machine.require_debian()


def test_space_is_asked_for_before_anything_is_installed(
    fakes, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=5_000_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage)
    with pytest.raises(HostError, match="not enough disk space") as caught:
        run(fakes, console)
    assert "5 MB free" in caught.value.why
    assert fakes.calls() == []


def test_no_service_starts_while_packages_are_installed(fakes, console: Console) -> None:
    run(fakes, console)
    assert "policy 101" in fakes.calls()
    assert list((fakes.machine.root / "usr/sbin").iterdir()) == []


def test_libvirt_of_the_host_is_not_enabled(fakes, console: Console) -> None:
    run(fakes, console)
    assert not list((fakes.machine.root / "etc/systemd/system").glob("*/libvirt*"))


def test_units_that_were_enabled_before_stay(fakes, console: Console) -> None:
    wants = fakes.machine.root / "etc/systemd/system/sockets.target.wants"
    wants.mkdir(parents=True)
    (wants / "libvirtd.socket").symlink_to("/lib/systemd/system/libvirtd.socket")
    run(fakes, console)
    assert (wants / "libvirtd.socket").is_symlink()


def test_a_machine_that_is_not_writable(fakes, console: Console) -> None:
    blocked = fakes.machine.root / "file"
    blocked.touch()
    machine = Machine(blocked / "home", fakes.machine.checkout, fakes.machine.root, fakes.machine.python)
    with pytest.raises(HostError, match="state directory"):
        prepare(machine, steps(machine), console, install=True)
