/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SPINS_BEFORE_YIELD 20000u

static struct {
	bool list;
	char **metrics;
	int metric_count;
	int cpu;
	int other_cpu;
} bench = {.other_cpu = -1};

/* The thread on the other CPU. Each counter has one writer; a step is done when both are equal. */
static struct {
	pthread_t thread;
	bool there;
	void (*fn)(const void *arg);
	const void *arg;
	unsigned int posted __attribute__((aligned(128))); /* jobs handed over */
	unsigned int go;
	unsigned int begun __attribute__((aligned(128)));
	unsigned int finished;
} partner;

void bench_fail(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_fail("sched_setaffinity failed");
}

void bench_init(int argc, char **argv)
{
	cpu_set_t set;
	int found = 0;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		bench.list = true;
		return;
	}
	bench.metrics = argv + 1;
	bench.metric_count = argc - 1;
	if (sched_getaffinity(0, sizeof(set), &set))
		bench_fail("sched_getaffinity failed");
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		if (found++ == 0)
			bench.cpu = cpu;
		else
			bench.other_cpu = cpu;
	}
	pin(bench.cpu);
}

bool bench_wanted(const char *metric)
{
	if (bench.list) {
		puts(metric);
		return false;
	}
	for (int i = 0; i < bench.metric_count; i++) {
		if (strcmp(bench.metrics[i], metric) == 0)
			return true;
	}
	return bench.metric_count == 0;
}

int bench_cpu(void)
{
	return bench.cpu;
}

int bench_other_cpu(void)
{
	return bench.other_cpu;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

void bench_compare(const char *metric, const char *peer_name, const char *unit, unsigned int slices,
		   const struct bench_side *ours, const struct bench_side *peer)
{
	double o[BENCH_SLICES_MAX], p[BENCH_SLICES_MAX], ratio[BENCH_SLICES_MAX];
	unsigned int warm_up = slices / 8 + 1;

	for (unsigned int i = 0; i < warm_up + slices; i++) {
		unsigned int k = i < warm_up ? 0 : i - warm_up;

		/* Neither side always comes first. */
		if (i & 1)
			o[k] = ours->slice(ours->arg);
		p[k] = peer->slice(peer->arg);
		if (!(i & 1))
			o[k] = ours->slice(ours->arg);
		ratio[k] = o[k] / p[k];
	}
	printf("{\"metric\": \"%s\", \"peer_name\": \"%s\", \"unit\": \"%s\", "
	       "\"run\": [%.4f, %.4f, %.5f]}\n",
	       metric, peer_name, unit, median(o, slices), median(p, slices),
	       median(ratio, slices));
	fflush(stdout);
}

void bench_alone(const char *metric, const char *unit, unsigned int slices, bench_slice_fn slice)
{
	double o[BENCH_SLICES_MAX];

	for (unsigned int i = 0; i < slices / 8; i++)
		slice(NULL);
	for (unsigned int i = 0; i < slices; i++)
		o[i] = slice(NULL);
	printf("{\"metric\": \"%s\", \"unit\": \"%s\", \"run\": [%.4f]}\n", metric, unit,
	       median(o, slices));
	fflush(stdout);
}

static void wait_until(const unsigned int *counter, unsigned int value)
{
	unsigned int spins = 0;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) != value) {
		_mm_pause();
		if (++spins == SPINS_BEFORE_YIELD) {
			spins = 0;
			sched_yield();
		}
	}
}

static void *partner_main(void *arg)
{
	(void)arg;
	pin(bench.other_cpu);
	for (unsigned int job = 1;; job++) {
		wait_until(&partner.posted, job);
		__atomic_store_n(&partner.begun, job, __ATOMIC_RELEASE);
		wait_until(&partner.go, job);
		partner.fn(partner.arg);
		__atomic_store_n(&partner.finished, job, __ATOMIC_RELEASE);
	}
	return NULL;
}

void bench_partner_start(void (*fn)(const void *arg), const void *arg)
{
	if (!partner.there && pthread_create(&partner.thread, NULL, partner_main, NULL))
		bench_fail("no second thread");
	partner.there = true;
	partner.fn = fn;
	partner.arg = arg;
	__atomic_store_n(&partner.posted, partner.posted + 1, __ATOMIC_RELEASE);
	wait_until(&partner.begun, partner.posted);
}

void bench_partner_go(void)
{
	__atomic_store_n(&partner.go, partner.posted, __ATOMIC_RELEASE);
}

void bench_partner_wait(void)
{
	wait_until(&partner.finished, partner.posted);
}
