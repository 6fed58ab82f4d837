/* Signals that ask a run to stop. */
#define _XOPEN_SOURCE 700
#include "ag.h"
#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught;

static void note(int number)
{
    if (!caught) caught = number;
}

void ag_signals_catch(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL); /* nohup */
    action.sa_flags = SA_RESTART; /* the handler stays: each later print raises SIGPIPE again */
    if (!sigaction(SIGPIPE, NULL, &before) && before.sa_handler != SIG_IGN) sigaction(SIGPIPE, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* then write() fails with EFBIG */
}

int ag_signals_caught(void)
{
    return caught;
}
