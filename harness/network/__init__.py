"""The network of a box: port table and packet filter."""
