/* SPDX-License-Identifier: BSD-2-Clause */
/* A started e1000 on a fake NIC, with a pool: what the tests of its data path begin with. */
#ifndef TEST_E1000_RIG_H
#define TEST_E1000_RIG_H

#include "driver/e1000/e1000.h"
#include "fake_nic.h"

#define RIG_BUFS 512u

struct rig {
	enum fake_nic_model model;
	unsigned int queues; /* of each direction */
	unsigned int slots;
	unsigned int mtu;
	unsigned int room_bytes; /* of a buffer behind the headroom */
	unsigned int bufs;	 /* in the pool */
	bool split;		 /* the driver's rings are not the device's */
	bool verify;		 /* doorbells are verified; RIG_VERIFY in the environment: all */

	struct fake_nic *fake;
	const struct rld_driver *driver;
	struct rlb_pool *pool;
	struct rld_dev *dev;
};

/* One queue, 64 slots, MTU 1500, 2048 bytes of room, RIG_BUFS buffers. */
#define RIG_INIT(model_)                                                                           \
	{                                                                                          \
		.model = (model_), .queues = 1, .slots = 64, .mtu = 1500, .room_bytes = 2048,      \
		.bufs = RIG_BUFS                                                                   \
	}

void rig_open(struct rig *rig);	 /* fake, pool, driver.open */
void rig_start(struct rig *rig); /* rig_open() and driver.start */
/* Stop if started, close, and check that no buffer is missing and nothing was out of bounds. */
void rig_close(struct rig *rig);

unsigned int rig_rx(struct rig *rig, unsigned int q, struct rlb_buf **bufs, unsigned int n);
unsigned int rig_tx(struct rig *rig, unsigned int q, struct rlb_buf *const *bufs, unsigned int n);

/* A frame of @bytes bytes, each made from @seed and its place, over as many segments as it needs.
 */
struct rlb_buf *rig_frame(struct rig *rig, unsigned int seed, size_t bytes);
void rig_fill(uint8_t *data, unsigned int seed, size_t bytes);
/* Whether @data is what rig_fill() makes. */
bool rig_is(const uint8_t *data, unsigned int seed, size_t bytes);
/* Whether @buf's frame is, and its header is consistent. */
bool rig_frame_is(const struct rlb_buf *buf, unsigned int seed, size_t bytes);

#endif
