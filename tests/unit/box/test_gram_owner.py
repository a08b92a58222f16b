"""Whom the job managers' callout lets at a job: the object is called as a job manager calls it."""

import ctypes
from pathlib import Path

import pytest

from harness.image import native, part

SOURCE = part.parts_dir() / "ce/native/gram-owner.c"
JOB_MANAGER = """\
#include <stdarg.h>

unsigned int gram_owner(va_list);
int globus_i_gram_jobmanager_callout_error_module;

/* An error is its type; a request of the owner's is context 1. */
void *globus_error_construct_error(void *module, void *cause, long type, ...)
{
    return module == &globus_i_gram_jobmanager_callout_error_module && !cause ? (void *)type : 0;
}

unsigned int globus_error_put(void *error) { return 1000 + (unsigned int)(long)error; }
int globus_gram_protocol_authorize_self(void *request) { return request == (void *)1; }

static unsigned int call(int none, ...)
{
    va_list arguments;
    unsigned int answer;

    va_start(arguments, none);
    answer = gram_owner(arguments);
    va_end(arguments);
    return answer;
}

unsigned int ask(long request, const char *action)
{
    return call(0, (void *)1, (void *)request, "/1/2/", (void *)0, action);
}
"""
OWNER, OTHER = 1, 2
ALLOWED, DENIED = 0, 1002
QUESTIONS = ("status", "cancel", "signal", "register", "unregister", "renew")


@pytest.fixture(scope="module")
def callout(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    directory = tmp_path_factory.mktemp("gram")
    (directory / "job-manager.c").write_text(JOB_MANAGER)
    native.compile_one(SOURCE, directory / "callout.so", str(directory / "job-manager.c"))
    return ctypes.CDLL(str(directory / "callout.so"))


@pytest.mark.parametrize("action", QUESTIONS)
def test_the_owner_alone_gets_at_a_job(callout: ctypes.CDLL, action: str) -> None:
    assert callout.ask(OWNER, action.encode()) == ALLOWED
    assert callout.ask(OTHER, action.encode()) == DENIED


def test_starting_is_the_gatekeepers_business(callout: ctypes.CDLL) -> None:
    assert callout.ask(OTHER, b"start") == ALLOWED


def test_it_is_the_function_that_the_configuration_names(callout: ctypes.CDLL) -> None:
    where = part.parts_dir() / "mapping/site" / Path("etc/grid-security/gsi-authz.conf.j2")
    kind, library, function = where.read_text().splitlines()[2].split()
    assert kind == "globus_gram_jobmanager_authz"
    assert library == f"/{native.DIRECTORY}/{SOURCE.stem}.so"
    assert hasattr(callout, function)
