/*
 * slurmctld as priority_basic.c sees one: slurmctld PLUGIN.  Loads it as a plugin, asks for a new job's priority, and
 * says what it has been asked for meanwhile.
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

void schedule(bool full_queue)
{
    printf("schedule %s\n", full_queue ? "all" : "new");
}

int main(int count, char **words)
{
    void *plugin = count == 2 ? dlopen(words[1], RTLD_LAZY) : 0;

    if (!plugin)
        return fprintf(stderr, "%s\n", dlerror()), 2;
    printf("%s %x\n", (char *)dlsym(plugin, "plugin_type"), *(unsigned *)dlsym(plugin, "plugin_version"));
    if (!*(unsigned *)dlsym(plugin, "plugin_version"))
        return 3;
    printf("init %d\n", ((int (*)(void))dlsym(plugin, "init"))());
    printf("priority %u\n", ((unsigned (*)(unsigned, void *))dlsym(plugin, "priority_p_set"))(7, "job"));
    ((void (*)(bool))dlsym(plugin, "priority_p_reconfig"))(true);
    ((void (*)(void *))dlsym(plugin, "priority_p_set_assoc_usage"))("association");
    printf("factor %.2f\n", ((double (*)(long double, long double))dlsym(plugin, "priority_p_calc_fs_factor"))(0.25, 0.5));
    printf("factors %s\n", (char *)((void *(*)(unsigned))dlsym(plugin, "priority_p_get_priority_factors_list"))(1001));
    ((void (*)(void *))dlsym(plugin, "priority_p_job_end"))("job");
    printf("boost %u\n", ((unsigned (*)(unsigned))dlsym(plugin, "priority_p_recover"))(5));
    printf("thread %d\n", ((int (*)(void))dlsym(plugin, "priority_p_thread_start"))());
    ((void (*)(void))dlsym(plugin, "fini"))();
    return 0;
}
