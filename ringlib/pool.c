/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: layout of buffers in their region, thread caches, debug checks. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/pool.h>
#include <ringlib/ring.h>

#include "ringlib/util.h"

#define ROOM_DEFAULT  (RLB_HEADROOM + 2048u)
#define CACHE_DEFAULT 256u
#define POISON	      0x6b

struct pool {
	struct rlb_pool base; /* what programs hold; must stay first */
	struct rlb_mem *mem;
	struct rlb_ring_mpmc
		*shared; /* buffers that are in no cache; holds all of them if need be */
	unsigned int count;
	size_t stride_bytes;   /* of a buffer: header line and room */
	unsigned int per_page; /* buffers that fit into a page; 0: they straddle pages */
	char name[24];
};

static struct pool *to_pool(const struct rlb_pool *base)
{
	return container_of((struct rlb_pool *)(uintptr_t)base, struct pool, base);
}

/* The @i-th buffer of the region. None straddles a page where one fits into a page. */
static struct rlb_buf *buf_at(const struct pool *pool, unsigned int i)
{
	uint8_t *start = rlb_mem_addr(pool->mem);

	if (!pool->per_page)
		return (struct rlb_buf *)(start + i * pool->stride_bytes);
	return (struct rlb_buf *)(start + i / pool->per_page * rlb_mem_page_bytes(pool->mem) +
				  i % pool->per_page * pool->stride_bytes);
}

static size_t region_bytes(size_t stride, unsigned int count, size_t page_bytes)
{
	size_t per_page = page_bytes / stride;

	return per_page ? (count + per_page - 1) / per_page * page_bytes : count * stride;
}

/* The page size is known only afterwards: where fallback pages need more room, ask once more. */
static int alloc_region(struct pool *pool, const struct rlb_pool_opts *o)
{
	static const size_t small_page = 4096;
	struct rlb_mem_opts mo = RLB_MEM_OPTS_INIT;
	size_t bytes;
	int err;

	mo.page_bytes = o->page_bytes;
	mo.numa_node = o->numa_node;
	bytes = region_bytes(pool->stride_bytes, pool->count,
			     o->page_bytes ? o->page_bytes : (size_t)2 << 20);
	err = rlb_mem_alloc(&pool->mem, bytes, &mo);
	if (err)
		return err;
	if (rlb_mem_page_bytes(pool->mem) == small_page &&
	    rlb_mem_bytes(pool->mem) < region_bytes(pool->stride_bytes, pool->count, small_page)) {
		err = rlb_mem_free(pool->mem);
		if (err)
			return err;
		mo.page_bytes = small_page;
		bytes = region_bytes(pool->stride_bytes, pool->count, small_page);
		err = rlb_mem_alloc(&pool->mem, bytes, &mo);
		if (err)
			return err;
	}
	pool->per_page = (unsigned int)(rlb_mem_page_bytes(pool->mem) / pool->stride_bytes);
	return 0;
}

#ifdef RLB_DEBUG_POOL
static void poison(struct rlb_buf *buf)
{
	buf->free = 1;
	buf->data_off = buf->data_bytes = POISON;
	buf->frame_bytes = POISON;
	memset(buf + 1, POISON, buf->room_bytes);
}

static void __attribute__((noreturn, format(printf, 3, 4)))
die(const struct rlb_pool *pool, const struct rlb_buf *buf, const char *fmt, ...)
{
	char why[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	rlb_log(ERR, "pool %s: buffer %p %s", to_pool(pool)->name, (const void *)buf, why);
	abort();
}

RLB_API void rlb_pool_check_get(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rlb_buf *buf = bufs[i];
		const uint8_t *room = (const uint8_t *)(buf + 1);

		if (!buf->free || buf->pool != pool || buf->next || buf->segs != 1 ||
		    buf->data_off != POISON || buf->data_bytes != POISON ||
		    buf->frame_bytes != POISON)
			die(pool, buf, "had its header written after it was freed");
		for (unsigned int at = 0; at < buf->room_bytes; at++) {
			if (room[at] != POISON)
				die(pool, buf, "was written after it was freed, at byte %u of %u",
				    at, buf->room_bytes);
		}
		buf->free = 0;
	}
}

RLB_API void rlb_pool_check_put(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rlb_buf *buf = bufs[i];

		if (buf->pool != pool)
			die(pool, buf, "is of another pool, or no buffer at all");
		if (buf->free)
			die(pool, buf, "was freed twice");
		if (buf->next || buf->segs != 1)
			die(pool, buf, "is still part of a chain; use rlb_buf_free()");
		poison(buf);
	}
}
#else
static void poison(struct rlb_buf *buf)
{
	(void)buf;
}
#endif

static int fill(struct pool *pool)
{
	for (unsigned int i = 0; i < pool->count; i++) {
		struct rlb_buf *buf = buf_at(pool, i);
		void *one = buf;

		*buf = (struct rlb_buf){
			.pool = &pool->base,
			.segs = 1,
			.room_bytes = pool->base.room_bytes,
			.mem_id = pool->base.mem_id,
		};
		poison(buf);
		if (rlb_ring_mpmc_enqueue_bulk(pool->shared, &one, 1) != 1)
			return -EFAULT;
	}
	return 0;
}

static int check_opts(struct rlb_pool_opts *o)
{
	if (!o->name)
		o->name = "pool";
	if (o->count == 0 || o->count > RLB_POOL_MAX) {
		rlb_log(ERR, "pool %s: %u buffers asked for; ask for 1..%u", o->name, o->count,
			RLB_POOL_MAX);
		return -EINVAL;
	}
	if (o->reserved) {
		rlb_log(ERR, "pool %s: rlb_pool_opts.reserved is %u; set it to 0", o->name,
			o->reserved);
		return -EINVAL;
	}
	if (!o->room_bytes)
		o->room_bytes = ROOM_DEFAULT;
	if (!o->headroom_bytes)
		o->headroom_bytes = RLB_HEADROOM;
	if (o->room_bytes > RLB_POOL_ROOM_MAX || o->room_bytes % RLB_CACHE_LINE ||
	    o->headroom_bytes >= o->room_bytes) {
		rlb_log(ERR,
			"pool %s: room of %u bytes with headroom of %u; room is a multiple of %d "
			"up "
			"to %u and more than the headroom",
			o->name, o->room_bytes, o->headroom_bytes, RLB_CACHE_LINE,
			RLB_POOL_ROOM_MAX);
		return -EINVAL;
	}
	if (!o->cache_slots)
		o->cache_slots = o->count / 4 < CACHE_DEFAULT ? o->count / 4 : CACHE_DEFAULT;
	if (o->cache_slots > RLB_POOL_CACHE_MAX) {
		rlb_log(ERR, "pool %s: caches of %u buffers asked for; ask for at most %u", o->name,
			o->cache_slots, RLB_POOL_CACHE_MAX);
		return -EINVAL;
	}
	return 0;
}

static unsigned int round_up_power_of_two(unsigned int n)
{
	return n <= 2 ? 2 : 1u << (32 - __builtin_clz(n - 1));
}

RLB_API int rlb_pool_create(struct rlb_pool **out, const struct rlb_pool_opts *opts)
{
	struct rlb_pool_opts o = RLB_POOL_OPTS_INIT;
	struct pool *pool;
	int err;

	*out = NULL;
	err = rlb_opts_copy("rlb_pool_opts", &o, sizeof(o), opts,
			    offset_behind(struct rlb_pool_opts, reserved));
	if (err)
		return err;
	err = check_opts(&o);
	if (err)
		return err;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return rlb_no_memory("a pool");
	snprintf(pool->name, sizeof(pool->name), "%s", o.name);
	pool->count = o.count;
	pool->stride_bytes = sizeof(struct rlb_buf) + o.room_bytes;
	pool->base.room_bytes = (uint16_t)o.room_bytes;
	pool->base.headroom_bytes = (uint16_t)o.headroom_bytes;

	pool->base.caches =
		aligned_alloc(RLB_CACHE_LINE, RLB_THREADS_MAX * sizeof(struct rlb_pool_cache));
	if (!pool->base.caches) {
		err = rlb_no_memory("a pool's caches");
		goto err_free;
	}
	for (unsigned int i = 0; i < RLB_THREADS_MAX; i++) {
		pool->base.caches[i].count = 0;
		pool->base.caches[i].limit = i ? o.cache_slots : 0;
	}
	err = rlb_ring_mpmc_create(&pool->shared, round_up_power_of_two(o.count), o.numa_node);
	if (err)
		goto err_caches;
	err = alloc_region(pool, &o);
	if (err)
		goto err_ring;
	pool->base.mem_id = (uint8_t)rlb_mem_id(pool->mem);
	err = fill(pool);
	if (err)
		goto err_mem;
	*out = &pool->base;
	return 0;

err_mem:
	rlb_mem_free(pool->mem);
err_ring:
	rlb_ring_mpmc_destroy(pool->shared);
err_caches:
	free(pool->base.caches);
err_free:
	free(pool);
	return err;
}

RLB_API unsigned int rlb_pool_destroy(struct rlb_pool *base)
{
	struct pool *pool = to_pool(base);
	unsigned int leaked;

	if (!base)
		return 0;
	leaked = pool->count - rlb_pool_available(base);
	if (rlb_mem_free(pool->mem))
		return RLB_POOL_BUSY;
	if (leaked)
		rlb_log(WARN, "pool %s: %u of %u buffers were never given back", pool->name, leaked,
			pool->count);
	rlb_ring_mpmc_destroy(pool->shared);
	free(pool->base.caches);
	free(pool);
	return leaked;
}

RLB_API unsigned int rlb_pool_available(const struct rlb_pool *base)
{
	unsigned int n = rlb_ring_mpmc_count(to_pool(base)->shared);

	for (unsigned int i = 0; i < RLB_THREADS_MAX; i++)
		n += READ_ONCE(base->caches[i].count);
	return n;
}

RLB_API unsigned int rlb_pool_count(const struct rlb_pool *base)
{
	return to_pool(base)->count;
}

RLB_API const struct rlb_mem *rlb_pool_mem(const struct rlb_pool *base)
{
	return to_pool(base)->mem;
}

/* The caller's cache. A thread that has no number yet gets one now, if there is one left. */
static struct rlb_pool_cache *own_cache(struct rlb_pool *base)
{
	return &base->caches[rlb_thread_register()];
}

/* More than a cache holds: what the cache has, and the rest straight from the shared ring. */
static int get_large(struct pool *pool, struct rlb_pool_cache *cache, struct rlb_buf **bufs,
		     unsigned int n)
{
	unsigned int have = cache->count < n ? cache->count : n;
	unsigned int rest = n - have;

	if (rlb_ring_mpmc_dequeue_bulk(pool->shared, (void **)(bufs + have), rest) != rest)
		return -ENOBUFS;
	cache->count -= have;
	memcpy(bufs, &cache->bufs[cache->count], have * sizeof(*bufs));
	return 0;
}

RLB_API int rlb_pool_get_slow(struct rlb_pool *base, struct rlb_buf **bufs, unsigned int n)
{
	struct rlb_pool_cache *cache = own_cache(base);
	struct pool *pool = to_pool(base);

	if (n > cache->limit)
		return get_large(pool, cache, bufs, n);
	if (cache->count < n) {
		/* What is missing, and half a cache more so that the next calls are fast. */
		unsigned int want = n - cache->count + cache->limit / 2;

		if (want > cache->limit - cache->count)
			want = cache->limit - cache->count;
		cache->count += rlb_ring_mpmc_dequeue_burst(
			pool->shared, (void **)&cache->bufs[cache->count], want);
		if (cache->count < n)
			return -ENOBUFS;
	}
	cache->count -= n;
	memcpy(bufs, &cache->bufs[cache->count], n * sizeof(*bufs));
	return 0;
}

RLB_API void rlb_pool_put_slow(struct rlb_pool *base, struct rlb_buf *const *bufs, unsigned int n)
{
	struct rlb_pool_cache *cache = own_cache(base);
	struct pool *pool = to_pool(base);
	unsigned int flush;

	/* The shared ring has a slot for every buffer of the pool, so it takes what it is given. */
	if (n > cache->limit) {
		rlb_ring_mpmc_enqueue_bulk(pool->shared, (void *const *)bufs, n);
		return;
	}
	if (n > cache->limit - cache->count) {
		/* The half that was used longest ago goes; more if that is not enough. */
		flush = cache->count + n - cache->limit;
		if (flush < cache->limit / 2)
			flush = cache->limit / 2;
		if (flush > cache->count)
			flush = cache->count;
		rlb_ring_mpmc_enqueue_bulk(pool->shared, (void *const *)cache->bufs, flush);
		cache->count -= flush;
		memmove(cache->bufs, &cache->bufs[flush], cache->count * sizeof(cache->bufs[0]));
	}
	memcpy(&cache->bufs[cache->count], bufs, n * sizeof(*bufs));
	cache->count += n;
}
