/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include <ringlib/buf.h>
#include <ringlib/pool.h>

#include "e1000_rig.h"
#include "unit.h"

void rig_open(struct rig *rig)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;

	rlb_thread_register();
	rig->driver = rig->model == FAKE_NIC_82574 ? &e1000e_driver : &e1000_driver;
	rig->fake = fake_nic_open(rig->model);
	assert_non_null(rig->fake);
	rig->verify |= getenv("RIG_VERIFY") != NULL;
	rig->fake->split = rig->split && !rig->verify;
	if (rig->verify)
		fake_nic_verify(rig->fake);
	opts.count = rig->bufs;
	opts.room_bytes = RLB_HEADROOM + rig->room_bytes;
	opts.page_bytes = FAKE_NIC_PAGE;
	assert_int_equal(rlb_pool_create(&rig->pool, &opts), 0);
	assert_int_equal(rig->driver->probe(&rig->fake->nic), 0);
	assert_int_equal(rig->driver->open(&rig->dev, &rig->fake->nic), 0);
	rig->dev->driver = rig->driver;
	rig->dev->conf = (struct rld_conf){
		.pool = rig->pool,
		.rx_queues = rig->queues,
		.tx_queues = rig->queues,
		.rx_slots = rig->slots,
		.tx_slots = rig->slots,
		.mtu = rig->mtu,
	};
}

void rig_start(struct rig *rig)
{
	rig_open(rig);
	assert_int_equal(rig->driver->start(rig->dev), 0);
}

void rig_close(struct rig *rig)
{
	if (rig->fake->rings_open)
		rig->driver->stop(rig->dev);
	rig->driver->close(rig->dev);
	assert_int_equal(rig->fake->rings_open, 0);
	assert_int_equal(rig->fake->faults, 0);
	fake_nic_close(rig->fake);
	assert_int_equal(rlb_pool_available(rig->pool), rig->bufs);
	assert_int_equal(rlb_pool_destroy(rig->pool), 0);
}

unsigned int rig_rx(struct rig *rig, unsigned int q, struct rlb_buf **bufs, unsigned int n)
{
	return rig->dev->rxq[q].burst(rig->dev->rxq[q].queue, bufs, n);
}

unsigned int rig_tx(struct rig *rig, unsigned int q, struct rlb_buf *const *bufs, unsigned int n)
{
	return rig->dev->txq[q].burst(rig->dev->txq[q].queue, bufs, n);
}

void rig_fill(uint8_t *data, unsigned int seed, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

bool rig_is(const uint8_t *data, unsigned int seed, size_t bytes)
{
	uint8_t want[FAKE_NIC_FRAME_MAX];

	rig_fill(want, seed, bytes);
	return memcmp(data, want, bytes) == 0;
}

struct rlb_buf *rig_frame(struct rig *rig, unsigned int seed, size_t bytes)
{
	uint8_t data[FAKE_NIC_FRAME_MAX];
	struct rlb_buf *buf;

	rig_fill(data, seed, bytes);
	assert_int_equal(rlb_buf_write(&buf, rig->pool, data, bytes), 0);
	return buf;
}

bool rig_frame_is(const struct rlb_buf *buf, unsigned int seed, size_t bytes)
{
	uint8_t data[FAKE_NIC_FRAME_MAX];
	unsigned int segs = 0;
	size_t sum = 0;

	for (const struct rlb_buf *seg = buf; seg; seg = seg->next) {
		segs++;
		sum += seg->data_bytes;
	}
	return segs == buf->segs && sum == bytes && buf->frame_bytes == bytes &&
	       rlb_buf_read(buf, data, sizeof(data)) == bytes && rig_is(data, seed, bytes);
}
