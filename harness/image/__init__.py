"""What nodes boot: base layer, role layers, site layers."""
