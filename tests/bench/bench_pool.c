/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools and buffers against DPDK's rte_mempool and rte_pktmbuf: cycles a buffer to take and give
 * back, in one thread, with a cache of the same size on both sides. Pool: bare buffers. Buffer:
 * frames that are ready for use, so headers are written, and read when they are freed.
 */
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <ringlib/buf.h>
#include <ringlib/pool.h>

#include "bench.h"
#include "dpdk.h"

#define COUNT	      8192u
#define CACHE	      256u
#define ROOM_BYTES    (RLB_HEADROOM + 2048u)
#define SLICE_BUFFERS 8192u
#define BULK_MAX      32u
#define SLICES	      401u

static struct rlb_pool *pool;
static struct rte_mempool *mempool;
static struct rte_mempool *mbuf_pool;
static struct rlb_buf *bufs[BULK_MAX];
static void *objs[BULK_MAX];
static struct rte_mbuf *mbufs[BULK_MAX];

static double rlb_pool_slice(const void *arg)
{
	unsigned int n = bench_opaque(*(const unsigned int *)arg);
	struct rlb_pool *from = pool;
	uint64_t start = bench_tsc();

	for (unsigned int i = 0; i < SLICE_BUFFERS; i += n) {
		if (rlb_pool_get(from, bufs, n))
			bench_fail("rlb_pool_get failed");
		bench_clobber();
		rlb_pool_put(from, bufs, n);
		bench_clobber();
	}
	return (double)(bench_tsc() - start) / SLICE_BUFFERS;
}

static double rte_mempool_slice(const void *arg)
{
	unsigned int n = bench_opaque(*(const unsigned int *)arg);
	struct rte_mempool *from = mempool;
	uint64_t start = bench_tsc();

	for (unsigned int i = 0; i < SLICE_BUFFERS; i += n) {
		if (rte_mempool_get_bulk(from, objs, n))
			bench_fail("rte_mempool_get_bulk failed");
		bench_clobber();
		rte_mempool_put_bulk(from, objs, n);
		bench_clobber();
	}
	return (double)(bench_tsc() - start) / SLICE_BUFFERS;
}

static double rlb_buf_slice(const void *arg)
{
	unsigned int n = bench_opaque(*(const unsigned int *)arg);
	struct rlb_pool *from = pool;
	uint64_t start = bench_tsc();

	for (unsigned int i = 0; i < SLICE_BUFFERS; i += n) {
		if (rlb_buf_alloc_bulk(from, bufs, n))
			bench_fail("rlb_buf_alloc_bulk failed");
		bench_clobber();
		rlb_buf_free_bulk(bufs, n);
		bench_clobber();
	}
	return (double)(bench_tsc() - start) / SLICE_BUFFERS;
}

static double rte_pktmbuf_slice(const void *arg)
{
	unsigned int n = bench_opaque(*(const unsigned int *)arg);
	struct rte_mempool *from = mbuf_pool;
	uint64_t start = bench_tsc();

	for (unsigned int i = 0; i < SLICE_BUFFERS; i += n) {
		if (rte_pktmbuf_alloc_bulk(from, mbufs, n))
			bench_fail("rte_pktmbuf_alloc_bulk failed");
		bench_clobber();
		rte_pktmbuf_free_bulk(mbufs, n);
		bench_clobber();
	}
	return (double)(bench_tsc() - start) / SLICE_BUFFERS;
}

static void create_pools(void)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;

	opts.count = COUNT;
	opts.room_bytes = ROOM_BYTES;
	opts.cache_slots = CACHE;
	opts.page_bytes = 4096; /* as DPDK has without huge pages */
	if (rlb_pool_create(&pool, &opts))
		bench_fail("rlb_pool_create failed");
	mempool = rte_mempool_create("pool", COUNT, sizeof(struct rte_mbuf) + ROOM_BYTES, CACHE, 0,
				     NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	mbuf_pool = rte_pktmbuf_pool_create("mbufs", COUNT, CACHE, 0, ROOM_BYTES, SOCKET_ID_ANY);
	if (!mempool || !mbuf_pool)
		bench_fail("DPDK's pools could not be created");
}

static void compare(const char *metric, const char *peer_name, bench_slice_fn ours,
		    bench_slice_fn peer, unsigned int bulk)
{
	struct bench_side sides[2] = {{ours, &bulk}, {peer, &bulk}};

	if (!bench_wanted(metric))
		return;
	if (!pool)
		create_pools();
	bench_compare(metric, peer_name, "cycles", SLICES, &sides[0], &sides[1]);
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	bench_dpdk_init();
	compare("pool.cached.bulk1.cycles", "rte_mempool", rlb_pool_slice, rte_mempool_slice, 1);
	compare("pool.cached.bulk32.cycles", "rte_mempool", rlb_pool_slice, rte_mempool_slice, 32);
	compare("buf.alloc_free.bulk32.cycles", "rte_pktmbuf", rlb_buf_slice, rte_pktmbuf_slice,
		32);
	return 0;
}
