/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that tell the receiver what became of them: UDP over IPv4 with valid checksums.
 *
 *	Ethernet	14 bytes
 *	IPv4		20, RFC 791; 198.18.F.F to 198.19.F.F (RFC 2544, C.2.2), F.F: the flow
 *	UDP		8, RFC 768; source port from the flow, destination port: the stream
 *	payload		magic 2, sequence number in the flow 8, send time in us 4, check 4, filling
 *
 * Numbers are big-endian. The check covers flow, stream, the payload before it and the filling,
 * which follows from flow and sequence number. The smallest frame holds no filling.
 */
#ifndef RL_GEN_FRAME_H
#define RL_GEN_FRAME_H

#include <stdint.h>

#define FRAME_BYTES_MIN 60u
#define FRAME_BYTES_MAX 9018u
#define FRAME_FLOWS_MAX 65536u

struct frame_id {
	uint32_t flow; /* 0..FRAME_FLOWS_MAX - 1 */
	uint16_t stream;
	uint64_t seq;
	uint32_t sent_us; /* low bits of a clock */
};

enum frame_verdict {
	FRAME_GOOD,
	FRAME_FOREIGN, /* not of this stream */
	FRAME_CORRUPT,
};

/* Write a frame of @bytes bytes (FRAME_BYTES_MIN..FRAME_BYTES_MAX, no FCS) to @at. */
void frame_make(uint8_t *at, unsigned int bytes, const struct frame_id *id, const uint8_t dst[6],
		const uint8_t src[6]);

/* Is this a whole frame of @stream? Fills @id if it is. */
enum frame_verdict frame_check(const uint8_t *at, unsigned int bytes, uint16_t stream,
			       struct frame_id *id);

#endif
