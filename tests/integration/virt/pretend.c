/* Has xl(1) believe that there is a Xen: with -N it reads a configuration, says what it understood, and makes nothing. */
static char handle[65536];
void *xc_interface_open(void) { return handle; }
int xc_interface_close(void) { return 0; }
void *xs_open(void) { return handle; }
void xs_close(void) {}
int xc_version(void) { return -1; }
int xc_get_max_cpus(void) { return 1; }
int libxl_get_physinfo(void) { return 0; }
