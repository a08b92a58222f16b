"""What ./icebox starts."""

import sys

# Checked before anything of ours is imported: an older Python would stop at our syntax.
if sys.version_info < (3, 11):
    sys.stderr.write(
        "icebox: needs Python 3.11 or newer\n"
        "  why: /usr/bin/python3 is %d.%d\n"
        "  do:  use Debian 12 or newer\n" % sys.version_info[:2]
    )
    sys.exit(2)

try:
    import signal

    # Ctrl-C waits until main can answer it: within an import it would end in a traceback.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))

    from harness import garbage

    with garbage.uncollected():
        from harness.setup.launch import main
except KeyboardInterrupt:
    sys.stderr.write("icebox: stopped before anything was done\n")
    sys.exit(130)

sys.exit(main(sys.argv[1:]))
