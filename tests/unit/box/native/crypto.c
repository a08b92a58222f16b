/*
 * Stands for OpenSSL and Globus' proxies: a key is a number that counts up, a certificate its client's name, and a
 * connection has one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct key {
    int bits, number;
};

static int made;

int RSA_generate_key_ex(struct key *key, int bits, void *exponent, void *callback)
{
    (void)exponent, (void)callback;
    key->bits = bits;
    key->number = atoi(getenv("FIRST")) + made++;
    return 1;
}

int RSA_bits(const struct key *key)
{
    return key->bits;
}

int i2d_RSAPrivateKey(const struct key *key, unsigned char **to)
{
    if (to)
        memcpy(*to, key, sizeof *key);
    return sizeof *key;
}

struct key *d2i_RSAPrivateKey(struct key **key, const unsigned char **from, long length)
{
    struct key *read = key ? *key : malloc(sizeof *read);

    if (length != sizeof *read) {
        free(read);
        return NULL;
    }
    memcpy(read, *from, sizeof *read);
    return read;
}

void RSA_free(struct key *key)
{
    free(key);
}

long BIO_ctrl(void *output, int command, long number, void **connection)
{
    (void)number;
    if (command != 110 || !*(char *)output)
        return -2;
    *connection = output;
    return 1;
}

void *SSL_get1_peer_certificate(void *connection)
{
    return strcmp(connection, "nobody") ? strdup(connection) : NULL;
}

void *EVP_sha256(void)
{
    return NULL;
}

int X509_digest(const char *certificate, void *kind, unsigned char *hash, unsigned *length)
{
    (void)kind;
    memset(hash, 0, 32);
    strcpy((char *)hash, certificate);
    *length = 32;
    return 1;
}

void X509_free(void *certificate)
{
    free(certificate);
}

unsigned globus_gsi_proxy_create_req(int *bits, void *output)
{
    struct key key = {0, 0};

    RSA_generate_key_ex(&key, *bits, NULL, NULL);
    printf("%s: key %d of %d bits\n", (char *)output, key.number, key.bits);
    return 7;
}
