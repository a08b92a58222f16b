/*
 * delegated-key: GRAM and GridFTP take a key again for what the same proxy delegates to them within ten minutes.
 *
 * Whoever starts a job or opens a control connection delegates a proxy, for which the service makes a key of 2048 bits:
 * two thirds of what the gatekeeper takes for a job (50 of 75 ms of processor time), half of what GridFTP takes for a
 * small file.  What is signed stays each job's own: its end, its limits.  The broker does the same with its proxies.
 *
 * The key belongs to the certificate that the client has shown and proven in the handshake; another proxy of the same
 * person has another.  It lies in the service's RuntimeDirectory (systemd.exec(5)), for root alone, in memory, and goes
 * with the service.  Whatever goes wrong with that, a new key is made, as without this object.
 *
 * globus_gsi_proxy_create_req (globus_gsi_proxy_core 9.8) is given the connection to write its request to, and makes its
 * key by RSA_generate_key_ex.  Loaded by LD_PRELOAD; what a service starts after a delegation is started without.
 *
 * Neither headers of OpenSSL nor of Globus are needed to compile this: no more is used of them than is declared here.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFE 600 /* seconds */
#define GET_SSL 110 /* BIO_C_GET_SSL */
#define HASH 32 /* bytes of SHA-256 */
#define LONGEST 4096 /* bytes of a path, and of a key */
#define DIRECTORY "RUNTIME_DIRECTORY"

typedef unsigned int result; /* globus_result_t */
typedef result requests(void *handle, void *output);
typedef int makes(void *key, int bits, void *exponent, void *callback);

requests globus_gsi_proxy_create_req;
makes RSA_generate_key_ex;

extern long BIO_ctrl(void *, int command, long, void *);
extern void *EVP_sha256(void);
extern int RSA_bits(const void *key);
extern void RSA_free(void *key);
extern void *SSL_get1_peer_certificate(void *connection);
extern int X509_digest(void *certificate, void *kind, unsigned char *hash, unsigned *length);
extern void X509_free(void *);
extern void *d2i_RSAPrivateKey(void **key, const unsigned char **from, long length);
extern int i2d_RSAPrivateKey(const void *key, unsigned char **to);

static char place[LONGEST]; /* of the key for the delegation that goes on; empty if there is none to share */

/* Find the place for what is delegated over a connection. */
static void find(void *output)
{
    const char *directory = getenv(DIRECTORY);
    unsigned char hash[HASH];
    void *connection = NULL, *certificate = NULL;
    unsigned length = 0;
    size_t end;

    if (!directory || BIO_ctrl(output, GET_SSL, 0, &connection) != 1 || !connection)
        return;
    certificate = SSL_get1_peer_certificate(connection);
    if (certificate && X509_digest(certificate, EVP_sha256(), hash, &length) == 1 && length == HASH) {
        end = (size_t)snprintf(place, sizeof place - 2 * HASH, "%s/", directory);
        if (end < sizeof place - 2 * HASH)
            for (unsigned at = 0; at < HASH; at++)
                snprintf(place + end + 2 * at, 3, "%02x", hash[at]);
        else
            *place = 0;
    }
    X509_free(certificate);
}

static int young(int file)
{
    struct stat about;
    time_t now = time(NULL);

    return fstat(file, &about) == 0 && about.st_mtime <= now && now - about.st_mtime < LIFE;
}

/* Read the key that lies there into an empty one, which OpenSSL would free if it were none: so it is read aside first. */
static int taken(void *key, int bits)
{
    unsigned char text[LONGEST];
    const unsigned char *first = text, *second = text;
    int file = open(place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), good;
    ssize_t length = file >= 0 && young(file) ? read(file, text, sizeof text) : 0;
    void *aside = length > 0 ? d2i_RSAPrivateKey(NULL, &first, length) : NULL;

    if (file >= 0)
        close(file);
    good = aside && RSA_bits(aside) == bits && d2i_RSAPrivateKey(&key, &second, length);
    RSA_free(aside);
    return good;
}

/* Forget keys that nobody takes any more. */
static void sweep(int directory)
{
    DIR *listed = fdopendir(directory);
    struct dirent *each;
    int file;

    while (listed && (each = readdir(listed))) {
        if (*each->d_name == '.' || (file = openat(directory, each->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
            continue;
        if (!young(file))
            unlinkat(directory, each->d_name, 0);
        close(file);
    }
    if (listed)
        closedir(listed);
    else
        close(directory);
}

/* Lay a new key there, for the next one. */
static void keep(const void *key)
{
    unsigned char text[LONGEST], *to = text;
    char fresh[LONGEST + 16];
    int length = i2d_RSAPrivateKey(key, NULL), file, directory;

    if (length <= 0 || length > (int)sizeof text || i2d_RSAPrivateKey(key, &to) != length)
        return;
    if ((directory = open(getenv(DIRECTORY), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
        sweep(directory);
    snprintf(fresh, sizeof fresh, "%s.%d", place, (int)getpid());
    if ((file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        return;
    if (write(file, text, (size_t)length) != length || rename(fresh, place) != 0)
        unlink(fresh);
    close(file);
}

int RSA_generate_key_ex(void *key, int bits, void *exponent, void *callback)
{
    makes *own = (makes *)dlsym(RTLD_NEXT, "RSA_generate_key_ex");
    int made;

    if (*place && taken(key, bits))
        return 1;
    made = own(key, bits, exponent, callback);
    if (*place && made == 1)
        keep(key);
    return made;
}

result globus_gsi_proxy_create_req(void *handle, void *output)
{
    requests *own = (requests *)dlsym(RTLD_NEXT, "globus_gsi_proxy_create_req");
    result said;

    find(output);
    said = own(handle, output);
    *place = 0;
    unsetenv("LD_PRELOAD");
    unsetenv(DIRECTORY);
    return said;
}
