/*
 * Runs the tasks of a loop on a pool of threads. The calling thread takes tasks too, and never waits for a worker that
 * is still asleep, so on a busy machine a loop is slowed down no more than the lost cores explain. OpenMP, whose
 * threads meet at a barrier after each loop, was up to thirty times slower there.
 */
#define _GNU_SOURCE
#include "ag.h"
#include <pthread.h>
#include <sched.h>

#define MAX_THREADS 256

static int thread_count; /* 0: not set yet */

void ag_set_threads(int threads)
{
    if (threads <= 0) threads = ag_cores("");
    thread_count = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
}

int ag_threads(void)
{
    if (!thread_count) ag_set_threads(0);
    return thread_count;
}

/* Atomic access to counters that are read without pool.lock. tcc has no atomic builtins and uses a mutex. */
#ifdef __TINYC__
static pthread_mutex_t task_lock = PTHREAD_MUTEX_INITIALIZER;
static int add_to(int *counter, int n)
{
    pthread_mutex_lock(&task_lock);
    int before = *counter;
    *counter += n;
    pthread_mutex_unlock(&task_lock);
    return before;
}
static int read_counter(int *counter)
{
    return add_to(counter, 0);
}
#else
static int add_to(int *counter, int n)
{
    return __sync_fetch_and_add(counter, n);
}
static int read_counter(int *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}
#endif

/* The processor's instruction for waiting loops. It also makes SPINS readings of a counter last long enough. */
#if defined(__GNUC__) && !defined(__TINYC__) && (defined(__x86_64__) || defined(__i386__))
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() (void)0
#endif

/* A thread reads a counter SPINS times before it sleeps. That takes some tens of microseconds, longer than the gap
 * between two kernels. After every YIELD readings the thread yields its core. To yield after each reading would give
 * the core away even if the counter is about to change. */
enum { SPINS = 4000, YIELD = 1024 };

static void spin_wait(int spin)
{
    if (spin % YIELD == YIELD - 1)
        sched_yield();
    else
        PAUSE();
}

/* The pool and its current loop. A worker joins a loop that is open and that it hasn't joined before. The caller closes
 * the loop when all tasks are taken, then waits only for the workers that have joined. */
static struct {
    pthread_mutex_t call; /* held by the caller during the whole loop: there is one loop at a time */
    pthread_mutex_t lock; /* guards the fields below, except `next` */
    pthread_cond_t opened, left;
    int workers;          /* number of workers started; their thread numbers are 1..workers */
    int loop;             /* incremented when a loop is opened and when it is closed; odd while a loop is open */
    int threads;          /* only threads whose number is smaller may join */
    int active;           /* number of workers that have joined and not yet left */
    int tasks, backwards; /* backwards: 1 if each range is taken from its last task to its first */
    struct {
        char line[64 - sizeof(int)];
        int next;         /* number of tasks of the range that were taken */
    } range[MAX_THREADS]; /* ranges of tasks, one for each thread */
    void (*fn)(void *context, int task, int thread);
    void *context;
} pool = {.call = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .opened = PTHREAD_COND_INITIALIZER,
          .left = PTHREAD_COND_INITIALIZER};

/* The key's value is `numbers + thread + 1` in a thread that is in a loop, else NULL. */
static pthread_key_t thread_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char numbers[MAX_THREADS + 1]; /* only their addresses are used */

static void make_key(void)
{
    pthread_key_create(&thread_key, NULL);
}

static int first_task(int range)
{
    return (int)((long)pool.tasks * range / pool.threads);
}

/* Takes the tasks of the thread's own range, then tasks of other ranges that are not taken yet. The ranges are the same
 * in all loops of equally many tasks, so a thread finds in its cache what it wrote in the last loop. */
static void take_tasks(int thread)
{
    for (int i = 0; i < pool.threads; i++) {
        const int range = (thread + i) % pool.threads, from = first_task(range), to = first_task(range + 1);
        for (int n; (n = add_to(&pool.range[range].next, 1)) < to - from;)
            pool.fn(pool.context, pool.backwards ? to - 1 - n : from + n, thread);
    }
}

static int is_new(int loop, int seen)
{
    return loop & 1 && loop != seen;
}

static void *worker(void *number)
{
    int thread = (int)((char *)number - numbers) - 1, seen = 0;
    pthread_setspecific(thread_key, number);
    for (;;) {
        for (int spin = 0; spin < SPINS && !is_new(read_counter(&pool.loop), seen); spin++) spin_wait(spin);
        pthread_mutex_lock(&pool.lock);
        while (!is_new(pool.loop, seen) || thread >= pool.threads) pthread_cond_wait(&pool.opened, &pool.lock);
        seen = pool.loop;
        pool.active++;
        pthread_mutex_unlock(&pool.lock);

        take_tasks(thread);

        pthread_mutex_lock(&pool.lock);
        add_to(&pool.active, -1);
        if (!pool.active) pthread_cond_signal(&pool.left);
        pthread_mutex_unlock(&pool.lock);
    }
    return NULL;
}

/* Starts the missing workers. If the system refuses threads, loops only take longer. */
static void start_workers(int threads)
{
    pthread_attr_t attributes;
    pthread_t id;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (pool.workers + 1 < threads && !pthread_create(&id, &attributes, worker, numbers + pool.workers + 2))
        pool.workers++;
    pthread_attr_destroy(&attributes);
}

static void open_loop(int tasks, void (*fn)(void *, int, int), void *context, int alternate)
{
    pthread_mutex_lock(&pool.lock);
    pool.threads = tasks < ag_threads() ? tasks : ag_threads();
    pool.tasks = tasks;
    pool.backwards = alternate && !pool.backwards;
    for (int i = 0; i < pool.threads; i++) pool.range[i].next = 0;
    pool.fn = fn;
    pool.context = context;
    add_to(&pool.loop, 1);
    if (pool.threads > 1) pthread_cond_broadcast(&pool.opened);
    pthread_mutex_unlock(&pool.lock);
}

static void close_loop(void)
{
    pthread_mutex_lock(&pool.lock);
    add_to(&pool.loop, 1);
    pthread_mutex_unlock(&pool.lock);
    for (int spin = 0; spin < SPINS && read_counter(&pool.active); spin++) spin_wait(spin);
    pthread_mutex_lock(&pool.lock);
    while (pool.active) pthread_cond_wait(&pool.left, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

int ag_loop_threads(void)
{
    pthread_once(&once, make_key);
    return pthread_getspecific(thread_key) ? 1 : ag_threads();
}

/* Every second loop of ag_parallel runs backwards: it begins with the data that the last tasks of the loop before have
 * left in the cache. */
static struct {
    int backwards;
    char line[64 - sizeof(int)];
} serial_loops[MAX_THREADS];

static void run_serially(int tasks, void (*fn)(void *, int, int), void *context, int alternate, int thread)
{
    const int backwards = serial_loops[thread].backwards = alternate && !serial_loops[thread].backwards;
    for (int i = 0; i < tasks; i++) fn(context, backwards ? tasks - 1 - i : i, thread);
}

static void run_loop(int tasks, void (*fn)(void *context, int task, int thread), void *context, int alternate)
{
    pthread_once(&once, make_key);
    char *number = pthread_getspecific(thread_key);
    if (number) {
        run_serially(tasks, fn, context, alternate, (int)(number - numbers) - 1);
        return;
    }
    pthread_mutex_lock(&pool.call);
    pthread_setspecific(thread_key, numbers + 1);
    if (tasks > 1 && ag_threads() > 1) {
        start_workers(ag_threads());
        open_loop(tasks, fn, context, alternate);
        take_tasks(0);
        close_loop();
    } else {
        run_serially(tasks, fn, context, alternate, 0);
    }
    pthread_setspecific(thread_key, NULL);
    pthread_mutex_unlock(&pool.call);
}

void ag_parallel(int tasks, void (*fn)(void *context, int task, int thread), void *context)
{
    run_loop(tasks, fn, context, 1);
}

void ag_parallel_forward(int tasks, void (*fn)(void *context, int task, int thread), void *context)
{
    run_loop(tasks, fn, context, 0);
}
