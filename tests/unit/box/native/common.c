/* libglobus_common, as far as gram-tick.c stands before it: says what it is asked to do how often. */

#include <stdio.h>
#include <sys/time.h>

unsigned globus_callback_space_register_periodic(int *made, const struct timeval *delay, const struct timeval *period,
    void (*call)(void *), void *argument, int space)
{
    *made = 5;
    if (delay)
        printf("%s after %ld.%06ld ", (char *)argument, (long)delay->tv_sec, (long)delay->tv_usec);
    else
        printf("%s at once ", (char *)argument);
    printf("every %ld.%06ld in %d%s\n", (long)period->tv_sec, (long)period->tv_usec, space, call ? "" : " nothing");
    return 7;
}
