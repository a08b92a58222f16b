/*
 * behind: what people run in a session stays behind sshd and root, so whoever takes all processors shuts nobody out.
 *
 * Loaded by LD_PRELOAD into sshd.  The process that becomes a person's shell or command asks for a session of its own
 * (setsid(2)), under the person's number already.  /etc/ssh/sshrc, which sshd offers for the like, is two shells and
 * renice(1) for each line that is typed: 4 ms of a processor, of 6.
 */

#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BEHIND 10

pid_t setsid(void)
{
    if (getuid() != 0)
        setpriority(PRIO_PROCESS, 0, BEHIND);
    return (pid_t)syscall(SYS_setsid);
}
