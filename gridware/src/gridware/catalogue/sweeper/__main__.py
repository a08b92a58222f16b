"""python3 -m gridware.catalogue.sweeper SETTINGS: removes files of interrupted transfers from this SE."""

import sys

from gridware.catalogue.sweeper.sweep import main

sys.exit(main(sys.argv[1]))
