/*
 * gram-events: a job manager learns of its jobs' events the moment they are written, not up to two seconds later.
 *
 * A job manager that was started with -seg-module NAME loads libglobus_seg_job_manager.so, which follows the day's log
 * of events in /var/lib/globus/globus-seg-NAME by looking at its end every two seconds (globus-gram-job-manager 15.8,
 * seg_job_manager_module.c; the time is fixed).  This object takes its place in the image.  It asks the kernel to be
 * told of changes (inotify(7)), and looks only then.  Without a watch, if the account has used up what it may have of
 * them, it looks every two seconds as well.
 *
 * The logs are Globus' own: a file for each day (UTC), named YYYYMMDD, with lines "001;seconds;job;state;exit code",
 * states as of GRAM: 1 pending, 2 active, 4 failed, 8 done.  A job manager that starts again asks for all since its
 * jobs' last known event, so none is lost; those it knows already do no harm.
 *
 * Neither headers of Globus nor its libraries are needed to compile this: it finds everything in the job manager,
 * which has one thread.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400 /* seconds */
#define LONGEST 512 /* bytes of a line, and of a path */
#define EVENT 1 /* the only kind of line there is */
#define SET_HANDLE 6 /* GLOBUS_XIO_FILE_SET_HANDLE */
#define GLOBAL_SPACE (-2) /* GLOBUS_CALLBACK_GLOBAL_SPACE */

enum { PENDING = 1, ACTIVE = 2, FAILED = 4, DONE = 8 }; /* GLOBUS_GRAM_PROTOCOL_JOB_STATE_... */

typedef unsigned int result; /* globus_result_t; 0 is success */
typedef struct attributes *attributes;
typedef struct driver *driver;
typedef struct handle *handle;
typedef struct stack *stack;
typedef void (*when_read)(handle, result, unsigned char *, size_t length, size_t got, void *description, void *);

extern result globus_callback_space_register_oneshot(int *, const struct timeval *delay, void (*)(void *), void *, int);
extern result globus_scheduler_event_active(time_t, const char *job);
extern result globus_scheduler_event_done(time_t, const char *job, int code);
extern result globus_scheduler_event_failed(time_t, const char *job, int code);
extern result globus_scheduler_event_generator_get_timestamp(time_t *);
extern result globus_scheduler_event_pending(time_t, const char *job);
extern result globus_xio_attr_cntl(attributes, driver, int command, ...);
extern result globus_xio_attr_destroy(attributes);
extern result globus_xio_attr_init(attributes *);
extern result globus_xio_close(handle, attributes);
extern result globus_xio_driver_load(const char *name, driver *);
extern result globus_xio_handle_create(handle *, stack);
extern result globus_xio_open(handle, const char *contact, attributes);
extern result globus_xio_register_read(handle, unsigned char *, size_t length, size_t least, void *, when_read, void *);
extern result globus_xio_stack_destroy(stack);
extern result globus_xio_stack_init(stack *, attributes);
extern result globus_xio_stack_push_driver(stack, driver);

/* A log that is being read. */
struct log {
    int file; /* -1: none */
    size_t held; /* bytes of a line whose end has not come */
    char text[LONGEST];
};

static char directory[LONGEST];
static time_t since; /* events before it are the past */
static time_t day; /* of `current`, counted from the epoch */
static struct log current, before; /* the last lines of a day may come when the next one has begun */
static handle watch; /* 0: none */
static unsigned char noticed[4096]; /* what the watch tells; that there is something is all one needs to know */
static int stopped;

/* Tell the job manager of one line; what is no event is passed over. */
static void tell(const char *line)
{
    long long stamp;
    char job[129];
    int kind, state, code;

    if (sscanf(line, "%d;%lld;%128[^;];%d;%d", &kind, &stamp, job, &state, &code) != 5 || kind != EVENT || stamp < since)
        return;
    if (state == PENDING)
        globus_scheduler_event_pending(stamp, job);
    else if (state == ACTIVE)
        globus_scheduler_event_active(stamp, job);
    else if (state == DONE)
        globus_scheduler_event_done(stamp, job, code);
    else if (state == FAILED)
        globus_scheduler_event_failed(stamp, job, code);
}

/* Tell of all lines that a log has and had not at the last look. */
static void follow(struct log *log)
{
    ssize_t got;

    while (log->file >= 0 && (got = read(log->file, log->text + log->held, sizeof log->text - log->held)) > 0) {
        char *line = log->text, *end;

        log->held += (size_t)got;
        while ((end = memchr(line, '\n', (size_t)(log->text + log->held - line)))) {
            *end = 0;
            tell(line);
            line = end + 1;
        }
        log->held -= (size_t)(line - log->text);
        memmove(log->text, line, log->held);
        if (log->held == sizeof log->text)
            log->held = 0; /* no event is as long as this */
    }
}

static int open_log(time_t of_day)
{
    char path[LONGEST + 16], name[16];
    time_t moment = of_day * DAY;
    struct tm date;

    strftime(name, sizeof name, "%Y%m%d", gmtime_r(&moment, &date));
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Go on to the log of a later day; 0 if there is none.  A day without jobs has none. */
static int turn(void)
{
    /* One day more than it is: a writer's clock may be a tick ahead of time(2) at midnight. */
    time_t last = time(0) / DAY + 1, next;
    int file = -1;

    for (next = day + 1; next <= last && file < 0; next++)
        file = open_log(next);
    if (file < 0)
        return 0;
    if (before.file >= 0)
        close(before.file);
    before = current;
    current = (struct log){.file = file};
    day = next - 1;
    return 1;
}

static void look(void *);

static void changed(handle which, result failed, unsigned char *text, size_t length, size_t got, void *none, void *user)
{
    (void)which, (void)text, (void)length, (void)got, (void)none;
    if (failed)
        watch = 0; /* it must not be closed from in here */
    look(user);
}

/* Tell of what is new, and wait for more. */
static void look(void *user)
{
    static const struct timeval pause = {2, 0};

    if (stopped)
        return;
    do {
        follow(&before);
        follow(&current);
    } while (turn());
    if (!watch || globus_xio_register_read(watch, noticed, sizeof noticed, 1, 0, changed, user))
        globus_callback_space_register_oneshot(0, &pause, look, user, GLOBAL_SPACE);
}

/* A file descriptor becomes a handle that the job manager's loop waits for; 0 if that fails. */
static handle waited_for(int file)
{
    attributes with = 0;
    driver files;
    stack of = 0;
    handle made = 0;

    if (globus_xio_driver_load("file", &files) || globus_xio_stack_init(&of, 0))
        return 0;
    if (!globus_xio_stack_push_driver(of, files) && !globus_xio_attr_init(&with)) {
        if (!globus_xio_attr_cntl(with, files, SET_HANDLE, file) && !globus_xio_handle_create(&made, of)
            && globus_xio_open(made, 0, with)) {
            globus_xio_close(made, 0);
            made = 0;
        }
        globus_xio_attr_destroy(with);
    }
    globus_xio_stack_destroy(of);
    return made;
}

/* Be told of changes in the directory; 0 if the kernel has no watch to give. */
static handle watch_directory(void)
{
    int file = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    handle made = 0;

    if (file >= 0 && inotify_add_watch(file, directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0)
        made = waited_for(file);
    if (file >= 0 && !made)
        close(file);
    return made;
}

static int start(void)
{
    static const struct timeval at_once = {0, 0};
    const char *name = getenv("JOB_MANAGER_SEG_SCHEDULER"), *elsewhere = getenv("JOB_MANAGER_SEG_LOG_PATH");

    if (!name || globus_scheduler_event_generator_get_timestamp(&since))
        return 1;
    if (elsewhere)
        snprintf(directory, sizeof directory, "%s", elsewhere);
    else
        snprintf(directory, sizeof directory, "/var/lib/globus/globus-seg-%s", name);
    if (access(directory, R_OK | X_OK))
        return 1; /* the job manager asks the batch system for its jobs, then */
    current.file = before.file = -1;
    day = (since ? since : time(0)) / DAY - 1;
    stopped = 0;
    watch = watch_directory();
    return globus_callback_space_register_oneshot(0, &at_once, look, 0, GLOBAL_SPACE) != 0;
}

static int stop(void)
{
    stopped = 1;
    if (watch)
        globus_xio_close(watch, 0);
    watch = 0;
    return 0;
}

/* globus_module_descriptor_t, by the name that globus_extension_activate looks for first. */
struct {
    const char *name;
    int (*start)(void);
    int (*stop)(void);
    void *rest[4]; /* atexit, get_pointer, version, friendly_error */
} globus_extension_module = {"globus_seg_job_manager", start, stop, {0}};
