/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: pinned threads, and the flag that stops them. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ringlib/log.h>
#include <ringlib/thread.h>
#include <ringlib/worker.h>

#include "ringlib/util.h"

/* A later signal after so long is a user's second; one at once is timeout(1), which sends two. */
#define IMPATIENT_S 0.5

static const int stop_signals[] = {SIGINT, SIGTERM};

struct worker {
	struct rlb_workers *all;
	pthread_t thread;
	unsigned int index;
	int result;
};

/* What threads wait for before they call fn: all of them are there, or one could not be started. */
enum gate {
	GATE_SHUT,
	GATE_OPEN,
	GATE_GIVEN_UP,
};

struct rlb_workers {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	enum gate gate;
	rlb_worker_fn fn;
	void *arg;
	unsigned int count;
	atomic_uint alive;
	struct worker worker[];
};

volatile bool rlb_stop_flag;

RLB_API void rlb_stop(void)
{
	rlb_stop_flag = true;
}

RLB_API void rlb_stop_clear(void)
{
	rlb_stop_flag = false;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Written by the handler only, which its own signals do not interrupt. */
static bool signalled;
static double first_signal; /* when */

static void on_signal(int signo)
{
	if (!signalled) {
		signalled = true;
		first_signal = seconds();
		rlb_stop();
	} else if (seconds() - first_signal > IMPATIENT_S) {
		/* Takes effect on return. */
		signal(signo, SIG_DFL);
		raise(signo);
	}
}

RLB_API int rlb_stop_on_signals(void)
{
	/* No SA_RESTART: a poll() ends at once. */
	struct sigaction action = {.sa_handler = on_signal};

	signalled = false;
	sigemptyset(&action.sa_mask);
	for (unsigned int i = 0; i < ARRAY_SIZE(stop_signals); i++)
		sigaddset(&action.sa_mask, stop_signals[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(stop_signals); i++) {
		if (sigaction(stop_signals[i], &action, NULL))
			return -errno;
	}
	return 0;
}

static void move_gate(struct rlb_workers *workers, enum gate to)
{
	pthread_mutex_lock(&workers->lock);
	workers->gate = to;
	pthread_cond_broadcast(&workers->moved);
	pthread_mutex_unlock(&workers->lock);
}

/* Return: whether to go on. */
static bool pass_gate(struct rlb_workers *workers)
{
	bool open;

	pthread_mutex_lock(&workers->lock);
	while (workers->gate == GATE_SHUT)
		pthread_cond_wait(&workers->moved, &workers->lock);
	open = workers->gate == GATE_OPEN;
	pthread_mutex_unlock(&workers->lock);
	return open;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	rlb_thread_register();
	if (pass_gate(worker->all))
		worker->result = worker->all->fn(worker->index, worker->all->arg);
	atomic_fetch_sub_explicit(&worker->all->alive, 1, memory_order_release);
	return NULL;
}

static void join_all(struct rlb_workers *workers)
{
	for (unsigned int i = 0; i < workers->count; i++)
		pthread_join(workers->worker[i].thread, NULL);
	pthread_cond_destroy(&workers->moved);
	pthread_mutex_destroy(&workers->lock);
}

/* The @index-th CPU that this process may use, or -1. */
static int nth_allowed_cpu(const cpu_set_t *allowed, unsigned int index)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, allowed) && index-- == 0)
			return cpu;
	}
	return -1;
}

/* CPUs that are named may be isolated ones, which no mask shows: the kernel is asked in
 * start_one(). */
static int pick_cpu(const struct rlb_workers_opts *opts, const cpu_set_t *allowed, unsigned int i)
{
	int cpu = opts->cpus ? opts->cpus[i] : nth_allowed_cpu(allowed, i);

	if (cpu >= 0 && cpu < CPU_SETSIZE)
		return cpu;
	if (opts->cpus)
		rlb_log(ERR, "there can be no CPU %d; use 0..%d", cpu, CPU_SETSIZE - 1);
	else
		rlb_log(ERR, "%u workers, but this process may use %d CPUs only; use fewer workers",
			opts->count, CPU_COUNT(allowed));
	return -EINVAL;
}

/* Stop signals go to the thread that started the workers: its poll() must be the one to end. */
static int start_one(struct worker *worker, int cpu)
{
	pthread_attr_t attr;
	sigset_t blocked, old;
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	err = pthread_attr_init(&attr);
	if (err)
		return -err;
	err = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (err)
		goto out;
	sigemptyset(&blocked);
	for (unsigned int i = 0; i < ARRAY_SIZE(stop_signals); i++)
		sigaddset(&blocked, stop_signals[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &old);
	err = pthread_create(&worker->thread, &attr, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err == EINVAL)
		rlb_log(ERR, "CPU %d is not one this process may use; see: taskset -cp $$", cpu);
	else if (err)
		rlb_log(ERR, "no thread for worker %u: %s; see: ulimit -u", worker->index,
			strerror(err));
out:
	pthread_attr_destroy(&attr);
	return -err;
}

RLB_API int rlb_workers_start(struct rlb_workers **out, const struct rlb_workers_opts *opts,
			      rlb_worker_fn fn, void *arg)
{
	struct rlb_workers_opts o = {0};
	struct rlb_workers *workers;
	cpu_set_t allowed;
	int err;

	*out = NULL;
	err = rlb_opts_copy("rlb_workers_opts", &o, sizeof(o), opts,
			    offset_behind(struct rlb_workers_opts, cpus));
	if (err)
		return err;
	if (o.count == 0 || o.count >= RLB_THREADS_MAX) {
		rlb_log(ERR, "%u workers can not be; use 1..%d", o.count, RLB_THREADS_MAX - 1);
		return -EINVAL;
	}
	/* More CPUs than the set has: none of them can be picked by itself, the named ones can. */
	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	workers = calloc(1, sizeof(*workers) + o.count * sizeof(workers->worker[0]));
	if (!workers) {
		rlb_log(ERR, "no memory for %u workers", o.count);
		return -ENOMEM;
	}
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->moved, NULL);
	workers->fn = fn;
	workers->arg = arg;
	for (unsigned int i = 0; i < o.count; i++) {
		struct worker *worker = &workers->worker[i];

		worker->all = workers;
		worker->index = i;
		err = pick_cpu(&o, &allowed, i);
		if (err < 0)
			goto err_join;
		atomic_fetch_add(&workers->alive, 1);
		err = start_one(worker, err);
		if (err)
			goto err_join;
		workers->count++;
	}
	move_gate(workers, GATE_OPEN);
	*out = workers;
	return 0;

err_join:
	move_gate(workers, GATE_GIVEN_UP);
	join_all(workers);
	free(workers);
	return err;
}

RLB_API bool rlb_workers_alive(const struct rlb_workers *workers)
{
	return atomic_load_explicit(&workers->alive, memory_order_acquire) != 0;
}

RLB_API int rlb_workers_join(struct rlb_workers *workers)
{
	int result = 0;

	if (!workers)
		return 0;
	join_all(workers);
	for (unsigned int i = 0; i < workers->count && !result; i++)
		result = workers->worker[i].result;
	free(workers);
	return result;
}
