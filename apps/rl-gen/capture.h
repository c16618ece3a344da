/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture file in memory: what is to be sent, and what must come back byte for byte. */
#ifndef RL_GEN_CAPTURE_H
#define RL_GEN_CAPTURE_H

#include <stdint.h>

struct capture_frame {
	const uint8_t *data;
	uint32_t bytes;
	uint32_t same_as; /* index of the first frame with the same bytes: its own, mostly */
	uint32_t chain;	  /* next frame in the same hash bucket, plus one; 0: none */
};

struct capture {
	struct capture_frame *frames;
	uint32_t count;
	uint32_t bytes_max; /* of a frame */
	uint32_t *buckets;  /* first frame of each, plus one */
	uint32_t bucket_mask;
};

#define CAPTURE_NONE UINT32_MAX

/* Read file @name. Return: exit code; a failure has been said. */
int capture_open(struct capture **out, const char *name);
void capture_close(struct capture *capture);

/* The first frame with exactly these bytes, or CAPTURE_NONE. */
uint32_t capture_find(const struct capture *capture, const uint8_t *data, uint32_t bytes);

#endif
