/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings of pointers between threads. The concurrency class is in the name:
 *
 *	rlb_ring_spsc_*	one producer thread, one consumer thread
 *	rlb_ring_mpmc_*	any number of either
 *
 * _bulk moves all or nothing, _burst as many as fit. Counters run free and are compared by
 * difference, so every slot is usable: head <= tail <= head + slots.
 */
#ifndef RLB_RING_H
#define RLB_RING_H

#include <string.h>

#include <ringlib/base.h>

#define RLB_RING_SLOTS_MAX (1u << 30)
#endif
