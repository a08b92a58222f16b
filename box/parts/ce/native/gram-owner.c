/*
 * gram-owner: Globus' job managers ask it who may query, signal and cancel a job: its owner only.
 *
 * It is what -enable-callout of globus-gram-job-manager 15.8 calls, for each request.  SEC-2 shows that another member
 * is refused, and the owner is not.
 *
 * Starting a job is left to the gatekeeper and LCMAPS, who let this process be.
 *
 * Neither headers of Globus nor its libraries are needed to compile this: it finds everything in the job manager.
 */

#include <stdarg.h>

#define DENIED 2 /* GLOBUS_GRAM_JOBMANAGER_CALLOUT_AUTHZ_DENIED */
#define OK 0 /* GLOBUS_SUCCESS */

typedef unsigned int result; /* globus_result_t */
typedef struct context *context; /* gss_ctx_id_t */

extern struct module globus_i_gram_jobmanager_callout_error_module;

extern void *globus_error_construct_error(struct module *, void *cause, int type, const char *file,
    const char *function, int line, const char *format, ...);
extern result globus_error_put(void *error);
extern int globus_gram_protocol_authorize_self(context);
extern int strcmp(const char *, const char *);

/*
 * Called with the context that the job was started in, that of this request, the job's id, its RSL, and what is asked
 * for: start, cancel, status, signal, register, unregister, renew.
 */
result gram_owner(va_list arguments)
{
    context request;
    const char *action;

    (void)va_arg(arguments, context);
    request = va_arg(arguments, context);
    (void)va_arg(arguments, const char *);
    (void)va_arg(arguments, void *);
    action = va_arg(arguments, const char *);
    /* The job manager works under the owner's own proxy, so who is at both ends must be the same. */
    if (strcmp(action, "start") == 0 || globus_gram_protocol_authorize_self(request))
        return OK;
    return globus_error_put(globus_error_construct_error(&globus_i_gram_jobmanager_callout_error_module, 0, DENIED,
        __FILE__, __func__, __LINE__, "the job is another's"));
}
