"""Writes docs/pictures/verdict.png: the verdict page of a run, as headless Chromium shows it.

python docs/make_picture.py reports/runs/latest
"""

import subprocess
import sys
from pathlib import Path

PICTURE = Path(__file__).parent / "pictures" / "verdict.png"
SIZE = "1100,1000"


def take(page: Path) -> None:
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    words += [f"--window-size={SIZE}", f"--screenshot={PICTURE}", page.resolve().as_uri()]
    subprocess.run(words, check=True, capture_output=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]) / "verdict.html")
