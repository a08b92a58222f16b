"""The console on a terminal, in a pipe and in CI."""

import io
import threading

import pytest

from harness.console import Console, Style, seconds_text
from harness.deadline import wait_for
from harness.errors import HostError


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    encoding = "utf-8"


def plain(style: Style = Style.PLAIN) -> tuple[Console, Pipe]:
    stream = Pipe()
    return Console(stream, style=style, colour=False, results=Pipe()), stream


@pytest.mark.parametrize(
    ("stream", "environ", "style"),
    [
        (Terminal(), {"TERM": "xterm"}, Style.LIVE),
        (Terminal(), {"TERM": "dumb"}, Style.PLAIN),
        (Terminal(), {"TERM": "xterm", "CI": "true"}, Style.CI),
        (Pipe(), {"TERM": "xterm"}, Style.PLAIN),
        (Pipe(), {"CI": "0"}, Style.PLAIN),
    ],
)
def test_the_style_follows_the_stream(stream: io.StringIO, environ: dict[str, str], style: Style) -> None:
    assert Style.choose(stream, environ) is style


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.004, "4 ms"), (0.1, "0.1 s"), (59.94, "59.9 s"), (65, "1 min 05 s"), (119.7, "2 min 00 s")],
)
def test_times_are_readable(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_stage_in_a_pipe_is_two_lines() -> None:
    console, stream = plain()
    with console.stage("build the image", key="build"):
        assert stream.getvalue() == "  … build the image\n"
    assert stream.getvalue().splitlines()[1].startswith("  ✓ build the image  ")
    assert console.timings["build"] >= 0


def test_a_stage_in_ci_is_its_end_only() -> None:
    console, stream = plain(Style.CI)
    with console.stage("one"):
        assert stream.getvalue() == ""
    assert len(stream.getvalue().splitlines()) == 1


def test_a_failed_stage_is_marked_and_the_error_goes_on() -> None:
    console, stream = plain()
    with pytest.raises(ValueError, match="x"), console.stage("one"):
        raise ValueError("x")
    assert "✗ one" in stream.getvalue()
    assert "one" in console.timings


def test_a_skipped_stage_says_why() -> None:
    console, stream = plain()
    with console.stage("one", announce=False) as stage:
        stage.skip("is ready")
    assert stream.getvalue().startswith("  · one  is ready")


def test_quiet_shows_errors_and_results_only() -> None:
    console, stream = plain(Style.QUIET)
    with console.stage("one"):
        console.note("a")
        console.warn("b")
        console.result("{}")
    console.error(HostError("broken", where="here", remedy="mend it"))
    assert stream.getvalue() == "icebox: here: broken\n  do:  mend it\n"
    assert console.results.getvalue() == "{}\n"


def test_an_ascii_stream_gets_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(stream, style=Style.PLAIN, colour=False)
    with console.stage("one"):
        pass
    stream.seek(0)
    assert "ok one" in stream.read()


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Console(Terminal(), style=Style.PLAIN).colour
    monkeypatch.setenv("NO_COLOR", "")
    assert Console(Terminal(), style=Style.PLAIN).colour


def test_running_stages_are_redrawn_in_place() -> None:
    stream = Terminal()
    console = Console(stream, style=Style.LIVE, colour=False)
    with console.stage("slow") as stage:
        stage.say("3 of 5")
        wait_for("what is said to be shown", lambda: "3 of 5" in stream.getvalue(), 10)
        console.note("meanwhile")
    shown = screen(stream.getvalue())
    assert [line.split("  ")[0] or line.split("  ")[1] for line in shown] == ["meanwhile", "✓ slow"]


def test_stages_of_many_threads_keep_their_lines_whole() -> None:
    stream = Terminal()
    console = Console(stream, style=Style.LIVE, colour=False)

    def work(number: int) -> None:
        for turn in range(20):
            with console.stage(f"stage {number}.{turn}"):
                console.note(f"note {number}.{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = screen(stream.getvalue())
    assert len(shown) == 2 * 8 * 20
    assert all(line.startswith(("note ", "  ✓ stage ")) for line in shown)


def screen(text: str) -> list[str]:
    """What stands on the terminal after ``text``: lines, cursor up, clear to the end."""
    lines: list[str] = []
    for part in text.split("\n"):
        while part.startswith("\x1b["):
            up, _, part = part.removeprefix("\x1b[").partition("A\x1b[J")
            del lines[len(lines) - int(up) :]
        lines.append(part)
    return lines[:-1]
