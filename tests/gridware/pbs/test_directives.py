"""``#PBS`` lines of a script."""

import pytest

from gridware.pbs import directives
from gridware.pbs.errors import PbsError


def test_directives_stand_before_the_first_command() -> None:
    script = "#!/bin/sh\n# a comment\n#PBS -q short\n\n  #PBS -N name -j oe\necho hello\n#PBS -q long\n"
    assert directives.words(script, "#PBS") == ["-q", "short", "-N", "name", "-j", "oe"]


def test_first_line_may_be_a_colon() -> None:
    assert directives.words(": shell\n#PBS -h\n", "#PBS") == ["-h"]
    assert directives.words("\n: shell\n#PBS -h\n", "#PBS") == []


def test_prefix_is_the_callers() -> None:
    assert directives.words("#QSUB -h\n#PBS -I\n", "#QSUB") == ["-h"]
    assert directives.words("#PBS -h\n", "") == []


def test_script_of_the_globus_job_manager() -> None:
    script = (
        "#! /bin/sh\n# PBS batch job script built by Globus job manager\n#\n#PBS -S /bin/sh\n#PBS -m n\n"
        "#PBS -q short\n#PBS -o /home/gilda001/.globus/job/ce/1/stdout\n#PBS -l nodes=1\n\n"
        'X509_CERT_DIR="/x";\nexport X509_CERT_DIR;\n'
    )
    words = directives.words(script, "#PBS")
    assert words[:6] == ["-S", "/bin/sh", "-m", "n", "-q", "short"]
    assert words[-2:] == ["-l", "nodes=1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" -v 'A=1 2' -N x", ["-v", "A=1 2", "-N", "x"]),
        (' -N "" -h', ["-N", "", "-h"]),
        (" -q short # the quick one", ["-q", "short"]),
        (" -l nodes=2#shared", ["-l", "nodes=2#shared"]),
        ("", []),
    ],
)
def test_words_of_a_directive(text: str, words: list[str]) -> None:
    assert directives.split(text) == words


def test_open_quote_is_an_error() -> None:
    with pytest.raises(PbsError, match="directive error: -N 'x"):
        directives.split(" -N 'x")
