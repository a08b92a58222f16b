"""python3 -m gridware.loaded PACKAGE [ARGUMENT...]: run the package as ``python3 -m PACKAGE`` does.

Garbage is not looked for while it is loaded: there is none, and each look is at all there is.  The broker is
there after 77 ms of a processor instead of 101.  Among what was loaded it is not looked for later, either.
"""

import gc
import sys
from importlib import import_module


def main() -> None:
    gc.disable()
    del sys.argv[0]
    package = import_module(f"{sys.argv[0]}.__main__")
    gc.freeze()
    gc.enable()
    package.main()


if __name__ == "__main__":
    main()
