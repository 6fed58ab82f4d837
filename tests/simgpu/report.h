/*
 * Reports on stderr, and the end of the program after one.
 */
#ifndef SIMGPU_REPORT_H
#define SIMGPU_REPORT_H

/* One line, `simgpu: …`. */
void report(const char *what, ...) __attribute__((format(printf, 1, 2)));
/* After a fault: ends the program with status 86 unless SIMGPU_ABORT=0. */
void report_end(void);

#endif
