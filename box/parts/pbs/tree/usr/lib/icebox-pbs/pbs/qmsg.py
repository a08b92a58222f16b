"""qmsg: write a line into the output of jobs that run."""

from __future__ import annotations

from pbs import errors, operate
from pbs.errors import PbsError

USAGE = "usage: qmsg [-O] [-E] msg_string job_identifier...\n"
COMMAND = operate.Command("qmsg", USAGE, "EO", "", fewest=2)


def main(arguments: list[str]) -> int:
    return COMMAND.main(arguments, _tell_all)


def _tell_all(host: str, options: dict[str, str], words: list[str]) -> int:
    streams = [stream for stream, letter in enumerate("OE") if letter in options] or [1]
    return COMMAND.for_each(words[1:], lambda word: _tell(host, word, words[0], streams))


def _tell(host: str, word: str, text: str, streams: list[int]) -> None:
    for job in operate.alive(host, word, {}):
        if job.state != "R":
            raise PbsError(f"Request invalid for state of job  {job.ident}", errors.BAD_STATE)
        for stream in streams:
            try:
                with open(job.outputs[stream], "a", encoding="utf-8", errors="surrogateescape") as file:
                    file.write(f"PBS: {text}\n")
            except OSError as error:
                raise PbsError(
                    f"Unauthorized Request ({error.strerror}) {job.ident}", errors.UNAUTHORIZED
                ) from error
