"""A test of one's own: a student keeps notes on the UI.  docs/contributor.md explains it."""

from harness.access.shell import Shell


def test_a_student_keeps_notes(student: Shell, ui: Shell) -> None:
    student.connection.run("echo 'read the user guide' > notes.txt", in_stream=False)
    assert student.run("cat notes.txt").stdout == "read the user guide\n"
    notes = ui.host.file(f"/home/{student.account.user}/notes.txt")
    assert notes.user == student.account.user
    assert not notes.mode & 0o002, "others may write in it"
