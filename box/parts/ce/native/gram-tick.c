/*
 * gram-tick: a job manager for fork jobs looks ten times a second whether they have ended, not once.
 *
 * It looks at the processes by itself, once a second (globus-gram-job-manager 15.8, globus_gram_job_manager_init_seg);
 * no setting changes that.  So every job took half a second longer than it ran, on average, and up to a second.
 *
 * Loaded by LD_PRELOAD, into the job manager alone: its children are started without.  Of all that it does
 * periodically, this is what it wants to do for the first time after the same while.
 *
 * Neither headers of Globus nor its libraries are needed to compile this.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>

typedef unsigned int result; /* globus_result_t */
typedef result registers(int *, const struct timeval *delay, const struct timeval *period, void (*)(void *), void *, int);

registers globus_callback_space_register_periodic;

__attribute__((constructor)) static void only_here(void)
{
    unsetenv("LD_PRELOAD");
}

result globus_callback_space_register_periodic(int *made, const struct timeval *delay, const struct timeval *period,
    void (*call)(void *), void *argument, int space)
{
    static const struct timeval often = {0, 100000};
    registers *own = (registers *)dlsym(RTLD_NEXT, "globus_callback_space_register_periodic");

    if (delay && delay == period && period->tv_sec == 1)
        delay = period = &often;
    return own(made, delay, period, call, argument, space);
}
