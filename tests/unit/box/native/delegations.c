/* Stands for a gatekeeper's child: one delegation of each client that is named, as `name` or `name=bits`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned globus_gsi_proxy_create_req(int *bits, void *output);
int RSA_generate_key_ex(int *key, int bits, void *exponent, void *callback);

int main(int count, char **names)
{
    int own[2];

    for (int at = 1; at < count; at++) {
        char *equals = strchr(names[at], '=');
        int bits = equals ? atoi(equals + 1) : 2048;

        if (equals)
            *equals = 0;
        if (globus_gsi_proxy_create_req(&bits, names[at]) != 7)
            return 1;
        RSA_generate_key_ex(own, 2048, NULL, NULL);
        printf("one of its own: %d\n", own[1]);
    }
    printf("%s %s\n", getenv("LD_PRELOAD") ? "preloads" : "no preload", getenv("RUNTIME_DIRECTORY") ? "knows" : "no place");
    return 0;
}
