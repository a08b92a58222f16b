"""The programs of a grid site's nodes that no package offers any more."""
