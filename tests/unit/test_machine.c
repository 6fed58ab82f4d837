#define _GNU_SOURCE
/* Tests how many cores and how much memory the runtime believes it may use, with files of /proc and /sys made by the
 * test in a folder of its own. Also words for a shell. */
#include "check.h"
#include <sched.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *strrchr(path, '/') = 0;
    CHECK(!ag_make_dirs(path, &err));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(!ag_write_file(path, text, (long)strlen(text), &err));
}

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void test_cores(void)
{
    CHECK(ag_cores(folder) == cores()); /* there are no files yet */
    put("proc/self/cgroup", "0::/box/inner\n");
    CHECK(ag_cores(folder) == cores());
    put("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
    CHECK(ag_cores(folder) == cores());
    put("sys/fs/cgroup/box/inner/cpu.max", "100000 100000\n");
    CHECK(ag_cores(folder) == 1);
    put("sys/fs/cgroup/box/inner/cpu.max", "150000 100000\n");
    CHECK(ag_cores(folder) == least(2, cores()));
    put("sys/fs/cgroup/box/inner/cpu.max", "1000 100000\n");
    CHECK(ag_cores(folder) == 1);
    put("sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/box/cpu.max", "50000 50000\n"); /* the limit of the group above counts too */
    CHECK(ag_cores(folder) == 1);
    put("sys/fs/cgroup/box/cpu.max", "nonsense\n");
    CHECK(ag_cores(folder) == cores());
    put("sys/fs/cgroup/cpu.max", "100000 100000\n"); /* the root group, as a container sees it */
    CHECK(ag_cores(folder) == 1);
    put("sys/fs/cgroup/cpu.max", "max\n");
    put("proc/self/cgroup", "12:cpuset:/\n4:cpu,cpuacct:/old\n0::/\n");
    put("sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/old/cpu.cfs_period_us", "50000\n");
    CHECK(ag_cores(folder) == cores());
    put("sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "50000\n");
    CHECK(ag_cores(folder) == 1);
    CHECK(ag_cores("") >= 1 && ag_cores("") <= cores());
}

static void test_memory(void)
{
    put("proc/self/cgroup", "0::/box\n");
    CHECK(ag_free_memory(folder) > 1e18); /* there is no meminfo yet: no limit */
    put("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 900 kB\nSwapFree:  100 kB\n");
    CHECK(ag_free_memory(folder) > 1e18); /* without MemAvailable there is no limit */
    put("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable:     800 kB\nSwapFree:  100 kB\n");
    CHECK(ag_free_memory(folder) == 900 * 1024);
    put("sys/fs/cgroup/box/memory.max", "max\n");
    CHECK(ag_free_memory(folder) == 900 * 1024);
    put("sys/fs/cgroup/box/memory.max", "500000\n");
    put("sys/fs/cgroup/box/memory.current", "300000\n");
    CHECK(ag_free_memory(folder) == 200000);
    put("sys/fs/cgroup/box/memory.stat", "anon 1\ninactive_file 50000\nactive_file 7\n");
    CHECK(ag_free_memory(folder) == 250007);
    put("sys/fs/cgroup/box/memory.current", "900000\n");
    CHECK(ag_free_memory(folder) == 0);
    put("proc/self/cgroup", "4:memory:/old\n");
    put("sys/fs/cgroup/memory/old/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/old/memory.usage_in_bytes", "5\n");
    CHECK(ag_free_memory(folder) == 900 * 1024);
    put("sys/fs/cgroup/memory/old/memory.limit_in_bytes", "1005\n");
    CHECK(ag_free_memory(folder) == 1000);
}

static void test_too_much(void)
{
    err.text[0] = 0;
    CHECK(ag_check_memory(1e6, "a block", &err) == 0);
    CHECK(ag_check_memory(1e18, "a block", &err) == 1);
    CHECK(strstr(err.text, "1000000000000.0 MB are needed for a block") && strstr(err.text, "MB are free"));
    err.text[0] = 0;
    CHECK(!ag_reals((long)(ag_free_memory("") / sizeof(real) + 1e9), &err)); /* malloc alone would succeed */
    CHECK(strstr(err.text, "are needed"));
}

/* Returns 1 if a shell reads the quoted word as the word itself. */
static int reads_as(const char *word)
{
    struct ag_text text = {0, 0, 0, 0};
    char said[256] = "";
    ag_text_add(&text, "printf %%s ");
    ag_text_shell(&text, word);
    FILE *shell = popen(text.text, "r");
    said[fread(said, 1, sizeof said - 1, shell)] = 0;
    pclose(shell);
    ag_text_free(&text);
    return !strcmp(said, word);
}

static void test_words(void)
{
    char all[256], *c = all;
    for (int i = 1; i < 256; i++)
        if (i != '\n') *c++ = (char)i;
    *c = 0;
    CHECK(reads_as(all));
    CHECK(reads_as(""));
    CHECK(reads_as("runs/with space"));
    CHECK(reads_as("it's; $(touch x) `y` \\ \"z\""));
    struct ag_text text = {0, 0, 0, 0};
    ag_text_shell(&text, "out/run-2/genotype.json");
    CHECK(!strcmp(text.text, "out/run-2/genotype.json")); /* it needs no quotes */
    ag_text_free(&text);
}

int main(void)
{
    if (!mkdtemp(folder)) return 1;
    test_cores();
    test_memory();
    test_too_much();
    test_words();
    return finish();
}
