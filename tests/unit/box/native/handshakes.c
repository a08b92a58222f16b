/* Stands for a job manager: names the servers that it wants to speak to, and starts a script, as Globus does. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

long SSL_ctrl(void *connection, int command, long number, void *pointer);

int main(int count, char **names)
{
    for (int at = 1; at < count; at++)
        printf("gave %ld\n", SSL_ctrl(NULL, 55, 0, names[at]));
    printf("gave %ld\n", SSL_ctrl(NULL, 55, 0, NULL));
    printf("gave %ld\n", SSL_ctrl(NULL, 33, 4, "Student 01"));

    char *script = getenv("STARTS"), *arguments[] = {script, NULL}, *environment[] = {"HOME=/", NULL};

    if (script) {
        fflush(stdout);
        execve(script, arguments, environment);
    }
    puts(getenv("LD_PRELOAD") ? "preload is there" : "preload is gone");
    return 0;
}
