/*
 * A job manager as gram-events.c sees one: job-manager OBJECT SINCE.  Says on standard output what it is told of jobs,
 * and "waits" whenever there is nothing to do; ends with its standard input.  With BLIND in its environment, XIO opens
 * nothing.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef void (*when_read)(void *, unsigned, unsigned char *, size_t, size_t, void *, void *);

static time_t since;
static int watched = -1;
static struct { when_read call; unsigned char *text; size_t length; } reader;
static struct { void (*call)(void *); struct timeval delay; } timer;

unsigned globus_callback_space_register_oneshot(int *h, const struct timeval *delay, void (*call)(void *), void *u, int s)
{
    (void)h, (void)u, (void)s;
    timer.call = call;
    timer.delay = *delay;
    return 0;
}

static unsigned say(const char *state, time_t stamp, const char *job, int code)
{
    printf("%s %ld %s %d\n", state, (long)stamp, job, code);
    return 0;
}

unsigned globus_scheduler_event_pending(time_t stamp, const char *job) { return say("pending", stamp, job, 0); }
unsigned globus_scheduler_event_active(time_t stamp, const char *job) { return say("active", stamp, job, 0); }
unsigned globus_scheduler_event_done(time_t stamp, const char *job, int code) { return say("done", stamp, job, code); }
unsigned globus_scheduler_event_failed(time_t stamp, const char *job, int code) { return say("failed", stamp, job, code); }
unsigned globus_scheduler_event_generator_get_timestamp(time_t *stamp) { *stamp = since; return 0; }

unsigned globus_xio_driver_load(const char *name, void **made) { (void)name, (void)made; return 0; }
unsigned globus_xio_stack_init(void **made, void *with) { (void)made, (void)with; return 0; }
unsigned globus_xio_stack_push_driver(void *on, void *which) { (void)on, (void)which; return 0; }
unsigned globus_xio_stack_destroy(void *which) { (void)which; return 0; }
unsigned globus_xio_attr_init(void **made) { (void)made; return 0; }
unsigned globus_xio_attr_destroy(void *which) { (void)which; return 0; }
unsigned globus_xio_handle_create(void **made, void *of) { (void)of; *made = &watched; return 0; }
unsigned globus_xio_open(void *which, const char *to, void *with) { (void)which, (void)to, (void)with; return getenv("BLIND") != 0; }
unsigned globus_xio_close(void *which, void *with) { (void)which, (void)with; return 0; }

unsigned globus_xio_attr_cntl(void *attributes, void *driver, int command, ...)
{
    va_list rest;

    (void)attributes, (void)driver, (void)command;
    va_start(rest, command);
    watched = va_arg(rest, int);
    va_end(rest);
    return 0;
}

unsigned globus_xio_register_read(void *which, unsigned char *text, size_t length, size_t least, void *d, when_read call, void *u)
{
    (void)which, (void)least, (void)d, (void)u;
    reader.call = call;
    reader.text = text;
    reader.length = length;
    return 0;
}

int main(int count, char **words)
{
    struct { const char *name; int (*start)(void); int (*stop)(void); } *module;
    void *object = count == 3 ? dlopen(words[1], RTLD_LAZY) : 0;

    setvbuf(stdout, 0, _IOLBF, 0);
    if (!object || !(module = dlsym(object, "globus_extension_module")))
        return fprintf(stderr, "%s\n", dlerror()), 2;
    since = atol(words[2]);
    if (module->start())
        return 3;
    for (;;) {
        struct pollfd files[] = {{.fd = 0, .events = POLLIN}, {.fd = reader.call ? watched : -1, .events = POLLIN}};
        int wait = timer.call ? (int)(timer.delay.tv_sec * 1000 + timer.delay.tv_usec / 1000) : -1;

        if (wait)
            printf("waits %s\n", reader.call ? "for the kernel" : "a while");
        poll(files, 2, wait);
        if (files[0].revents)
            return module->stop();
        if (files[1].revents) {
            when_read call = reader.call;

            reader.call = 0;
            call(&watched, 0, reader.text, reader.length, (size_t)read(watched, reader.text, reader.length), 0, 0);
        } else if (timer.call) {
            void (*call)(void *) = timer.call;

            timer.call = 0;
            call(0);
        }
    }
}
