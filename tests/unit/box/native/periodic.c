/* What a job manager does periodically, as gram-tick.c sees it. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

extern unsigned globus_callback_space_register_periodic(int *, const struct timeval *, const struct timeval *,
    void (*)(void *), void *, int);

static void nothing(void *user) { (void)user; }

int main(void)
{
    struct timeval second = {1, 0}, minute = {60, 0};
    int made = 0;

    printf("told %u ", globus_callback_space_register_periodic(&made, &second, &second, nothing, "look", -2));
    printf("made %d\n", made);
    globus_callback_space_register_periodic(&made, 0, &second, nothing, "expire", -2);
    globus_callback_space_register_periodic(&made, &minute, &minute, nothing, "check", -2);
    printf("preload %s\n", getenv("LD_PRELOAD") ? "stays" : "is gone");
    return 0;
}
