/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings of pointers between threads. The concurrency class is in the name:
 *
 *	rlb_ring_spsc_*	one producer thread, one consumer thread
 *	rlb_ring_mpmc_*	any number of either
 *
 * _bulk moves all or nothing, _burst as many as fit. Counters run free and are compared by
 * difference, so every slot is usable: head <= tail <= head + slots. They have 64 bits: at 1 G
 * elements a second they last 584 years, so no thread, however long it was preempted, mistakes an
 * old value for a new one.
 *
 * Neither side of a ring reads the other's counter while what it saw of it last is good enough: the
 * cache line that the other side writes is fetched once per ring full (or empty), not per call.
 *
 * MPMC rings take turns: a thread claims slots, fills (or empties) them, and publishes when all
 * earlier claims of its side are published. A thread that is preempted between claim and publish
 * therefore holds up every other thread of its side until it runs again; after some spinning they
 * give their CPU away (sched_yield()), so rings with more threads than cores are slow, not stuck.
 * Never use one ring from a real-time thread and from a thread of lower priority on the same core,
 * nor from a signal handler.
 */
#ifndef RLB_RING_H
#define RLB_RING_H

#include <string.h>

#include <ringlib/base.h>
#include <ringlib/ptrs.h>

RLB_BEGIN_DECLS

#define RLB_RING_SLOTS_MIN 2u
#define RLB_RING_SLOTS_MAX (1u << 30)

/* Two lines: the CPU's prefetcher fetches lines in pairs, and sides must not share a pair. */
#define RLB_RING_ALIGNED __attribute__((aligned(2 * RLB_CACHE_LINE)))

/* The inline functions touch these; programs do not. */
struct rlb_ring_spsc {
	uint64_t tail RLB_RING_ALIGNED; /* next slot to fill; only the producer writes it */
	/* The producer's own, apart from tail: a consumer that waits keeps fetching tail's line. */
	struct {
		uint64_t limit; /* the consumer's head as last seen, plus slots: tail <= limit */
		uint64_t mask;	/* slots - 1 */
	} in RLB_RING_ALIGNED;
	struct {
		uint64_t head;	/* next slot to empty; only the consumer writes it */
		uint64_t limit; /* the producer's tail as last seen: head <= limit */
		uint64_t mask;
	} out RLB_RING_ALIGNED;
	void *slot[] RLB_RING_ALIGNED;
};

/* One side of an MPMC ring: done <= claimed, in the order of claims. */
struct rlb_ring_mpmc_side {
	uint64_t claimed; /* slots before it are taken by some thread of this side */
	uint64_t done;	  /* slots before it are filled (emptied), and the other side's to use */
	uint64_t limit;	  /* the other side's done as some thread last saw it; in: plus slots */
	uint64_t mask;	  /* slots - 1 */
} RLB_RING_ALIGNED;

struct rlb_ring_mpmc {
	struct rlb_ring_mpmc_side in;
	struct rlb_ring_mpmc_side out;
	void *slot[] RLB_RING_ALIGNED;
};

/**
 * rlb_ring_spsc_create(), rlb_ring_mpmc_create() - make an empty ring.
 * @out: the ring; NULL on failure.
 * @slots: elements it holds, a power of two, RLB_RING_SLOTS_MIN..RLB_RING_SLOTS_MAX.
 * @numa_node: RLB_NUMA_ANY, or the node whose memory is preferred: the consumer's.
 * Return: 0; -EINVAL (@slots or @numa_node out of range), -ENOMEM.
 * Context: any thread. Blocks.
 */
RLB_API int rlb_ring_spsc_create(struct rlb_ring_spsc **out, unsigned int slots, int numa_node);
RLB_API int rlb_ring_mpmc_create(struct rlb_ring_mpmc **out, unsigned int slots, int numa_node);

/**
 * rlb_ring_spsc_destroy(), rlb_ring_mpmc_destroy() - free a ring; what is in it is forgotten.
 * @ring: NULL is allowed.
 * Context: one thread, when no other uses the ring.
 */
RLB_API void rlb_ring_spsc_destroy(struct rlb_ring_spsc *ring);
RLB_API void rlb_ring_mpmc_destroy(struct rlb_ring_mpmc *ring);

/* The out-of-line halves of the functions below: copies that go past the last slot, and waiting. */
RLB_API void rlb_ring_copy_in_wrapped(void **slot, size_t slots, size_t at, void *const *objs,
				      size_t n);
RLB_API void rlb_ring_copy_out_wrapped(void *const *slot, size_t slots, size_t at, void **objs,
				       size_t n);
RLB_API void rlb_ring_mpmc_wait(const uint64_t *done, uint64_t turn);

rlb_always_inline void rlb_ring_copy_in(void **slot, uint64_t mask, uint64_t from,
					void *const *objs, unsigned int n)
{
	size_t at = from & mask;

	if (n == 1)
		slot[at] = objs[0];
	else if (rlb_likely(at + n <= mask + 1))
		rlb_ptrs_copy(slot + at, objs, n);
	else
		rlb_ring_copy_in_wrapped(slot, mask + 1, at, objs, n);
}

rlb_always_inline void rlb_ring_copy_out(void *const *slot, uint64_t mask, uint64_t from,
					 void **objs, unsigned int n)
{
	size_t at = from & mask;

	if (n == 1)
		objs[0] = slot[at];
	else if (rlb_likely(at + n <= mask + 1))
		rlb_ptrs_copy(objs, slot + at, n);
	else
		rlb_ring_copy_out_wrapped(slot, mask + 1, at, objs, n);
}

/* Both enqueue functions of the SPSC ring; @all is a constant after inlining. */
rlb_always_inline unsigned int rlb_ring_spsc_enqueue_(struct rlb_ring_spsc *ring, void *const *objs,
						      unsigned int n, bool all)
{
	uint64_t tail = ring->tail;

	if (rlb_unlikely(ring->in.limit - tail < n)) {
		/* Acquire, with the release in dequeue: the consumer has read what stood there. */
		ring->in.limit =
			__atomic_load_n(&ring->out.head, __ATOMIC_ACQUIRE) + ring->in.mask + 1;
		if (ring->in.limit - tail < n) {
			if (all)
				return 0;
			n = (unsigned int)(ring->in.limit - tail);
		}
	}
	rlb_ring_copy_in(ring->slot, ring->in.mask, tail, objs, n);
	/* Release, with the acquire in dequeue: the slots are filled before they show. */
	__atomic_store_n(&ring->tail, tail + n, __ATOMIC_RELEASE);
	return n;
}

rlb_always_inline unsigned int rlb_ring_spsc_dequeue_(struct rlb_ring_spsc *ring, void **objs,
						      unsigned int n, bool all)
{
	uint64_t head = ring->out.head;

	/* Likely: a consumer that keeps up has seen little beyond what it took. */
	if (rlb_likely(ring->out.limit - head < n)) {
		/* Acquire, with the release in enqueue: the slots before tail are filled. */
		ring->out.limit = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
		if (rlb_unlikely(ring->out.limit - head < n)) {
			if (all)
				return 0;
			n = (unsigned int)(ring->out.limit - head);
		}
	}
	rlb_ring_copy_out(ring->slot, ring->out.mask, head, objs, n);
	/* Release, with the acquire in enqueue: the slots are read before they may be refilled. */
	__atomic_store_n(&ring->out.head, head + n, __ATOMIC_RELEASE);
	return n;
}

/**
 * rlb_ring_spsc_enqueue_bulk() - put @n pointers in, in order, all or none.
 * Return: @n, or 0 (not that much room).
 * Context: the producer thread. Never blocks.
 */
rlb_always_inline unsigned int rlb_ring_spsc_enqueue_bulk(struct rlb_ring_spsc *ring,
							  void *const *objs, unsigned int n)
{
	return rlb_ring_spsc_enqueue_(ring, objs, n, true);
}

/* As above, but as many as there is room for. Return: 0..@n. */
rlb_always_inline unsigned int rlb_ring_spsc_enqueue_burst(struct rlb_ring_spsc *ring,
							   void *const *objs, unsigned int n)
{
	return rlb_ring_spsc_enqueue_(ring, objs, n, false);
}

/**
 * rlb_ring_spsc_dequeue_bulk() - take the @n oldest pointers out, in order, all or none.
 * Return: @n, or 0 (not that many inside).
 * Context: the consumer thread. Never blocks.
 */
rlb_always_inline unsigned int rlb_ring_spsc_dequeue_bulk(struct rlb_ring_spsc *ring, void **objs,
							  unsigned int n)
{
	return rlb_ring_spsc_dequeue_(ring, objs, n, true);
}

/* As above, but as many as there are. Return: 0..@n. */
rlb_always_inline unsigned int rlb_ring_spsc_dequeue_burst(struct rlb_ring_spsc *ring, void **objs,
							   unsigned int n)
{
	return rlb_ring_spsc_dequeue_(ring, objs, n, false);
}

/*
 * Claim up to @n slots of side @own. @plus: 0 for the consumers, slots for the producers.
 * Return: how many; @from is the first. limit may be older than claimed, or newer than the value of
 * claimed that was read: hence the signed difference, and the compare-and-swap that then fails.
 */
rlb_always_inline unsigned int rlb_ring_mpmc_claim_(struct rlb_ring_mpmc_side *own,
						    const struct rlb_ring_mpmc_side *other,
						    uint64_t plus, unsigned int n, bool all,
						    uint64_t *from)
{
	/* Acquire: claimed is read before limit and done, so what is free is never overrated. */
	uint64_t seen = __atomic_load_n(&own->claimed, __ATOMIC_ACQUIRE);
	uint64_t claimed, limit;
	unsigned int take;

	do {
		claimed = seen; /* what follows does not depend on the compare-and-swap's result */
		take = n;
		/* Acquire, with the release below: as if this thread had seen done itself. */
		limit = __atomic_load_n(&own->limit, __ATOMIC_ACQUIRE);
		if ((int64_t)(limit - claimed) < (int64_t)n) {
			/* Acquire, with the release in publish: the other side is through there. */
			limit = __atomic_load_n(&other->done, __ATOMIC_ACQUIRE) + plus;
			/* Release, with the acquire above. */
			__atomic_store_n(&own->limit, limit, __ATOMIC_RELEASE);
			if ((int64_t)(limit - claimed) < (int64_t)n) {
				if (all || limit == claimed)
					return 0;
				take = (unsigned int)(limit - claimed);
			}
		}
	} while (!__atomic_compare_exchange_n(&own->claimed, &seen, claimed + take, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	*from = claimed;
	return take;
}

/* Hand the claimed slots @from.. to the other side, once all earlier claims have been. */
rlb_always_inline void rlb_ring_mpmc_publish_(struct rlb_ring_mpmc_side *own, uint64_t from,
					      unsigned int n)
{
	/* Acquire, with the release below in the threads before: what they did shows with ours. */
	if (rlb_unlikely(__atomic_load_n(&own->done, __ATOMIC_ACQUIRE) != from))
		rlb_ring_mpmc_wait(&own->done, from);
	/* Release, with the acquire of done in the other side's claim. */
	__atomic_store_n(&own->done, from + n, __ATOMIC_RELEASE);
}

rlb_always_inline unsigned int rlb_ring_mpmc_enqueue_(struct rlb_ring_mpmc *ring, void *const *objs,
						      unsigned int n, bool all)
{
	uint64_t from;

	n = rlb_ring_mpmc_claim_(&ring->in, &ring->out, ring->in.mask + 1, n, all, &from);
	if (rlb_likely(n)) {
		rlb_ring_copy_in(ring->slot, ring->in.mask, from, objs, n);
		rlb_ring_mpmc_publish_(&ring->in, from, n);
	}
	return n;
}

rlb_always_inline unsigned int rlb_ring_mpmc_dequeue_(struct rlb_ring_mpmc *ring, void **objs,
						      unsigned int n, bool all)
{
	uint64_t from;

	n = rlb_ring_mpmc_claim_(&ring->out, &ring->in, 0, n, all, &from);
	if (rlb_likely(n)) {
		rlb_ring_copy_out(ring->slot, ring->out.mask, from, objs, n);
		rlb_ring_mpmc_publish_(&ring->out, from, n);
	}
	return n;
}

/**
 * rlb_ring_mpmc_enqueue_bulk() - put @n pointers in, next to each other and in order, all or none.
 * Return: @n, or 0 (not that much room).
 * Context: any thread. Waits for enqueues that began earlier (see the head of this file).
 */
rlb_always_inline unsigned int rlb_ring_mpmc_enqueue_bulk(struct rlb_ring_mpmc *ring,
							  void *const *objs, unsigned int n)
{
	return rlb_ring_mpmc_enqueue_(ring, objs, n, true);
}

/* As above, but as many as there is room for. Return: 0..@n. */
rlb_always_inline unsigned int rlb_ring_mpmc_enqueue_burst(struct rlb_ring_mpmc *ring,
							   void *const *objs, unsigned int n)
{
	return rlb_ring_mpmc_enqueue_(ring, objs, n, false);
}

/**
 * rlb_ring_mpmc_dequeue_bulk() - take the @n oldest pointers out, in order, all or none.
 * Return: @n, or 0 (not that many inside).
 * Context: any thread. Waits for dequeues that began earlier (see the head of this file).
 */
rlb_always_inline unsigned int rlb_ring_mpmc_dequeue_bulk(struct rlb_ring_mpmc *ring, void **objs,
							  unsigned int n)
{
	return rlb_ring_mpmc_dequeue_(ring, objs, n, true);
}

/* As above, but as many as there are. Return: 0..@n. */
rlb_always_inline unsigned int rlb_ring_mpmc_dequeue_burst(struct rlb_ring_mpmc *ring, void **objs,
							   unsigned int n)
{
	return rlb_ring_mpmc_dequeue_(ring, objs, n, false);
}

/* Pointers inside. Context: any thread; exact only when no other uses the ring. */
RLB_API unsigned int rlb_ring_spsc_count(const struct rlb_ring_spsc *ring);
RLB_API unsigned int rlb_ring_mpmc_count(const struct rlb_ring_mpmc *ring);

/* Pointers it can hold. */
static inline unsigned int rlb_ring_spsc_slots(const struct rlb_ring_spsc *ring)
{
	return (unsigned int)ring->in.mask + 1;
}

static inline unsigned int rlb_ring_mpmc_slots(const struct rlb_ring_mpmc *ring)
{
	return (unsigned int)ring->in.mask + 1;
}

RLB_END_DECLS

#endif
