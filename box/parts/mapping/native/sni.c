/*
 * sni: where GRAM or GridFTP connect to their client, the TLS handshake names no person as a host.
 *
 * A client that waits for call-backs, has a GASS server for its job's files or waits for a data connection shows its
 * user's proxy, so that is whom the service expects; and Globus (globus_gsi_gssapi 14.20,
 * globus_i_gsi_gss_create_and_fill_context) sends the CN of whom it expects as the name of the server that it wants to
 * speak to (RFC 6066, server_name).  "Student 01" is no host name.  Clients in C pass that over; those in Java end the
 * handshake ("Illegal server name"), and neither hear of their job nor get or give a file.
 *
 * Loaded by LD_PRELOAD into GridFTP's server, job managers and their scripts, for the programs that these start to
 * stage files; jobs are started without.  Names of hosts are sent as before: letters, digits, dots and dashes (RFC
 * 1123).
 *
 * No headers of OpenSSL are needed to compile this; SSL_ctrl and its numbers are part of its stable interface.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET_SERVER_NAME 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */
#define DONE 1
#define LONGEST 4096 /* bytes of a path */

typedef long controls(void *connection, int command, long number, void *pointer);
typedef int executes(const char *file, char *const arguments[], char *const environment[]);

controls SSL_ctrl;
executes execve;

static char again[LONGEST]; /* what loads this object into a job manager's script; empty in other programs */

__attribute__((constructor)) static void begin(void)
{
    Dl_info here;

    if (strcmp(program_invocation_short_name, "globus-job-manager") || !dladdr((void *)begin, &here))
        return;
    snprintf(again, sizeof again, "LD_PRELOAD=%s", here.dli_fname);
    unsetenv("LD_PRELOAD");
}

/* A job manager starts its script this way, with an environment of its own making. */
int execve(const char *file, char *const arguments[], char *const environment[])
{
    executes *own = (executes *)dlsym(RTLD_NEXT, "execve");
    size_t count = 0;

    while (*again && environment && environment[count])
        count++;
    if (!count)
        return own(file, arguments, environment);

    char *with[count + 2];

    memcpy(with, environment, count * sizeof *with);
    with[count] = again;
    with[count + 1] = NULL;
    return own(file, arguments, with);
}

static int names_a_host(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

    return *name && !name[strspn(name, letters)];
}

long SSL_ctrl(void *connection, int command, long number, void *pointer)
{
    controls *own = (controls *)dlsym(RTLD_NEXT, "SSL_ctrl");

    if (command == SET_SERVER_NAME && pointer && !names_a_host(pointer))
        return DONE;
    return own(connection, command, number, pointer);
}
