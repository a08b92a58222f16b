"""A Xen host where there is none: a real hypervisor with a Debian dom0, in QEMU's software emulation."""
