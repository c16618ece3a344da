/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: one pinned thread a core, and one way for all of them to be told to stop. */
#ifndef RLB_WORKER_H
#define RLB_WORKER_H

#include <ringlib/base.h>

RLB_BEGIN_DECLS

struct rlb_workers;

/* Body of a worker: runs until rlb_running() is false or its work is done. 0, or -errno. */
typedef int (*rlb_worker_fn)(unsigned int worker, void *arg);

struct rlb_workers_opts {
	size_t size;	    /* sizeof(struct rlb_workers_opts) */
	unsigned int count; /* 1..RLB_THREADS_MAX - 1 */
	const int *cpus;    /* @count CPU numbers; NULL: the allowed CPUs in order */
};

/* The flag behind rlb_running(). Read-only outside the library. */
RLB_API extern volatile bool rlb_stop_flag;

/* False once rlb_stop() was called or, after rlb_stop_on_signals(), SIGINT or SIGTERM came. */
static inline bool rlb_running(void)
{
	return rlb_likely(!rlb_stop_flag);
}

/* Ask every worker to return. Context: any thread, and signal handlers. */
RLB_API void rlb_stop(void);

/* Make rlb_running() true again, for programs that start workers more than once. */
RLB_API void rlb_stop_clear(void);

/**
 * rlb_stop_on_signals() - let SIGINT and SIGTERM stop the workers; a further one, half a second or
 *	more after the first, ends the process.
 * Return: 0, or -errno of sigaction().
 * Context: once, before workers start. A blocking call in the calling thread ends with EINTR.
 */
RLB_API int rlb_stop_on_signals(void);

/**
 * rlb_workers_start() - start @opts->count threads, each pinned to one CPU, each running @fn.
 * @out: the workers; NULL on failure, when none of them has run @fn.
 * @fn: called once in each thread with the worker's number 0..count-1 and @arg.
 * Return: 0; -EINVAL (no workers, too many, or a CPU this process may not use), -E2BIG (unknown
 *	bytes in @opts), -ENOMEM, -EAGAIN (the system refused a thread).
 * Context: one thread.
 */
RLB_API int rlb_workers_start(struct rlb_workers **out, const struct rlb_workers_opts *opts,
			      rlb_worker_fn fn, void *arg);

/* True while at least one worker has not returned. Context: any thread. */
RLB_API bool rlb_workers_alive(const struct rlb_workers *workers);

/**
 * rlb_workers_join() - wait until all have returned, then free @workers.
 * @workers: NULL is allowed.
 * Return: 0, or the first non-zero value that a worker returned.
 * Context: the thread that started them. Blocks until every worker has seen rlb_running() false
 *	or has finished by itself: call rlb_stop() first to end them.
 */
RLB_API int rlb_workers_join(struct rlb_workers *workers);

RLB_END_DECLS

#endif
