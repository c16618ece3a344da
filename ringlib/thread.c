/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for threads: a bitmap; a thread-specific key gives a number back at the thread's end. */
#include <assert.h>
#include <pthread.h>

#include <ringlib/thread.h>

#include "ringlib/util.h"

static_assert(RLB_THREADS_MAX <= 64, "numbers are kept in one 64-bit word");

__thread unsigned int rlb_thread_index;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;
static uint64_t taken = 1; /* 0 stands for "no number" */

static void give_back(void *index)
{
	rlb_thread_index = 0;
	pthread_mutex_lock(&lock);
	taken &= ~(UINT64_C(1) << (uintptr_t)index);
	pthread_mutex_unlock(&lock);
}

static void make_key(void)
{
	have_key = pthread_key_create(&key, give_back) == 0;
}

RLB_API unsigned int rlb_thread_register(void)
{
	unsigned int index;

	if (rlb_thread_index)
		return rlb_thread_index;
	pthread_once(&once, make_key);
	if (!have_key)
		return 0;
	pthread_mutex_lock(&lock);
	index = ~taken ? (unsigned int)__builtin_ctzll(~taken) : 0;
	if (index && index < RLB_THREADS_MAX &&
	    pthread_setspecific(key, (void *)(uintptr_t)index) == 0)
		taken |= UINT64_C(1) << index;
	else
		index = 0;
	pthread_mutex_unlock(&lock);
	rlb_thread_index = index;
	return index;
}
