/*
 * revocation: loaded into a service by LD_PRELOAD, makes it refuse revoked certificates.
 *
 * XRootD judges each certificate of a chain by X509_verify, vomsd whole chains by X509_verify_cert.  SEC-1 shows that
 * both refuse a revoked member, and let in a member in good standing.
 *
 * Both calls are public, so no secrets of either program are known here.  The CRL is read at each call: a new one
 * counts at once.  Where it is missing, out of date or not the CA's, nobody gets in.
 *
 * Neither headers nor libraries are needed to compile this: it makes no use of what is inside of OpenSSL's types,
 * and finds everything in the program that loads it.
 */

#define NEXT ((void *)-1L) /* RTLD_NEXT */
#define STDERR 2
#define CRL_CHECK 0x4 /* X509_V_FLAG_CRL_CHECK: the certificate; of a proxy, nothing */
#define CRL_CHECK_ALL 0x8 /* X509_V_FLAG_CRL_CHECK_ALL: those above it, too; proxies are passed over */
#define LONGEST 1024 /* bytes of a path */

typedef struct asn1_time ASN1_TIME;
typedef struct bio BIO;
typedef struct evp_pkey EVP_PKEY;
typedef struct x509 X509;
typedef struct x509_crl X509_CRL;
typedef struct x509_name X509_NAME;
typedef struct x509_revoked X509_REVOKED;
typedef struct x509_store_ctx X509_STORE_CTX;

extern int access(const char *path, int mode);
extern int dprintf(int file, const char *format, ...);
extern void *dlsym(void *handle, const char *name);
extern char *getenv(const char *name);
extern int snprintf(char *text, unsigned long size, const char *format, ...);

extern BIO *BIO_new_file(const char *path, const char *mode);
extern int BIO_free(BIO *);
extern X509_CRL *PEM_read_bio_X509_CRL(BIO *, X509_CRL **, void *, void *);
extern void X509_CRL_free(X509_CRL *);
extern int X509_CRL_get0_by_cert(X509_CRL *, X509_REVOKED **, X509 *);
extern const ASN1_TIME *X509_CRL_get0_nextUpdate(const X509_CRL *);
extern int X509_CRL_verify(X509_CRL *, EVP_PKEY *);
extern unsigned long X509_NAME_hash_ex(const X509_NAME *, void *, const char *, int *);
extern char *X509_NAME_oneline(const X509_NAME *, char *text, int size);
extern void X509_STORE_CTX_set_flags(X509_STORE_CTX *, unsigned long);
extern int X509_cmp_current_time(const ASN1_TIME *);
extern X509_NAME *X509_get_issuer_name(const X509 *);
extern X509_NAME *X509_get_subject_name(const X509 *);

/* What is wrong with a certificate that `issuer` signed, by the CRL at `path`; 0 if nothing is. */
static const char *fault(X509 *certificate, EVP_PKEY *issuer, const char *path)
{
    const char *found = 0;
    X509_REVOKED *entry = 0;
    BIO *file = BIO_new_file(path, "r");
    X509_CRL *list = file ? PEM_read_bio_X509_CRL(file, 0, 0, 0) : 0;

    if (!list)
        found = "can't be checked, for want of a CRL";
    else if (X509_CRL_verify(list, issuer) != 1)
        found = "can't be checked: the CRL is not its CA's";
    else if (X509_cmp_current_time(X509_CRL_get0_nextUpdate(list)) <= 0)
        found = "can't be checked: the CRL is out of date";
    else if (X509_CRL_get0_by_cert(list, &entry, certificate) == 1)
        found = "is revoked";
    X509_CRL_free(list);
    BIO_free(file);
    return found;
}

/* Path of what the CA directory has of a certificate's issuer: `0` the CA itself, `r0` its CRL. */
static void place(char *path, X509 *certificate, const char *kind)
{
    const char *directory = getenv("X509_CERT_DIR");
    unsigned long hash = X509_NAME_hash_ex(X509_get_issuer_name(certificate), 0, 0, 0);

    snprintf(path, LONGEST, "%s/%08lx.%s", directory ? directory : "/etc/grid-security/certificates", hash, kind);
}

int X509_verify(X509 *certificate, EVP_PKEY *issuer)
{
    int (*next)(X509 *, EVP_PKEY *) = (int (*)(X509 *, EVP_PKEY *))dlsym(NEXT, "X509_verify");
    int result = next ? next(certificate, issuer) : 0;
    char path[LONGEST], name[LONGEST];
    const char *found;

    if (result != 1)
        return result;
    place(path, certificate, "0");
    if (access(path, 0) != 0)
        return result; /* a proxy: no CA signed it */
    place(path, certificate, "r0");
    found = fault(certificate, issuer, path);
    if (found)
        dprintf(STDERR, "revocation: the certificate of %s %s (%s)\n",
            X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name), found, path);
    return found ? 0 : result;
}

int X509_verify_cert(X509_STORE_CTX *context)
{
    int (*next)(X509_STORE_CTX *) = (int (*)(X509_STORE_CTX *))dlsym(NEXT, "X509_verify_cert");

    X509_STORE_CTX_set_flags(context, CRL_CHECK | CRL_CHECK_ALL);
    return next ? next(context) : 0;
}
