/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings: their memory, and what their inline functions do seldom. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/ring.h>

#include "ringlib/util.h"

#define SPINS_BEFORE_YIELD 256u

/* Zeroed and page-aligned. A preferred node only: on a full node the ring works, only slower. */
static void *ring_map(size_t bytes, int node)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	rlb_numa_prefer(at, bytes, node);
	return at;
}

static int check(unsigned int slots, int node)
{
	if (slots < RLB_RING_SLOTS_MIN || slots > RLB_RING_SLOTS_MAX || !is_power_of_two(slots)) {
		rlb_log(ERR, "ring: %u slots asked for; ask for a power of two, %u..%u", slots,
			RLB_RING_SLOTS_MIN, RLB_RING_SLOTS_MAX);
		return -EINVAL;
	}
	if (node != RLB_NUMA_ANY && !rlb_numa_exists(node)) {
		rlb_log(ERR, "ring: no NUMA node %d here; see: numactl --hardware", node);
		return -EINVAL;
	}
	return 0;
}

static void *ring_alloc(size_t head_bytes, unsigned int slots, int node, int *err)
{
	size_t bytes = head_bytes + slots * sizeof(void *);
	void *ring;

	*err = check(slots, node);
	if (*err)
		return NULL;
	ring = ring_map(bytes, node);
	if (!ring) {
		rlb_log(ERR, "ring: no memory for %u slots (%zu bytes)", slots, bytes);
		*err = -ENOMEM;
	}
	return ring;
}

RLB_API int rlb_ring_spsc_create(struct rlb_ring_spsc **out, unsigned int slots, int numa_node)
{
	struct rlb_ring_spsc *ring;
	int err;

	ring = ring_alloc(sizeof(*ring), slots, numa_node, &err);
	*out = ring;
	if (!ring)
		return err;
	ring->in.mask = ring->out.mask = slots - 1;
	ring->in.limit = slots;
	return 0;
}

RLB_API int rlb_ring_mpmc_create(struct rlb_ring_mpmc **out, unsigned int slots, int numa_node)
{
	struct rlb_ring_mpmc *ring;
	int err;

	ring = ring_alloc(sizeof(*ring), slots, numa_node, &err);
	*out = ring;
	if (!ring)
		return err;
	ring->in.mask = ring->out.mask = slots - 1;
	ring->in.limit = slots;
	return 0;
}

RLB_API void rlb_ring_spsc_destroy(struct rlb_ring_spsc *ring)
{
	if (ring)
		munmap(ring, sizeof(*ring) + rlb_ring_spsc_slots(ring) * sizeof(void *));
}

RLB_API void rlb_ring_mpmc_destroy(struct rlb_ring_mpmc *ring)
{
	if (ring)
		munmap(ring, sizeof(*ring) + rlb_ring_mpmc_slots(ring) * sizeof(void *));
}

RLB_API void rlb_ring_copy_in_wrapped(void **slot, size_t slots, size_t at, void *const *objs,
				      size_t n)
{
	size_t first = slots - at;

	memcpy(slot + at, objs, first * sizeof(void *));
	memcpy(slot, objs + first, (n - first) * sizeof(void *));
}

RLB_API void rlb_ring_copy_out_wrapped(void *const *slot, size_t slots, size_t at, void **objs,
				       size_t n)
{
	size_t first = slots - at;

	memcpy(objs, slot + at, first * sizeof(void *));
	memcpy(objs + first, slot, (n - first) * sizeof(void *));
}

/*
 * Not bounded: the slots before @turn are half done, and skipping them would lose or invent
 * pointers. What is waited for is a copy in another thread, so it ends as soon as that one runs.
 */
RLB_API void rlb_ring_mpmc_wait(const uint64_t *done, uint64_t turn)
{
	unsigned int spins = 0;

	/* Acquire, with the release in rlb_ring_mpmc_publish_() of the threads before. */
	while (__atomic_load_n(done, __ATOMIC_ACQUIRE) != turn) {
		if (++spins < SPINS_BEFORE_YIELD) {
			rlb_cpu_pause();
		} else {
			spins = 0;
			sched_yield();
		}
	}
}

/* What two counters, read one after the other while both move, can make of 0..@slots. */
static unsigned int clamp_count(int64_t count, unsigned int slots)
{
	if (count < 0)
		return 0;
	return count > slots ? slots : (unsigned int)count;
}

RLB_API unsigned int rlb_ring_spsc_count(const struct rlb_ring_spsc *ring)
{
	uint64_t head = __atomic_load_n(&ring->out.head, __ATOMIC_ACQUIRE);
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	return clamp_count((int64_t)(tail - head), rlb_ring_spsc_slots(ring));
}

RLB_API unsigned int rlb_ring_mpmc_count(const struct rlb_ring_mpmc *ring)
{
	uint64_t head = __atomic_load_n(&ring->out.done, __ATOMIC_ACQUIRE);
	uint64_t tail = __atomic_load_n(&ring->in.done, __ATOMIC_ACQUIRE);

	return clamp_count((int64_t)(tail - head), rlb_ring_mpmc_slots(ring));
}
