/*
 * gram-sni: where a job manager connects to a client that it calls back, its TLS handshake names no person as a host.
 *
 * A client that waits for call-backs shows its user's proxy, so that is whom the job manager expects; and Globus
 * (globus_gsi_gssapi 14.20, globus_i_gsi_gss_create_and_fill_context) sends the CN of whom it expects as the name of the
 * server that it wants to speak to (RFC 6066, server_name).  "Student 01" is no host name.  Clients in C pass that
 * over; those in Java end the handshake ("Illegal server name"), and never hear of their job.
 *
 * Loaded by LD_PRELOAD, into job managers alone: their children are started without.  Names of hosts are sent as
 * before: letters, digits, dots and dashes (RFC 1123).
 *
 * No headers of OpenSSL are needed to compile this; SSL_ctrl and its numbers are part of its stable interface.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SET_SERVER_NAME 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */
#define DONE 1

typedef long controls(void *connection, int command, long number, void *pointer);

controls SSL_ctrl;

__attribute__((constructor)) static void only_here(void)
{
    unsetenv("LD_PRELOAD");
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
