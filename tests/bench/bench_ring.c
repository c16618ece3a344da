/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings against DPDK's rte_ring and Concurrency Kit's ck_ring: cycles for an element to go in and
 * come out, in one thread and between two cores. ck_ring has no bulk operation: it is called once
 * an element. Everything is inlined on every side, elements are pointers, the number of elements a
 * call is unknown to the compiler, and what goes in is another array than what comes out.
 */
#include <ck_ring.h>
#include <rte_ring.h>

#include <ringlib/mem.h>
#include <ringlib/ring.h>

#include "bench.h"
#include "dpdk.h"

#define SLOTS	       1024u
#define SLICE_ELEMENTS 8192u
#define CROSS_CALLS    32768u
#define BULK_MAX       32u

enum ring_kind {
	RLB_SPSC,
	RTE_SPSC,
	CK_SPSC,
	RLB_MPMC,
	RTE_MPMC,
	CK_MPMC,
};

struct ck {
	struct ck_ring ring;
	struct ck_ring_buffer slots[SLOTS] __attribute__((aligned(64)));
};

struct ring_case {
	enum ring_kind kind;
	unsigned int bulk;
};

static void *rings[6];
static void *in[BULK_MAX] __attribute__((aligned(64)));
static void *out[BULK_MAX] __attribute__((aligned(64)));

/* @kind is a constant in every call below. Both return false if not all @n fit. */
rlb_always_inline bool enqueue(enum ring_kind kind, void *ring, unsigned int n)
{
	struct ck *ck = ring;
	bool ok = true;

	switch (kind) {
	case RLB_SPSC:
		return rlb_ring_spsc_enqueue_bulk(ring, in, n) == n;
	case RTE_SPSC:
		return rte_ring_sp_enqueue_bulk(ring, in, n, NULL) == n;
	case RLB_MPMC:
		return rlb_ring_mpmc_enqueue_bulk(ring, in, n) == n;
	case RTE_MPMC:
		return rte_ring_mp_enqueue_bulk(ring, in, n, NULL) == n;
	case CK_SPSC:
		for (unsigned int i = 0; i < n; i++)
			ok &= ck_ring_enqueue_spsc(&ck->ring, ck->slots, in[i]);
		return ok;
	case CK_MPMC:
		for (unsigned int i = 0; i < n; i++)
			ok &= ck_ring_enqueue_mpmc(&ck->ring, ck->slots, in[i]);
		return ok;
	}
	return false;
}

rlb_always_inline bool dequeue(enum ring_kind kind, void *ring, unsigned int n)
{
	struct ck *ck = ring;
	bool ok = true;

	switch (kind) {
	case RLB_SPSC:
		return rlb_ring_spsc_dequeue_bulk(ring, out, n) == n;
	case RTE_SPSC:
		return rte_ring_sc_dequeue_bulk(ring, out, n, NULL) == n;
	case RLB_MPMC:
		return rlb_ring_mpmc_dequeue_bulk(ring, out, n) == n;
	case RTE_MPMC:
		return rte_ring_mc_dequeue_bulk(ring, out, n, NULL) == n;
	case CK_SPSC:
		for (unsigned int i = 0; i < n; i++)
			ok &= ck_ring_dequeue_spsc(&ck->ring, ck->slots, &out[i]);
		return ok;
	case CK_MPMC:
		for (unsigned int i = 0; i < n; i++)
			ok &= ck_ring_dequeue_mpmc(&ck->ring, ck->slots, &out[i]);
		return ok;
	}
	return false;
}

rlb_always_inline double loop(enum ring_kind kind, unsigned int n)
{
	void *ring = rings[kind];
	uint64_t start = bench_tsc();

	for (unsigned int i = 0; i < SLICE_ELEMENTS; i += n) {
		if (!enqueue(kind, ring, n) || !dequeue(kind, ring, n))
			bench_fail("a ring that has room or elements says it has not");
		bench_clobber();
	}
	return (double)(bench_tsc() - start) / SLICE_ELEMENTS;
}

/* What a call of ck_ring moved in part cannot be told from its answer: one at a time there. */
rlb_always_inline void produce(enum ring_kind kind, unsigned int n)
{
	bool single = kind == CK_SPSC || kind == CK_MPMC;
	unsigned int step = single ? 1 : n;
	void *ring = rings[kind];

	for (unsigned int i = 0; i < CROSS_CALLS * n; i += step) {
		while (!enqueue(kind, ring, step))
			rlb_cpu_pause();
		bench_clobber();
	}
}

rlb_always_inline void consume(enum ring_kind kind, unsigned int n)
{
	bool single = kind == CK_SPSC || kind == CK_MPMC;
	unsigned int step = single ? 1 : n;
	void *ring = rings[kind];

	for (unsigned int i = 0; i < CROSS_CALLS * n; i += step) {
		while (!dequeue(kind, ring, step))
			rlb_cpu_pause();
		bench_clobber();
	}
}

/* Functions of their own, so that no side's code is compiled in the midst of another's. */
static double rlb_spsc(unsigned int n)
{
	return loop(RLB_SPSC, n);
}

static void rlb_spsc_produce(unsigned int n)
{
	produce(RLB_SPSC, n);
}

static void rlb_spsc_consume(unsigned int n)
{
	consume(RLB_SPSC, n);
}

static double rte_spsc(unsigned int n)
{
	return loop(RTE_SPSC, n);
}

static void rte_spsc_produce(unsigned int n)
{
	produce(RTE_SPSC, n);
}

static void rte_spsc_consume(unsigned int n)
{
	consume(RTE_SPSC, n);
}

static double ck_spsc(unsigned int n)
{
	return loop(CK_SPSC, n);
}

static void ck_spsc_produce(unsigned int n)
{
	produce(CK_SPSC, n);
}

static void ck_spsc_consume(unsigned int n)
{
	consume(CK_SPSC, n);
}

static double rlb_mpmc(unsigned int n)
{
	return loop(RLB_MPMC, n);
}

static void rlb_mpmc_produce(unsigned int n)
{
	produce(RLB_MPMC, n);
}

static void rlb_mpmc_consume(unsigned int n)
{
	consume(RLB_MPMC, n);
}

static double rte_mpmc(unsigned int n)
{
	return loop(RTE_MPMC, n);
}

static void rte_mpmc_produce(unsigned int n)
{
	produce(RTE_MPMC, n);
}

static void rte_mpmc_consume(unsigned int n)
{
	consume(RTE_MPMC, n);
}

static double ck_mpmc(unsigned int n)
{
	return loop(CK_MPMC, n);
}

static void ck_mpmc_produce(unsigned int n)
{
	produce(CK_MPMC, n);
}

static void ck_mpmc_consume(unsigned int n)
{
	consume(CK_MPMC, n);
}

static const struct {
	double (*loop)(unsigned int n);
	void (*produce)(unsigned int n);
	void (*consume)(unsigned int n);
} kinds[] = {
	[RLB_SPSC] = {rlb_spsc, rlb_spsc_produce, rlb_spsc_consume},
	[RTE_SPSC] = {rte_spsc, rte_spsc_produce, rte_spsc_consume},
	[CK_SPSC] = {ck_spsc, ck_spsc_produce, ck_spsc_consume},
	[RLB_MPMC] = {rlb_mpmc, rlb_mpmc_produce, rlb_mpmc_consume},
	[RTE_MPMC] = {rte_mpmc, rte_mpmc_produce, rte_mpmc_consume},
	[CK_MPMC] = {ck_mpmc, ck_mpmc_produce, ck_mpmc_consume},
};

static double ring_slice(const void *arg)
{
	const struct ring_case *c = arg;

	return kinds[c->kind].loop(bench_opaque(c->bulk));
}

static void cross_produce(const void *arg)
{
	const struct ring_case *c = arg;

	kinds[c->kind].produce(bench_opaque(c->bulk));
}

static double cross_slice(const void *arg)
{
	const struct ring_case *c = arg;
	uint64_t start;

	bench_partner_start(cross_produce, arg);
	start = bench_tsc();
	bench_partner_go();
	kinds[c->kind].consume(bench_opaque(c->bulk));
	start = bench_tsc() - start;
	bench_partner_wait();
	return (double)start / CROSS_CALLS / c->bulk;
}

static struct ck *ck_create(void)
{
	struct ck *ck = aligned_alloc(64, sizeof(*ck));

	if (!ck)
		bench_fail("no memory");
	ck_ring_init(&ck->ring, SLOTS);
	return ck;
}

static void create_rings(void)
{
	if (rlb_ring_spsc_create((struct rlb_ring_spsc **)&rings[RLB_SPSC], SLOTS, RLB_NUMA_ANY) ||
	    rlb_ring_mpmc_create((struct rlb_ring_mpmc **)&rings[RLB_MPMC], SLOTS, RLB_NUMA_ANY))
		bench_fail("no memory");
	rings[RTE_SPSC] =
		rte_ring_create("spsc", SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	rings[RTE_MPMC] = rte_ring_create("mpmc", SLOTS, SOCKET_ID_ANY, 0);
	if (!rings[RTE_SPSC] || !rings[RTE_MPMC])
		bench_fail("rte_ring_create failed");
	rings[CK_SPSC] = ck_create();
	rings[CK_MPMC] = ck_create();
	for (unsigned int i = 0; i < BULK_MAX; i++)
		in[i] = &in[i];
}

static void compare_kinds(bool cross, enum ring_kind first, unsigned int bulk)
{
	static const char *const peers[] = {"rte_ring", "ck_ring"};
	bench_slice_fn slice = cross ? cross_slice : ring_slice;
	struct ring_case cases[3];
	struct bench_side sides[3];
	char metric[64];

	snprintf(metric, sizeof(metric), "ring.%s.bulk%u%s.cycles",
		 first == RLB_SPSC ? "spsc" : "mpmc", bulk, cross ? ".cross" : "");
	if (!bench_wanted(metric))
		return;
	if (cross && bench_other_cpu() < 0) {
		fprintf(stderr, "bench: %s skipped: this process has one CPU only\n", metric);
		return;
	}
	if (!rings[0])
		create_rings();
	for (unsigned int i = 0; i < 3; i++) {
		cases[i] = (struct ring_case){first + i, bulk};
		sides[i] = (struct bench_side){slice, &cases[i]};
	}
	for (unsigned int i = 0; i < 2; i++)
		bench_compare(metric, peers[i], "cycles", cross ? 11 : 401, &sides[0],
			      &sides[i + 1]);
}

int main(int argc, char **argv)
{
	static const unsigned int bulks[] = {1, 8, 32};

	bench_init(argc, argv);
	bench_dpdk_init();
	for (int cross = 0; cross < 2; cross++) {
		for (unsigned int i = 0; i < 3; i++) {
			compare_kinds(cross, RLB_SPSC, bulks[i]);
			compare_kinds(cross, RLB_MPMC, bulks[i]);
		}
	}
	return 0;
}
