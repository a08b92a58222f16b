"""The options of every command, measured by those of the originals."""

from typing import Any

import pytest

from gridware.wms import commands, options

ORIGINAL = {
    "glite-wms-job-submit": """
        logfile= debug autm-delegation/a register-only proto= transfer-files start= collection=
        jsdl= dag= default-jdl= delegationid=/d endpoint=/e vo= lrms= to= output=/o input=/i
        config=/c nodes-resource= resource=/r valid=/v nomsg nolisten noint version help json
        pretty-print
    """,
    "glite-wms-job-list-match": """
        version help autm-delegation/a delegationid=/d endpoint=/e rank config=/c vo= output=/o
        noint debug json pretty-print logfile=
    """,
    "glite-wms-job-status": """
        help version all input=/i verbosity=/v from= to= config=/c user-tag= status=/s
        exclude=/e vo= output=/o noint nonodes debug logfile= json
    """,
    "glite-wms-job-logging-info": """
        help version input=/i verbosity=/v config=/c user-tag= from= to= event= exclude=/e
        output=/o noint debug logfile= json pretty-print
    """,
    "glite-wms-job-output": """
        version help input=/i list-only proto= dir= config=/c vo= noint nosubdir debug logfile=
        nopurge/n json pretty-print
    """,
    "glite-wms-job-cancel": """
        version help input=/i config=/c output=/o noint debug logfile= vo= pretty-print json
    """,
    "glite-wms-job-delegate-proxy": """
        version logfile= debug autm-delegation/a delegationid=/d endpoint=/e config=/c vo=
        output=/o noint all help
    """,
    "glite-wms-job-info": """
        version logfile= debug proxy/p delegationid=/d jdl-original/j jdl endpoint=/e config=/c
        vo= input=/i output=/o noint help
    """,
    "glite-wms-job-perusal": """
        all version help get set unset filename=/f input=/i proto= dir= output=/o config=/c vo=
        nodisplay debug logfile= input-file=
    """,
    "glite-job-submit": """
        version help config=/c debug logfile= noint input=/i output=/o resource=/r
        nodes-resource= nolisten nogui nomsg chkpt= lrms= valid=/v config-vo= vo=
    """,
    "glite-job-list-match": """
        version help config=/c debug logfile= noint output=/o verbose rank config-vo= vo=
    """,
    "glite-job-status": """
        version help config=/c debug logfile= noint input=/i output=/o all config-vo=
        verbosity=/v from= to= user-tag= status=/s exclude=/e nonodes
    """,
    "glite-job-output": "version help config=/c debug logfile= noint input=/i dir=",
    "glite-job-cancel": """
        version help config=/c debug logfile= noint input=/i output=/o all config-vo= vo=
    """,
    "glite-job-logging-info": """
        version help config=/c debug logfile= noint input=/i output=/o verbosity=/v event=
        exclude= from= to= user-tag=
    """,
}
"""What the originals take (org.glite.wms: options_utils.cpp, glite-wms-job-status and -logging-info; the help
of the python commands): the name, with = if a value follows, and the letter of its short form."""


@pytest.mark.parametrize("command", ORIGINAL)
def test_every_option_of_the_original_is_there(command: str) -> None:
    mine = {option.name: option for option in (*options.common(), *commands.command(command).options)}
    for word in ORIGINAL[command].split():
        name, _, letter = word.partition("/")
        option = mine[name.rstrip("=")]
        assert (bool(option.value), option.short if letter else "") == (name.endswith("="), letter), word
    letters = [option.short for option in mine.values() if option.short]
    assert len(letters) == len(set(letters))


@pytest.mark.parametrize("command", ["glite-job-submit", "edg-job-submit"])
def test_long_options_with_one_dash(ui: Any, command: str) -> None:
    ran = ui.run(
        command, "-nomsg", "-noint", "-vo", "gilda", "-config-vo", str(ui.servers), "-o", "-nomsg", "hw.jdl"
    )
    assert ran.out.strip() == ui.broker.sent[0].id
    assert (ui.home / "-nomsg").exists()
    assert ui.run(command, "-v", "1:00", "-help").out.startswith("NAME")
    assert "option -n not recognized" in ui.run(command, "-nonsense", "hw.jdl").err
    assert ui.run("glite-wms-job-submit", "-a", "-nomsg", "hw.jdl").code == 1


def test_a_state_to_go_on_from_is_refused(ui: Any) -> None:
    assert "keeps no states" in ui.run("glite-job-submit", "--chkpt", "x", "hw.jdl").err
