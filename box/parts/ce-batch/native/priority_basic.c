/*
 * priority_basic: slurmctld starts a batch job when it is submitted, not at the next full second.
 *
 * slurmctld (24.11) never starts a batch job while it takes it in (job_allocate: test_only), but leaves it to a loop
 * that wakes once a second (_slurmctld_background); no setting changes that.  Only a job whose epilog has ended wakes the
 * scheduler at once, by schedule() (_slurm_rpc_epilog_complete).  Here a new job does as well.
 *
 * This is a plugin of Slurm's.  It stands before Slurm's own of the same name (PluginDir), does all that by it, and asks
 * for a round of the scheduler where slurmctld asks for a new job's priority.  That happens while slurmctld has its jobs
 * locked; the scheduler waits for the lock, and finds the job whole.
 *
 * Neither headers of Slurm nor its libraries are needed to compile this.  The version that slurmctld wants of a plugin
 * is that of Slurm's own; if that one is not found, slurmctld passes this one over.
 */

#include <dlfcn.h>
#include <stdbool.h>

#ifndef BASIC /* but in tests */
#define BASIC "/usr/lib/x86_64-linux-gnu/slurm-wlm/priority_basic.so"
#endif

extern void schedule(bool full_queue); /* slurmctld's own: wakes the scheduler's thread, no more */

const char plugin_name[] = "Priority basic, and batch jobs start when they are submitted";
const char plugin_type[] = "priority/basic";
unsigned plugin_version;

static void *basic;

/* Runs when the object is loaded, before slurmctld looks at its version. */
__attribute__((constructor)) static void load(void)
{
    const unsigned *version = 0;

    basic = dlopen(BASIC, RTLD_LAZY);
    if (basic)
        version = dlsym(basic, "plugin_version");
    if (version)
        plugin_version = *version;
}

/* The same function of Slurm's own plugin. */
#define OWN(type, name) ((type)dlsym(basic, name))

int init(void)
{
    return OWN(int (*)(void), "init")();
}

void fini(void)
{
    OWN(void (*)(void), "fini")();
}

unsigned priority_p_set(unsigned last, void *job)
{
    schedule(false);
    return OWN(unsigned (*)(unsigned, void *), __func__)(last, job);
}

void priority_p_reconfig(bool clear)
{
    OWN(void (*)(bool), __func__)(clear);
}

void priority_p_set_assoc_usage(void *association)
{
    OWN(void (*)(void *), __func__)(association);
}

double priority_p_calc_fs_factor(long double usage, long double shares)
{
    return OWN(double (*)(long double, long double), __func__)(usage, shares);
}

void *priority_p_get_priority_factors_list(unsigned user)
{
    return OWN(void *(*)(unsigned), __func__)(user);
}

void priority_p_job_end(void *job)
{
    OWN(void (*)(void *), __func__)(job);
}

unsigned priority_p_recover(unsigned boost)
{
    return OWN(unsigned (*)(unsigned), __func__)(boost);
}

int priority_p_thread_start(void)
{
    return OWN(int (*)(void), __func__)();
}
