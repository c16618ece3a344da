/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings: boundaries, wrap, and order and completeness between threads. */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/ring.h>

#include "inject.h"
#include "unit.h"

#define COPY_MAX 70u

/* Both classes behind one face, so that each case runs on both. */
struct class
{
	const char *name;
	int (*create)(void **out, unsigned int slots, int node);
	void (*destroy)(void *ring);
	unsigned int (*in_bulk)(void *ring, void *const *objs, unsigned int n);
	unsigned int (*in_burst)(void *ring, void *const *objs, unsigned int n);
	unsigned int (*out_bulk)(void *ring, void **objs, unsigned int n);
	unsigned int (*out_burst)(void *ring, void **objs, unsigned int n);
	unsigned int (*count)(const void *ring);
	unsigned int (*slots)(const void *ring);
	/* Make an empty ring look as if @counter elements had gone through. */
	void (*age)(void *ring, uint64_t counter);
};

static int spsc_create(void **out, unsigned int slots, int node)
{
	return rlb_ring_spsc_create((struct rlb_ring_spsc **)out, slots, node);
}

static void spsc_destroy(void *ring)
{
	rlb_ring_spsc_destroy(ring);
}

static unsigned int spsc_in_bulk(void *ring, void *const *objs, unsigned int n)
{
	return rlb_ring_spsc_enqueue_bulk(ring, objs, n);
}

static unsigned int spsc_in_burst(void *ring, void *const *objs, unsigned int n)
{
	return rlb_ring_spsc_enqueue_burst(ring, objs, n);
}

static unsigned int spsc_out_bulk(void *ring, void **objs, unsigned int n)
{
	return rlb_ring_spsc_dequeue_bulk(ring, objs, n);
}

static unsigned int spsc_out_burst(void *ring, void **objs, unsigned int n)
{
	return rlb_ring_spsc_dequeue_burst(ring, objs, n);
}

static unsigned int spsc_count(const void *ring)
{
	return rlb_ring_spsc_count(ring);
}

static unsigned int spsc_slots(const void *ring)
{
	return rlb_ring_spsc_slots(ring);
}

static void spsc_age(void *at, uint64_t counter)
{
	struct rlb_ring_spsc *ring = at;

	ring->tail = ring->out.head = ring->out.limit = counter;
	ring->in.limit = counter + rlb_ring_spsc_slots(ring);
}

static int mpmc_create(void **out, unsigned int slots, int node)
{
	return rlb_ring_mpmc_create((struct rlb_ring_mpmc **)out, slots, node);
}

static void mpmc_destroy(void *ring)
{
	rlb_ring_mpmc_destroy(ring);
}

static unsigned int mpmc_in_bulk(void *ring, void *const *objs, unsigned int n)
{
	return rlb_ring_mpmc_enqueue_bulk(ring, objs, n);
}

static unsigned int mpmc_in_burst(void *ring, void *const *objs, unsigned int n)
{
	return rlb_ring_mpmc_enqueue_burst(ring, objs, n);
}

static unsigned int mpmc_out_bulk(void *ring, void **objs, unsigned int n)
{
	return rlb_ring_mpmc_dequeue_bulk(ring, objs, n);
}

static unsigned int mpmc_out_burst(void *ring, void **objs, unsigned int n)
{
	return rlb_ring_mpmc_dequeue_burst(ring, objs, n);
}

static unsigned int mpmc_count(const void *ring)
{
	return rlb_ring_mpmc_count(ring);
}

static unsigned int mpmc_slots(const void *ring)
{
	return rlb_ring_mpmc_slots(ring);
}

static void mpmc_age(void *at, uint64_t counter)
{
	struct rlb_ring_mpmc *ring = at;

	ring->in.claimed = ring->in.done = counter;
	ring->out.claimed = ring->out.done = ring->out.limit = counter;
	ring->in.limit = counter + rlb_ring_mpmc_slots(ring);
}

static const struct class classes[] = {
	{"spsc", spsc_create, spsc_destroy, spsc_in_bulk, spsc_in_burst, spsc_out_bulk,
	 spsc_out_burst, spsc_count, spsc_slots, spsc_age},
	{"mpmc", mpmc_create, mpmc_destroy, mpmc_in_bulk, mpmc_in_burst, mpmc_out_bulk,
	 mpmc_out_burst, mpmc_count, mpmc_slots, mpmc_age},
};

/* The n-th element ever put in is the pointer n + 1: none is NULL, none comes twice. */
static void *element(uint64_t n)
{
	return (void *)(uintptr_t)(n + 1);
}

static void fill(void **objs, uint64_t first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		objs[i] = element(first + i);
}

static void check(void *const *objs, uint64_t first, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		assert_ptr_equal(objs[i], element(first + i));
}

static void ptrs_copy_moves_exactly_n(void **state)
{
	void *src[COPY_MAX], *dst[COPY_MAX + 2];

	(void)state;
	fill(src, 0, COPY_MAX);
	for (unsigned int n = 0; n <= COPY_MAX; n++) {
		memset(dst, 0, sizeof(dst));
		rlb_ptrs_copy(dst + 1, src, n);
		assert_null(dst[0]);
		check(dst + 1, 0, n);
		for (unsigned int i = n + 1; i < COPY_MAX + 2; i++)
			assert_null(dst[i]);
	}
}

static void ring_create_checks_its_arguments(void **state)
{
	static const struct {
		unsigned int slots;
		int node, err;
	} cases[] = {
		{0, RLB_NUMA_ANY, -EINVAL},			 /* none */
		{1, RLB_NUMA_ANY, -EINVAL},			 /* below the minimum */
		{2, RLB_NUMA_ANY, 0},				 /* the minimum */
		{3, RLB_NUMA_ANY, -EINVAL},			 /* no power of two */
		{4096, RLB_NUMA_ANY, 0},			 /* more than a page */
		{4096, 0, 0},					 /* a node that is there */
		{4096, -2, -EINVAL},				 /* a node that cannot be */
		{4096, 1 << 20, -EINVAL},			 /* a node that is not there */
		{RLB_RING_SLOTS_MAX - 1, RLB_NUMA_ANY, -EINVAL}, /* no power of two */
		{RLB_RING_SLOTS_MAX << 1, RLB_NUMA_ANY, -EINVAL} /* above the maximum */
	};

	(void)state;
	for (const struct class *c = classes; c < classes + ARRAY_SIZE(classes); c++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			void *ring = &ring;

			assert_int_equal(c->create(&ring, cases[i].slots, cases[i].node),
					 cases[i].err);
			assert_int_equal(ring != NULL, cases[i].err == 0);
			if (ring) {
				assert_int_equal(c->slots(ring), cases[i].slots);
				assert_int_equal(c->count(ring), 0);
			}
			c->destroy(ring);
		}
	}
}

static void ring_create_without_memory_fails(void **state)
{
	(void)state;
	for (const struct class *c = classes; c < classes + ARRAY_SIZE(classes); c++) {
		void *ring = &ring;

		inject_fail_at(1);
		assert_int_equal(c->create(&ring, 64, RLB_NUMA_ANY), -ENOMEM);
		assert_true(inject_failed());
		assert_null(ring);
	}
}

static void ring_bulk_is_all_or_nothing_and_burst_is_what_fits(void **state)
{
	static const struct {
		unsigned int inside, in, in_bulk, in_burst, out, out_bulk, out_burst;
	} cases[] = {
		/* 8 slots */
		{0, 0, 0, 0, 0, 0, 0},	/* nothing to do, empty */
		{8, 0, 0, 0, 0, 0, 0},	/* nothing to do, full */
		{0, 1, 1, 1, 1, 0, 0},	/* one into an empty ring, one out of it */
		{7, 1, 1, 1, 7, 7, 7},	/* the last slot; all there is */
		{8, 1, 0, 0, 8, 8, 8},	/* full */
		{0, 8, 8, 8, 9, 0, 0},	/* every slot is usable */
		{0, 9, 0, 8, 1, 0, 0},	/* more than there are slots */
		{5, 4, 0, 3, 6, 0, 5},	/* one too many either way */
		{5, 3, 3, 3, 5, 5, 5},	/* exactly */
		{3, 32, 0, 5, 32, 0, 3} /* a burst larger than the ring */
	};
	void *objs[64];

	(void)state;
	for (const struct class *c = classes; c < classes + ARRAY_SIZE(classes); c++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(cases) * 4; i++) {
			unsigned int k = i / 4, inside = cases[k].inside, n;
			void *ring;

			assert_int_equal(c->create(&ring, 8, RLB_NUMA_ANY), 0);
			c->age(ring, 5); /* so that some of the copies wrap */
			fill(objs, 0, inside);
			assert_int_equal(c->in_bulk(ring, objs, inside), inside);
			fill(objs, inside, 32);
			switch (i % 4) {
			case 0:
				n = c->in_bulk(ring, objs, cases[k].in);
				assert_int_equal(n, cases[k].in_bulk);
				inside += n;
				break;
			case 1:
				n = c->in_burst(ring, objs, cases[k].in);
				assert_int_equal(n, cases[k].in_burst);
				inside += n;
				break;
			case 2:
				n = c->out_bulk(ring, objs, cases[k].out);
				assert_int_equal(n, cases[k].out_bulk);
				check(objs, 0, n);
				inside -= n;
				break;
			case 3:
				n = c->out_burst(ring, objs, cases[k].out);
				assert_int_equal(n, cases[k].out_burst);
				check(objs, 0, n);
				inside -= n;
				break;
			}
			assert_int_equal(c->count(ring), inside);
			n = c->out_burst(ring, objs, 64);
			assert_int_equal(n, inside);
			check(objs, cases[k].inside - (i % 4 > 1 ? inside : cases[k].inside), n);
			assert_int_equal(c->count(ring), 0);
			c->destroy(ring);
		}
	}
}

/* Bursts of every length at every offset, over the ends of 32 and 64 bits. */
static void ring_keeps_order_while_counters_pass_their_limits(void **state)
{
	static const uint64_t starts[] = {
		0, (1ull << 32) - 100, /* where 32-bit counters would wrap */
		(1ull << 63) - 100,    /* where differences would change sign */
		UINT64_MAX - 99,       /* where these wrap */
	};
	void *objs[16];

	(void)state;
	for (const struct class *c = classes; c < classes + ARRAY_SIZE(classes); c++) {
		for (unsigned int s = 0; s < ARRAY_SIZE(starts); s++) {
			uint64_t in = 0, out = 0;
			void *ring;

			assert_int_equal(c->create(&ring, 16, RLB_NUMA_ANY), 0);
			c->age(ring, starts[s]);
			while (out < 400) {
				unsigned int n = 1 + in % 13;

				fill(objs, in, n);
				in += c->in_burst(ring, objs, n);
				assert_int_equal(c->count(ring), in - out);
				n = c->out_burst(ring, objs, 1 + out % 11);
				assert_true(n > 0);
				check(objs, out, n);
				out += n;
			}
			c->destroy(ring);
		}
	}
}

/* A thread may store what it saw of the other side long after others saw more. */
static void ring_mpmc_old_limit_is_not_room(void **state)
{
	struct rlb_ring_mpmc *ring;
	void *objs[8];

	(void)state;
	assert_int_equal(rlb_ring_mpmc_create(&ring, 8, RLB_NUMA_ANY), 0);
	mpmc_age(ring, 100);
	fill(objs, 0, 8);
	assert_int_equal(rlb_ring_mpmc_enqueue_bulk(ring, objs, 8), 8);
	ring->in.limit = 100;
	assert_int_equal(rlb_ring_mpmc_enqueue_burst(ring, objs, 1), 0);
	assert_int_equal(rlb_ring_mpmc_dequeue_bulk(ring, objs, 8), 8);
	ring->out.limit = 100;
	assert_int_equal(rlb_ring_mpmc_dequeue_burst(ring, objs, 1), 0);
	assert_int_equal(ring->in.claimed, 108);
	assert_int_equal(ring->out.claimed, 108);
	rlb_ring_mpmc_destroy(ring);
}

static void *enqueue_second(void *ring)
{
	void *obj = element(1);

	return rlb_ring_mpmc_enqueue_bulk(ring, &obj, 1) == 1 ? ring : NULL;
}

static void *dequeue_second(void *ring)
{
	void *obj;

	return rlb_ring_mpmc_dequeue_bulk(ring, &obj, 1) == 1 && obj == element(1) ? ring : NULL;
}

/* Wait, 5 s at most, until *@counter is @value. */
static void wait_for(const uint64_t *counter, uint64_t value)
{
	for (unsigned int ms = 0; ms < 5000; ms++) {
		if (__atomic_load_n(counter, __ATOMIC_ACQUIRE) == value)
			return;
		usleep(1000);
	}
	fail_msg("the other thread did not get there in 5 s");
}

/* This thread claims first and publishes last, as if preempted between the two. */
static void ring_mpmc_publishes_in_the_order_of_claims(void **state)
{
	static void *(*const second[])(void *) = {enqueue_second, dequeue_second};
	struct rlb_ring_mpmc *ring;

	(void)state;
	assert_int_equal(rlb_ring_mpmc_create(&ring, 8, RLB_NUMA_ANY), 0);
	ring->slot[0] = element(0);
	for (unsigned int i = 0; i < 2; i++) {
		struct rlb_ring_mpmc_side *side = i ? &ring->out : &ring->in;
		pthread_t thread;
		void *ok;

		side->claimed = 1;
		assert_int_equal(pthread_create(&thread, NULL, second[i], ring), 0);
		wait_for(&side->claimed, 2);
		usleep(20000);
		assert_int_equal(__atomic_load_n(&side->done, __ATOMIC_ACQUIRE), 0);
		__atomic_store_n(&side->done, 1, __ATOMIC_RELEASE);
		pthread_join(thread, &ok);
		assert_non_null(ok);
		assert_int_equal(side->done, 2);
	}
	rlb_ring_mpmc_destroy(ring);
}

#define STRESS_ELEMENTS 1000000u
#define PRODUCERS	2
#define CONSUMERS	2

/* One thread of a stress run, and what its run shares. */
struct stress {
	const struct class *class;
	void *ring;
	unsigned int producers;
	volatile uint64_t *taken; /* by all consumers */
};

struct stress_thread {
	const struct stress *run;
	unsigned int number;
	uint64_t seen[PRODUCERS]; /* elements of each producer that came out here */
	unsigned int out_of_order;
	pthread_t thread;
};

static unsigned int burst_length(uint32_t *random)
{
	*random = *random * 1664525u + 1013904223u;
	return 1 + (*random >> 16) % 40;
}

/* Elements are producer << 32 | sequence number, from 1. */
static void *produce(void *arg)
{
	const struct stress_thread *t = arg;
	const struct class *c = t->run->class;
	uint32_t random = t->number + 1;
	uint64_t sent = 0;
	void *objs[40];

	while (sent < STRESS_ELEMENTS) {
		unsigned int n = burst_length(&random), done;

		if (n > STRESS_ELEMENTS - sent)
			n = (unsigned int)(STRESS_ELEMENTS - sent);
		fill(objs, (uint64_t)t->number << 32 | sent, n);
		done = n & 1 ? c->in_bulk(t->run->ring, objs, n)
			     : c->in_burst(t->run->ring, objs, n);
		sent += done;
		if (!done)
			sched_yield();
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct stress_thread *t = arg;
	const struct class *c = t->run->class;
	uint64_t total = (uint64_t)t->run->producers * STRESS_ELEMENTS;
	uint64_t last[PRODUCERS] = {0};
	uint32_t random = t->number + 77;
	void *objs[40];

	while (__atomic_load_n(t->run->taken, __ATOMIC_RELAXED) < total) {
		unsigned int n = burst_length(&random);

		n = n & 1 ? c->out_bulk(t->run->ring, objs, n)
			  : c->out_burst(t->run->ring, objs, n);
		if (!n)
			sched_yield();
		for (unsigned int i = 0; i < n; i++) {
			uint64_t value = (uintptr_t)objs[i], from = value >> 32;

			if (from >= t->run->producers || (uint32_t)value <= last[from]) {
				t->out_of_order++;
				continue;
			}
			last[from] = (uint32_t)value;
			t->seen[from]++;
		}
		__atomic_fetch_add(t->run->taken, n, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* In order at each consumer, strictly rising, and all of them: so none came twice either. */
static void stress(const struct class *class, unsigned int producers, unsigned int consumers)
{
	struct stress_thread in[PRODUCERS] = {0}, out[CONSUMERS] = {0};
	volatile uint64_t taken = 0;
	struct stress run = {.class = class, .producers = producers, .taken = &taken};

	assert_int_equal(class->create(&run.ring, 256, RLB_NUMA_ANY), 0);
	for (unsigned int i = 0; i < consumers; i++) {
		out[i].run = &run;
		out[i].number = i;
		assert_int_equal(pthread_create(&out[i].thread, NULL, consume, &out[i]), 0);
	}
	for (unsigned int i = 0; i < producers; i++) {
		in[i].run = &run;
		in[i].number = i;
		assert_int_equal(pthread_create(&in[i].thread, NULL, produce, &in[i]), 0);
	}
	for (unsigned int i = 0; i < producers; i++)
		pthread_join(in[i].thread, NULL);
	for (unsigned int i = 0; i < consumers; i++)
		pthread_join(out[i].thread, NULL);
	for (unsigned int p = 0; p < producers; p++) {
		uint64_t seen = 0;

		for (unsigned int i = 0; i < consumers; i++)
			seen += out[i].seen[p];
		assert_int_equal(seen, STRESS_ELEMENTS);
	}
	for (unsigned int i = 0; i < consumers; i++)
		assert_int_equal(out[i].out_of_order, 0);
	assert_int_equal(class->count(run.ring), 0);
	class->destroy(run.ring);
}

static void ring_spsc_two_threads_keep_order_and_lose_nothing(void **state)
{
	(void)state;
	stress(&classes[0], 1, 1);
}

static void ring_mpmc_four_threads_keep_order_and_lose_nothing(void **state)
{
	(void)state;
	stress(&classes[1], PRODUCERS, CONSUMERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ptrs_copy_moves_exactly_n),
		cmocka_unit_test(ring_create_checks_its_arguments),
		cmocka_unit_test(ring_create_without_memory_fails),
		cmocka_unit_test(ring_bulk_is_all_or_nothing_and_burst_is_what_fits),
		cmocka_unit_test(ring_keeps_order_while_counters_pass_their_limits),
		cmocka_unit_test(ring_mpmc_old_limit_is_not_room),
		cmocka_unit_test(ring_mpmc_publishes_in_the_order_of_claims),
		cmocka_unit_test(ring_spsc_two_threads_keep_order_and_lose_nothing),
		cmocka_unit_test(ring_mpmc_four_threads_keep_order_and_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
