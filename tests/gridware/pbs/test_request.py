"""Options of qsub: the command line over the script's directives."""

import pytest

from gridware.pbs import request
from gridware.pbs.errors import PbsError, UsageError


def build(*words: str, script: str = "") -> request.Request:
    return request.build(request.command_line(list(words))[0], script)


def test_command_line_wins_resource_by_resource() -> None:
    wanted = build("-q", "long", "-l", "walltime=60", script="#PBS -q short -l walltime=10,mem=1gb -N x\n")
    assert wanted.queue == "long"
    assert wanted.resources == {"walltime": "60", "mem": "1gb"}
    assert wanted.get("N") == "x"


def test_script_may_stand_anywhere() -> None:
    assert request.command_line(["-q", "short", "job.sh"])[1] == "job.sh"
    assert request.command_line(["job.sh", "-q", "short"])[1] == "job.sh"
    assert request.command_line(["-z", "-"])[1] == ""


def test_two_scripts_are_a_usage_error() -> None:
    with pytest.raises(UsageError):
        request.command_line(["a.sh", "b.sh"])


def test_queue_and_server() -> None:
    wanted = build("-q", "short@ce")
    assert (wanted.queue, wanted.server) == ("short", "ce")


@pytest.mark.parametrize(
    "words",
    [
        ("-j", "ee"), ("-k", "x"), ("-m", "q"), ("-r", "maybe"), ("-p", "5000"), ("-p", "high"), ("-N", "1a"),
        ("-N", "a b"), ("-a", "99"), ("-a", "1200.1"), ("-l", "nodes"), ("-l", "walltime=soon"),
        ("-l", "mem=1xb"), ("-l", "nodes=0"), ("-l", "nodes=1:ppn=0"), ("-W", "nonsense=1"), ("-t", "a-b"),
        ("-t", "5-2"), ("-t", "1%0"), ("-b", "x"),
    ],
)  # fmt: skip
def test_bad_values_name_their_option(words: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=f"illegal {words[0]} value"):
        build(*words)


def test_bad_directive_is_not_a_usage_error() -> None:
    with pytest.raises(PbsError, match="directive error: illegal -j value"):
        build(script="#PBS -j xx\n")
    with pytest.raises(PbsError, match="directive error: invalid option -- 'Z'"):
        build(script="#PBS -Z\n")
    with pytest.raises(PbsError, match="directive error: word"):
        build(script="#PBS -h word\n")


def test_unknown_resource_is_refused_with_torques_number() -> None:
    with pytest.raises(PbsError, match=r"Unknown resource type  Resource_List\.foo") as caught:
        build("-l", "foo=1")
    assert caught.value.code == 187


def test_attributes_keep_their_commas() -> None:
    wanted = build("-W", "depend=afterok:1,afterany:2,umask=022,stagein=a@b:c,d@e:f")
    assert wanted.attributes == {"depend": "afterok:1,afterany:2", "umask": "022", "stagein": "a@b:c,d@e:f"}


def test_interactive_by_attribute() -> None:
    assert build("-W", "interactive=true").interactive
    assert build("-I").interactive
    assert not build().interactive


def test_missing_and_unknown_options() -> None:
    with pytest.raises(UsageError, match="requires an argument -- 'q'"):
        request.command_line(["-q"])
    with pytest.raises(UsageError, match="invalid option -- 'Q'"):
        request.command_line(["-Q"])
    assert request.command_line(["-hIqshort"])[0] == [("h", ""), ("I", ""), ("q", "short")]
