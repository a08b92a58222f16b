/*
 * init: the first process of a node that is a container.  It gives systemd a control group tree of its own, and /run,
 * hides accounts' processes from each other, shuts doors of the kernel that no node needs, and becomes systemd.
 *
 *     init NODE
 *
 * It asks for no library: this machine's C library need not be the image's.
 *
 * Control groups: systemd would else climb out of the group that was made for the node, or refuse a v1 tree altogether.
 * The namespace is made twice, since one can only have a group below its own root, and systemd wants to be at the root.
 *
 * System calls: students share this kernel with the host, and what they can't call can't be misused.  Refused are
 * calls that concern the machine and not the node (modules, swap, clocks, the kernel's log), those that nothing on a
 * node uses and that much of what went wrong in kernels was found in (io_uring, BPF, perf, keys, user namespaces,
 * netfilter, sockets of rare families), and those of other architectures, which would go past the list.  The filter
 * goes on to all processes of the node and can't be taken off (seccomp(2)).
 */

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define DETACH 2 /* MNT_DETACH of umount2(2) */
#define WRITE 1 /* O_WRONLY */
#define MAKE 0100 /* O_CREAT */
#define TREE "/sys/fs/cgroup"
#define SYSTEMD "/lib/systemd/systemd"
#define CLOSED (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define X32 0x40000000 /* the bit in numbers of calls of that architecture */
#define LOCAL 1 /* AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK of socket(2) */
#define INTERNET 2
#define INTERNET6 10
#define NETLINK 16

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
#define ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define UNLESS(number, steps) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, steps)
#define IF(number, steps) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, steps, 0)
#define IF_BITS(bits, steps) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, steps, 0)
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(call) UNLESS(__NR_##call, 1), FAIL(EPERM)

static struct sock_filter steps[] = {
    FIELD(arch), IF(AUDIT_ARCH_X86_64, 1), FAIL(ENOSYS),
    FIELD(nr), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1), FAIL(ENOSYS),
    /* the machine's */
    REFUSE(init_module), REFUSE(finit_module), REFUSE(delete_module), REFUSE(kexec_load), REFUSE(kexec_file_load),
    REFUSE(swapon), REFUSE(swapoff), REFUSE(acct), REFUSE(quotactl), REFUSE(quotactl_fd), REFUSE(syslog),
    REFUSE(settimeofday), REFUSE(clock_settime), REFUSE(adjtimex), REFUSE(clock_adjtime), REFUSE(iopl), REFUSE(ioperm),
    REFUSE(open_by_handle_at), REFUSE(fanotify_init), REFUSE(lookup_dcookie),
    /* used by nothing on a node */
    REFUSE(bpf), REFUSE(perf_event_open), REFUSE(userfaultfd), REFUSE(modify_ldt), REFUSE(vmsplice),
    REFUSE(io_uring_setup), REFUSE(io_uring_enter), REFUSE(io_uring_register),
    REFUSE(add_key), REFUSE(request_key), REFUSE(keyctl),
    /* Its flags are out of a filter's sight; callers take clone(2) then. */
    UNLESS(__NR_clone3, 1), FAIL(ENOSYS),
    IF(__NR_clone, 1), UNLESS(__NR_unshare, 4),
    ARGUMENT(0), IF_BITS(CLONE_NEWUSER, 1), ALLOW, FAIL(EPERM),
    UNLESS(__NR_socket, 10),
    ARGUMENT(0), IF(LOCAL, 4), IF(INTERNET, 3), IF(INTERNET6, 2), IF(NETLINK, 2), FAIL(EAFNOSUPPORT), ALLOW,
    ARGUMENT(2), IF(NETLINK_ROUTE, 1), UNLESS(NETLINK_SOCK_DIAG, 1),
    ALLOW, FAIL(EPROTONOSUPPORT),
};

static long call(long number, const void *one, long two, long three, long four, const void *five)
{
    long result;
    register long fourth __asm__("r10") = four;
    register const void *fifth __asm__("r8") = five;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(one), "S"(two), "d"(three), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}

/* On the node's console. */
#define SAY(text) call(__NR_write, (void *)2, (long)("icebox init: " text "\n"), sizeof("icebox init: " text), 0, NULL)
/* A node that stands lower is of more use than none, and check SEC-4 looks. */
#define NEED(what, result) ((result) < 0 ? SAY("can't " what) : 0)

static long mount_fresh(const char *type, const char *directory, unsigned long flags, const char *options)
{
    return call(__NR_mount, type, (long)directory, (long)type, (long)flags, options);
}

static long become_root_of_groups(const char *name)
{
    long file, result;
    if ((result = call(__NR_unshare, (void *)CLONE_NEWCGROUP, 0, 0, 0, NULL)) < 0)
        return result;
    call(__NR_umount2, TREE, DETACH, 0, 0, NULL);
    if ((result = mount_fresh("cgroup2", TREE, CLOSED, NULL)) < 0)
        return result;
    if (!name)
        return 0;
    call(__NR_chdir, TREE, 0, 0, 0, NULL);
    call(__NR_mkdir, name, 0755, 0, 0, NULL);
    call(__NR_chdir, name, 0, 0, 0, NULL);
    file = call(__NR_open, "cgroup.procs", WRITE, 0, 0, NULL);
    result = file < 0 ? file : call(__NR_write, (void *)file, (long)"0", 1, 0, NULL);
    call(__NR_close, (void *)file, 0, 0, 0, NULL);
    call(__NR_chdir, "/", 0, 0, 0, NULL);
    return result;
}

/* Room for what is there while the node is up.  The journal is on disk from its first line, so that no program has to
 * be run that takes it there. */
static long make_run(void)
{
    long result = mount_fresh("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755,size=64m");
    call(__NR_mkdir, "/run/systemd", 0755, 0, 0, NULL);
    call(__NR_mkdir, "/run/systemd/journal", 0755, 0, 0, NULL);
    call(__NR_close, (void *)call(__NR_open, "/run/systemd/journal/flushed", WRITE | MAKE, 0644, 0, NULL), 0, 0, 0, NULL);
    return result;
}

static long filter_calls(void)
{
    struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
    return call(__NR_prctl, (void *)PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program, 0, NULL);
}

__attribute__((used)) static void begin(long *stack)
{
    char **words = (char **)(stack + 1), **environment = words + stack[0] + 1;
    const char *name = stack[0] > 1 ? words[1] : "node";

    /* Where the kernel's list of security modules is in sight, systemd loads a BPF program into the host's kernel; a
     * process that holds one takes long to end, and with it the whole node (seen on Debian 12's kernel). */
    call(__NR_umount2, "/sys/kernel/security", 0, 0, 0, NULL);
    NEED("have a group of its own", become_root_of_groups(name));
    NEED("be at the root of its groups", become_root_of_groups(NULL));
    NEED("make /run", make_run());
    NEED("hide processes from other accounts", mount_fresh("proc", "/proc", MS_REMOUNT | CLOSED, "hidepid=2"));
    NEED("filter system calls", filter_calls());
    words[0] = SYSTEMD;
    words[1] = NULL;
    call(__NR_execve, SYSTEMD, (long)words, (long)environment, 0, NULL);
    SAY("there is no " SYSTEMD);
    call(__NR_exit_group, (void *)1, 0, 0, 0, NULL);
    __builtin_unreachable();
}

__asm__(".globl _start\n"
        "_start:\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call begin\n");
