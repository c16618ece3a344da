/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/ringlib.h>

#include "../common.h"
#include "../port.h"
#include "capture.h"

#define BURST 32u

static uint32_t hash_of(const uint8_t *data, uint32_t bytes)
{
	uint64_t hash = bytes;

	for (uint32_t i = 0; i < bytes; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3); /* FNV-1a's prime */
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t capture_find(const struct capture *capture, const uint8_t *data, uint32_t bytes)
{
	uint32_t at = capture->buckets[hash_of(data, bytes) & capture->bucket_mask];

	for (; at; at = capture->frames[at - 1].chain) {
		const struct capture_frame *frame = &capture->frames[at - 1];

		if (frame->bytes == bytes && memcmp(frame->data, data, bytes) == 0)
			return at - 1;
	}
	return CAPTURE_NONE;
}

static bool add(struct capture *capture, const struct rlb_buf *buf)
{
	uint32_t n = capture->count;
	uint8_t *data = malloc(buf->frame_bytes);

	/* Grown at each power of two. */
	if ((n & (n - 1)) == 0) {
		struct capture_frame *frames =
			realloc(capture->frames, (n ? 2 * (size_t)n : 1) * sizeof(*frames));

		if (frames)
			capture->frames = frames;
		else
			free(data), data = NULL;
	}
	if (!data) {
		app_error("no memory for frame %u of the capture", n + 1);
		return false;
	}
	rlb_buf_read(buf, data, buf->frame_bytes);
	capture->frames[n] = (struct capture_frame){.data = data, .bytes = buf->frame_bytes};
	if (buf->frame_bytes > capture->bytes_max)
		capture->bytes_max = buf->frame_bytes;
	capture->count++;
	return true;
}

static bool build_index(struct capture *capture)
{
	uint32_t buckets = 16;

	while (buckets < capture->count)
		buckets *= 2;
	capture->buckets = calloc(buckets, sizeof(*capture->buckets));
	capture->bucket_mask = buckets - 1;
	if (!capture->buckets) {
		app_error("no memory for an index of %u frames", capture->count);
		return false;
	}
	for (uint32_t i = 0; i < capture->count; i++) {
		struct capture_frame *frame = &capture->frames[i];
		uint32_t *bucket = &capture->buckets[hash_of(frame->data, frame->bytes) &
						     capture->bucket_mask];
		uint32_t found = capture_find(capture, frame->data, frame->bytes);

		frame->same_as = found == CAPTURE_NONE ? i : found;
		if (found == CAPTURE_NONE) {
			frame->chain = *bucket;
			*bucket = i + 1;
		}
	}
	return true;
}

/* All of the file; the library says what is wrong with it. */
static int read_all(struct capture *capture, struct app_port *port)
{
	struct rlb_buf *bufs[BURST];
	unsigned int events = 0, n;
	bool good = true;

	if (rlb_port_start(port->port))
		return APP_FAILED;
	while (good && !(events & (RLB_EVENT_END | RLB_EVENT_ERROR))) {
		while (good && (n = rlb_rx_burst(port->port, 0, bufs, BURST))) {
			for (unsigned int i = 0; i < n && good; i++)
				good = add(capture, bufs[i]);
			rlb_buf_free_bulk(bufs, n);
		}
		events = rlb_port_events(port->port);
	}
	return good && !(events & RLB_EVENT_ERROR) ? APP_OK : APP_FAILED;
}

static int load(struct capture *capture, const char *name)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct app_port port = {0};
	char uri[4096];
	int code;

	snprintf(uri, sizeof(uri), "pcap:%s", name);
	port.uri = uri;
	pool_opts.name = "capture";
	pool_opts.count = 256;
	pool_opts.page_bytes = 4096;
	opts.tx_queues = 0;
	if (rlb_pool_create(&opts.pool, &pool_opts))
		return APP_FAILED;
	code = app_port_open(&port, &opts);
	if (!code)
		code = read_all(capture, &port);
	app_port_close(&port);
	rlb_pool_destroy(opts.pool);
	return code;
}

int capture_open(struct capture **out, const char *name)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int code = capture ? load(capture, name) : APP_FAILED;

	if (!code && !capture->count) {
		app_error("%s holds no frame to send; give a capture that has some", name);
		code = APP_FAILED;
	}
	if (!code && !build_index(capture))
		code = APP_FAILED;
	if (code) {
		capture_close(capture);
		return code;
	}
	*out = capture;
	return APP_OK;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	for (uint32_t i = 0; i < capture->count; i++)
		free((void *)(uintptr_t)capture->frames[i].data);
	free(capture->frames);
	free(capture->buckets);
	free(capture);
}
