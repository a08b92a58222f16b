/* Stands for libssl: tells what reaches it. */

#include <stdio.h>

long SSL_ctrl(void *connection, int command, long number, void *pointer)
{
    (void)connection;
    printf("%d %ld %s\n", command, number, pointer ? (const char *)pointer : "nothing");
    return command == 55 ? 1 : 7;
}
