"""python3 -m gridware.catalogue.sweeper SETTINGS: removes files of interrupted transfers from this SE."""

import sys

from gridware.catalogue.sweeper import sweep


def main() -> None:
    sys.exit(sweep.main(sys.argv[1]))


if __name__ == "__main__":
    main()
