/* Slurm's own priority plugin, as far as priority_basic.c calls it: says what it is asked for. */

#include <stdbool.h>
#include <stdio.h>

const unsigned plugin_version = 0x180b05;

int init(void) { return 0; }
void fini(void) { puts("own fini"); }
unsigned priority_p_set(unsigned last, void *job) { return printf("own %s\n", (char *)job), last - 1; }
void priority_p_reconfig(bool clear) { printf("own reconfig %d\n", clear); }
void priority_p_set_assoc_usage(void *association) { printf("own %s\n", (char *)association); }
double priority_p_calc_fs_factor(long double usage, long double shares) { return (double)(usage / shares); }
void *priority_p_get_priority_factors_list(unsigned user) { return user == 1001 ? "list" : ""; }
void priority_p_job_end(void *job) { printf("own end of %s\n", (char *)job); }
unsigned priority_p_recover(unsigned boost) { return boost + 1; }
int priority_p_thread_start(void) { return 3; }
