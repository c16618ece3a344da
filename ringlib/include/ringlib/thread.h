/* SPDX-License-Identifier: BSD-2-Clause */
/* A small number for each thread that uses pools, so that caches are arrays and not look-ups. */
#ifndef RLB_THREAD_H
#define RLB_THREAD_H

#include <ringlib/base.h>

RLB_BEGIN_DECLS

/* Threads that have a number at one time, index 0 (none yet) included. Others have no cache. */
#define RLB_THREADS_MAX 64

/* 0 until the thread first needs a number. Read-only outside the library. */
RLB_API extern __thread unsigned int rlb_thread_index __attribute__((tls_model("initial-exec")));

/**
 * rlb_thread_register() - give the calling thread a number; it is given back when the thread ends.
 * Return: 1..RLB_THREADS_MAX - 1, or 0 when all are taken.
 * Context: any thread; calling again is free.
 */
RLB_API unsigned int rlb_thread_register(void);

RLB_END_DECLS

#endif
