/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet buffers: one 64-byte header line, headroom, data; a frame is a chain of one or more. */
#ifndef RLB_BUF_H
#define RLB_BUF_H

#include <assert.h>

#include <ringlib/base.h>
#include <ringlib/pool.h>

RLB_BEGIN_DECLS

/* Segments a frame may have. A frame with more is dropped by rlb_tx_burst(), and counted. */
#define RLB_SEGS_MAX 40u

/* What a device found out about a received frame, in rlb_buf.flags. */
#define RLB_BUF_IP_CSUM_OK  (1u << 0)
#define RLB_BUF_IP_CSUM_BAD (1u << 1)
#define RLB_BUF_L4_CSUM_OK  (1u << 2)
#define RLB_BUF_L4_CSUM_BAD (1u << 3)
#define RLB_BUF_RSS	    (1u << 4) /* rss_hash is valid */
#define RLB_BUF_VLAN	    (1u << 5) /* a tag was taken off; vlan_tci is valid */

/*
 * The header line. Fields marked (1) mean something in a frame's first segment only.
 * In a pool: next is NULL and segs is 1.
 */
struct rlb_buf {
	struct rlb_pool *pool;
	struct rlb_buf *next; /* next segment, or NULL */
	uint16_t data_off;    /* from the byte behind this line to the segment's data */
	uint16_t data_bytes;  /* data in this segment */
	uint32_t frame_bytes; /* (1) data in the whole frame, no FCS */
	uint16_t segs;	      /* (1) segments, 1..RLB_SEGS_MAX */
	uint16_t flags;	      /* (1) RLB_BUF_* */
	uint32_t rss_hash;    /* (1) */
	uint16_t vlan_tci;    /* (1) */
	uint16_t room_bytes;  /* bytes behind this line: headroom and data; set by the pool */
	uint8_t mem_id;	      /* region the buffer lies in; set by the pool */
	uint8_t free;	      /* debug builds: whether it is in its pool */
	uint8_t pad[2];
	uint64_t user[2]; /* the program's own; the library leaves it alone */
} RLB_CACHE_ALIGNED;

static_assert(sizeof(struct rlb_buf) == RLB_CACHE_LINE, "a buffer's header is one cache line");

/* First byte of this segment's data. */
static inline uint8_t *rlb_buf_data(const struct rlb_buf *buf)
{
	return (uint8_t *)(buf + 1) + buf->data_off;
}

/* Bytes that can be added in front of this segment's data. */
static inline unsigned int rlb_buf_headroom(const struct rlb_buf *buf)
{
	return buf->data_off;
}

/* Bytes that can be added behind this segment's data. */
static inline unsigned int rlb_buf_tailroom(const struct rlb_buf *buf)
{
	return buf->room_bytes - buf->data_off - buf->data_bytes;
}

/* Make @buf, fresh from its pool, an empty frame of one segment behind the pool's headroom. */
static inline void rlb_buf_reset(struct rlb_buf *buf, const struct rlb_pool *pool)
{
	buf->data_off = pool->headroom_bytes;
	buf->data_bytes = 0;
	buf->frame_bytes = 0;
	buf->flags = 0;
}

/**
 * rlb_buf_alloc() - take one empty frame from @pool.
 * Return: the frame, or NULL (pool exhausted).
 * Context: any thread. Never blocks.
 */
static inline struct rlb_buf *rlb_buf_alloc(struct rlb_pool *pool)
{
	struct rlb_buf *buf;

	if (rlb_pool_get(pool, &buf, 1))
		return NULL;
	rlb_buf_reset(buf, pool);
	return buf;
}

/**
 * rlb_buf_alloc_bulk() - take @n empty frames from @pool, all or none.
 * Return: 0, or -ENOBUFS.
 * Context: any thread. Never blocks.
 */
static inline int rlb_buf_alloc_bulk(struct rlb_pool *pool, struct rlb_buf **bufs, unsigned int n)
{
	int err = rlb_pool_get(pool, bufs, n);

	if (rlb_unlikely(err))
		return err;
	for (unsigned int i = 0; i < n; i++)
		rlb_buf_reset(bufs[i], pool);
	return 0;
}

/* The out-of-line half of the two functions below: frees the segments behind the first. */
RLB_API void rlb_buf_free_tail(struct rlb_buf *buf);

/* Give a frame, all its segments, back to where they came from. @buf: not NULL. */
static inline void rlb_buf_free(struct rlb_buf *buf)
{
	if (rlb_unlikely(buf->next))
		rlb_buf_free_tail(buf);
	rlb_pool_put(buf->pool, &buf, 1);
}

/**
 * rlb_buf_free_bulk() - give @n frames back, each to its own pool.
 * Context: any thread. Never blocks. Cost: one rlb_pool_put() for each run of one pool.
 */
static inline void rlb_buf_free_bulk(struct rlb_buf *const *bufs, unsigned int n)
{
	unsigned int from = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (rlb_unlikely(bufs[i]->next))
			rlb_buf_free_tail(bufs[i]);
		if (rlb_unlikely(bufs[i]->pool != bufs[from]->pool)) {
			rlb_pool_put(bufs[from]->pool, &bufs[from], i - from);
			from = i;
		}
	}
	if (rlb_likely(n))
		rlb_pool_put(bufs[from]->pool, &bufs[from], n - from);
}

/**
 * rlb_buf_append() - add @bytes at the end of the last segment, in place.
 * Return: where they are to be written, or NULL (not that much tailroom).
 */
static inline void *rlb_buf_append(struct rlb_buf *buf, unsigned int bytes)
{
	struct rlb_buf *last = buf;
	uint8_t *at;

	while (last->next)
		last = last->next;
	if (rlb_unlikely(bytes > rlb_buf_tailroom(last)))
		return NULL;
	at = rlb_buf_data(last) + last->data_bytes;
	last->data_bytes += bytes;
	buf->frame_bytes += bytes;
	return at;
}

/* Add @bytes in front of the frame. Return: its new first byte, or NULL (not that much headroom).
 */
static inline void *rlb_buf_prepend(struct rlb_buf *buf, unsigned int bytes)
{
	if (rlb_unlikely(bytes > buf->data_off))
		return NULL;
	buf->data_off -= bytes;
	buf->data_bytes += bytes;
	buf->frame_bytes += bytes;
	return rlb_buf_data(buf);
}

/**
 * rlb_buf_write() - make a frame of @bytes bytes, over as many segments of @pool as it needs.
 * @out: the frame; NULL on failure.
 * @data: what to copy in; @bytes: 1..65,535.
 * Return: 0; -EINVAL (@bytes out of range, or more than RLB_SEGS_MAX segments), -ENOBUFS.
 * Context: any thread. Never blocks. Cost: a copy.
 */
RLB_API int rlb_buf_write(struct rlb_buf **out, struct rlb_pool *pool, const void *data,
			  size_t bytes);

/**
 * rlb_buf_read() - copy the frame, all segments in order, out to @data.
 * @room: bytes at @data.
 * Return: the frame's length in bytes; no more than @room of them were written.
 */
RLB_API size_t rlb_buf_read(const struct rlb_buf *buf, void *data, size_t room);

RLB_END_DECLS

#endif
