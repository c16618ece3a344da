/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools of packet buffers: a cache for each thread in front of a shared MPMC ring.
 *
 * rlb_pool_get() and rlb_pool_put() move bare buffers and look at nothing inside them; frames are
 * made and freed with <ringlib/buf.h>. In a debug build (-Ddebug_pool=true, RLB_DEBUG_POOL) each
 * buffer is marked and poisoned while it is free, and a double free, a free into the wrong pool
 * or a write after free is logged and ends the process with abort().
 */
#ifndef RLB_POOL_H
#define RLB_POOL_H

#include <ringlib/base.h>
#include <ringlib/ptrs.h>
#include <ringlib/thread.h>

RLB_BEGIN_DECLS

struct rlb_buf;
struct rlb_mem;

#define RLB_POOL_MAX	   (1u << 22) /* buffers in a pool */
#define RLB_POOL_CACHE_MAX 512u	      /* buffers in a thread's cache */
#define RLB_POOL_ROOM_MAX  16384u     /* bytes of a buffer behind its header line */
#define RLB_HEADROOM	   128u	      /* default room in front of a received frame */

#define RLB_POOL_BUSY UINT32_MAX /* of rlb_pool_destroy() */

struct rlb_pool_opts {
	size_t size;		 /* sizeof(struct rlb_pool_opts) */
	const char *name;	 /* for log lines; NULL: "pool" */
	unsigned int count;	 /* buffers, 1..RLB_POOL_MAX */
	unsigned int room_bytes; /* headroom and data; 0: RLB_HEADROOM + 2048; a multiple of 64 */
	unsigned int headroom_bytes; /* 0: RLB_HEADROOM; less than @room_bytes */
	unsigned int cache_slots;    /* a thread's cache; 0: 256 or count / 4, whichever is less */
	size_t page_bytes;	     /* as in struct rlb_mem_opts */
	int numa_node;		     /* as in struct rlb_mem_opts */
	uint32_t reserved;	     /* 0 */
};

#define RLB_POOL_OPTS_INIT                                                                         \
	{                                                                                          \
		.size = sizeof(struct rlb_pool_opts), .numa_node = -1                              \
	}

/* One thread's cache. That of index 0 has limit 0, so threads without a number take the slow path.
 */
struct rlb_pool_cache {
	uint32_t count; /* 0..limit */
	uint32_t limit; /* a put that would pass it goes to the shared ring first */
	struct rlb_buf *bufs[RLB_POOL_CACHE_MAX];
} RLB_CACHE_ALIGNED;

/* The part of a pool that the inline functions touch. Read-only outside the library. */
struct rlb_pool {
	struct rlb_pool_cache *caches; /* RLB_THREADS_MAX of them */
	uint16_t headroom_bytes;
	uint16_t room_bytes;
	uint8_t mem_id;
};

/**
 * rlb_pool_create() - make a pool of @opts->count buffers in one region of packet memory.
 * @out: the pool; NULL on failure.
 * Return: 0; -EINVAL (a field out of its range), -E2BIG (unknown bytes in @opts), -ENOMEM, or as
 *	rlb_mem_alloc().
 * Context: any thread. Blocks. A buffer does not straddle a page where it fits into one.
 */
RLB_API int rlb_pool_create(struct rlb_pool **out, const struct rlb_pool_opts *opts);

/**
 * rlb_pool_destroy() - free the pool; close the ports that use it first.
 * @pool: NULL is allowed.
 * Return: the number of buffers that were not in the pool (leaked by the program), which is also
 *	logged when it is not 0. Their memory is gone too. Or RLB_POOL_BUSY: rlb_mem_free() refused,
 *	as a NIC still has descriptors in flight that name its memory. Then nothing was freed:
 *	stop that port and call again.
 * Context: one thread, when no other uses the pool.
 */
RLB_API unsigned int rlb_pool_destroy(struct rlb_pool *pool);

/* Buffers in the pool and its caches. Context: any thread; exact only when no other uses the pool.
 */
RLB_API unsigned int rlb_pool_available(const struct rlb_pool *pool);

RLB_API unsigned int rlb_pool_count(const struct rlb_pool *pool);
RLB_API const struct rlb_mem *rlb_pool_mem(const struct rlb_pool *pool);

/* The out-of-line halves of the two functions below. */
RLB_API int rlb_pool_get_slow(struct rlb_pool *pool, struct rlb_buf **bufs, unsigned int n);
RLB_API void rlb_pool_put_slow(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n);
#ifdef RLB_DEBUG_POOL
RLB_API void rlb_pool_check_get(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n);
RLB_API void rlb_pool_check_put(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n);
#endif

/**
 * rlb_pool_get() - take @n bare buffers, all or none. Their headers hold what the last user left,
 *	except that next is NULL and segs is 1.
 * @n: 0..the pool's count.
 * Return: 0, or -ENOBUFS (fewer than @n are free outside the caches of other threads).
 * Context: any thread. Never blocks. Cost: a copy of @n pointers while the cache lasts.
 */
static inline int rlb_pool_get(struct rlb_pool *pool, struct rlb_buf **bufs, unsigned int n)
{
	struct rlb_pool_cache *cache = &pool->caches[rlb_thread_index];
	uint32_t count = cache->count;

	if (rlb_unlikely(count < n)) {
		int err = rlb_pool_get_slow(pool, bufs, n);

		if (err)
			return err;
	} else {
		cache->count = count - n;
		rlb_ptrs_copy(bufs, &cache->bufs[count - n], n);
	}
#ifdef RLB_DEBUG_POOL
	rlb_pool_check_get(pool, bufs, n);
#endif
	return 0;
}

/**
 * rlb_pool_put() - give back @n buffers of this pool, each with next NULL and segs 1.
 * Context: any thread. Never blocks. Cost: a copy of @n pointers while the cache has room.
 */
static inline void rlb_pool_put(struct rlb_pool *pool, struct rlb_buf *const *bufs, unsigned int n)
{
	struct rlb_pool_cache *cache = &pool->caches[rlb_thread_index];
	uint32_t count = cache->count;

#ifdef RLB_DEBUG_POOL
	rlb_pool_check_put(pool, bufs, n);
#endif
	if (rlb_unlikely(n > cache->limit - count)) {
		rlb_pool_put_slow(pool, bufs, n);
		return;
	}
	cache->count = count + n;
	rlb_ptrs_copy(&cache->bufs[count], bufs, n);
}

RLB_END_DECLS

#endif
