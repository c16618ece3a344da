/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: the parts that are not worth inlining. */
#include <errno.h>
#include <string.h>

#include <ringlib/buf.h>

#include "ringlib/util.h"

RLB_API void rlb_buf_free_tail(struct rlb_buf *buf)
{
	struct rlb_buf *next, *seg = buf->next;

	buf->next = NULL;
	buf->segs = 1;
	for (; seg; seg = next) {
		next = seg->next;
		seg->next = NULL;
		seg->segs = 1;
		rlb_pool_put(seg->pool, &seg, 1);
	}
}

RLB_API int rlb_buf_write(struct rlb_buf **out, struct rlb_pool *pool, const void *data,
			  size_t bytes)
{
	unsigned int first_room = pool->room_bytes - pool->headroom_bytes;
	struct rlb_buf *segs[RLB_SEGS_MAX];
	const uint8_t *from = data;
	size_t left = bytes;
	unsigned int n;

	*out = NULL;
	/* Each segment keeps its headroom, as a received one does. */
	if (bytes == 0 || bytes > UINT16_MAX)
		return -EINVAL;
	n = (unsigned int)((bytes + first_room - 1) / first_room);
	if (n > RLB_SEGS_MAX)
		return -EINVAL;
	if (rlb_buf_alloc_bulk(pool, segs, n))
		return -ENOBUFS;
	for (unsigned int i = 0; i < n; i++) {
		size_t part = left < first_room ? left : first_room;

		memcpy(rlb_buf_data(segs[i]), from, part);
		segs[i]->data_bytes = (uint16_t)part;
		segs[i]->next = i + 1 < n ? segs[i + 1] : NULL;
		from += part;
		left -= part;
	}
	segs[0]->segs = (uint16_t)n;
	segs[0]->frame_bytes = (uint32_t)bytes;
	*out = segs[0];
	return 0;
}

RLB_API size_t rlb_buf_read(const struct rlb_buf *buf, void *data, size_t room)
{
	uint8_t *to = data;
	size_t left = room;

	for (const struct rlb_buf *seg = buf; seg && left; seg = seg->next) {
		size_t part = seg->data_bytes < left ? seg->data_bytes : left;

		memcpy(to, rlb_buf_data(seg), part);
		to += part;
		left -= part;
	}
	return buf->frame_bytes;
}
