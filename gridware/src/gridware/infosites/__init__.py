"""lcg-infosites: what a VO can use, in the layouts of versions 2.x and 3.x."""
