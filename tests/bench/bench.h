/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the native benchmarks share. A benchmark compares two sides that do the same work. Their
 * slices, tens of microseconds to some milliseconds each, take turns in one process, so that a
 * machine that changes its speed changes it for both. The medians of each side and of the ratio of
 * neighbours go to stdout as one JSON line. How memory happens to be laid out can favour a side for
 * a whole process: run.py runs several, and reduces their lines to a result.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <x86intrin.h>

#define BENCH_SLICES_MAX 401u

/* One slice of a side. Return: its cost per unit, TSC cycles an element for one. */
typedef double (*bench_slice_fn)(const void *arg);

struct bench_side {
	bench_slice_fn slice;
	const void *arg;
};

/**
 * bench_init() - pin this thread to the first CPU it may use, remember what was asked for.
 * @argv: names of metrics; none is all of them. "--list" prints names rather than measuring.
 */
void bench_init(int argc, char **argv);

/* Whether @metric is to be measured now; with --list it prints it and is false. */
bool bench_wanted(const char *metric);

/* Measure, @slices (1..BENCH_SLICES_MAX) of each side, and print the JSON line. */
void bench_compare(const char *metric, const char *peer_name, const char *unit, unsigned int slices,
		   const struct bench_side *ours, const struct bench_side *peer);

/* The same for a side that has no peer. */
void bench_alone(const char *metric, const char *unit, unsigned int slices, bench_slice_fn slice);

/* CPU of this thread, and one that is not: -1 if this process has one CPU only. */
int bench_cpu(void);
int bench_other_cpu(void);

/*
 * Run @fn(@arg) in a thread on the other CPU. It has begun to run when this returns; at
 * bench_partner_go() it goes on behind its bench_partner_ready(). bench_partner_wait() returns
 * when @fn has. Both sides spin, so a slice begins only when both threads have their CPUs.
 */
void bench_partner_start(void (*fn)(const void *arg), const void *arg);
void bench_partner_go(void);
void bench_partner_wait(void);

/* Print why, and exit with 1: a side that does not work has no speed. */
void bench_fail(const char *why) __attribute__((noreturn, cold));

/* The same number, but the compiler does not know which. */
static inline unsigned int bench_opaque(unsigned int n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

/*
 * The compiler takes all memory as read and written here: it keeps nothing in registers from one
 * call to the next, as it could not in a program that does something in between.
 */
static inline void bench_clobber(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline uint64_t bench_tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

#endif
