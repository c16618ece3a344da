/* SPDX-License-Identifier: BSD-2-Clause */
/* Transmit of the e1000 family, from frames to what a fake NIC sends. */
#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/pool.h>

#include "e1000_rig.h"
#include "unit.h"

static const enum fake_nic_model models[] = {FAKE_NIC_82574, FAKE_NIC_82540EM};

static struct rlb_queue_stats tx_stats(struct rig *rig)
{
	struct rlb_port_stats stats = {0};

	assert_int_equal(rig->driver->stats(rig->dev, &stats), 0);
	return stats.tx[0];
}

/* The next frame that was sent is this one. */
static void assert_sent(struct rig *rig, unsigned int q, unsigned int seed, size_t bytes)
{
	uint8_t data[FAKE_NIC_FRAME_MAX];

	assert_int_equal(fake_nic_tx_take(rig->fake, q, data, sizeof(data)), bytes);
	assert_true(rig_is(data, seed, bytes));
}

static void assert_nothing_sent(struct rig *rig)
{
	uint8_t data[64];

	fake_nic_poll(rig->fake);
	assert_int_equal(fake_nic_tx_take(rig->fake, 0, data, sizeof(data)), 0);
}

static void txq_frames_of_every_size_leave_whole(void **state)
{
	static const struct {
		unsigned int room, mtu;
		size_t bytes;
		const char *why;
	} table[] = {
		{2048, 1500, 14, "the shortest: a header"},
		{2048, 1500, 60, "the shortest on the wire"},
		{2048, 1500, 1518, "the longest of MTU 1500"},
		{2048, 9000, 2049, "one over a buffer"},
		{2048, 9000, 9018, "the longest"},
		{256, 9000, 9018, "the longest, over 36 segments"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		struct rlb_buf *buf;

		rig.room_bytes = table[i / 2].room;
		rig.mtu = table[i / 2].mtu;
		rig.split = i % 2;
		rig_start(&rig);
		buf = rig_frame(&rig, (unsigned int)i, table[i / 2].bytes);
		assert_int_equal(rig_tx(&rig, 0, &buf, 1), 1);
		fake_nic_poll(rig.fake);
		assert_sent(&rig, 0, (unsigned int)i, table[i / 2].bytes);
		assert_int_equal(tx_stats(&rig).packets, 1);
		assert_int_equal(tx_stats(&rig).bytes, table[i / 2].bytes);
		rig_close(&rig);
	}
}

static void txq_frame_that_cannot_be_sent_is_dropped_and_counted(void **state)
{
	static const struct {
		size_t bytes;
		enum rlb_drop cause;
		const char *why;
	} table[] = {
		{13, RLB_DROP_TOO_LONG, "less than a header"},
		{1, RLB_DROP_TOO_LONG, "one byte"},
		{1519, RLB_DROP_TOO_LONG, "one over MTU and overhead"},
		{4000, RLB_DROP_TOO_LONG, "of two segments"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_buf *bufs[3];

		rig_start(&rig);
		bufs[0] = rig_frame(&rig, 1, 60);
		bufs[1] = rig_frame(&rig, 2, table[i].bytes);
		bufs[2] = rig_frame(&rig, 3, 60);
		assert_int_equal(rig_tx(&rig, 0, bufs, 3), 3);
		fake_nic_poll(rig.fake);
		assert_sent(&rig, 0, 1, 60);
		assert_sent(&rig, 0, 3, 60);
		assert_nothing_sent(&rig);
		if (tx_stats(&rig).drops[table[i].cause] != 1 || tx_stats(&rig).packets != 2)
			fail_msg("not counted: %s", table[i].why);
		rig_close(&rig);
	}
}

/* A chain of @segs segments of one byte each, 100 in the first. */
static struct rlb_buf *chain(struct rig *rig, unsigned int segs)
{
	struct rlb_buf *first = rlb_buf_alloc(rig->pool), *last = first;

	rlb_buf_append(first, 100);
	for (; first->segs < segs; first->segs++) {
		last->next = rlb_buf_alloc(rig->pool);
		last = last->next;
		rlb_buf_append(last, 1);
		first->frame_bytes++;
	}
	return first;
}

static void txq_segments_are_limited(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *bufs[3];

	(void)state;
	rig_start(&rig);
	bufs[0] = chain(&rig, RLB_SEGS_MAX);
	bufs[1] = chain(&rig, RLB_SEGS_MAX + 1);
	bufs[2] = chain(&rig, 3);
	bufs[2]->next->data_bytes = 0; /* an empty segment */
	assert_int_equal(rig_tx(&rig, 0, bufs, 3), 3);
	fake_nic_poll(rig.fake);
	assert_int_equal(tx_stats(&rig).packets, 1);
	assert_int_equal(tx_stats(&rig).drops[RLB_DROP_TOO_MANY_SEGS], 2);
	rig_close(&rig);
}

static void txq_full_ring_accepts_zero(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82540EM);
	struct rlb_buf *bufs[100];

	(void)state;
	rig_start(&rig);
	for (unsigned int i = 0; i < 100; i++)
		bufs[i] = rig_frame(&rig, i, 60);
	assert_int_equal(rig_tx(&rig, 0, bufs, 100), 63); /* one slot stays free */
	assert_int_equal(rig_tx(&rig, 0, bufs + 63, 37), 0);
	if (!rig.verify) /* verified ones are not the fake's */
		assert_int_equal(rig.fake->tx[0].doorbells, 1);
	fake_nic_poll(rig.fake);
	assert_int_equal(rig_tx(&rig, 0, bufs + 63, 37), 37);
	fake_nic_poll(rig.fake);
	for (unsigned int i = 0; i < 100; i++)
		assert_sent(&rig, 0, i, 60);
	rig_close(&rig);
}

static void txq_chain_that_does_not_fit_is_not_begun(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *bufs[61];

	(void)state;
	rig.mtu = 9000;
	rig_start(&rig);
	for (unsigned int i = 0; i < 60; i++)
		bufs[i] = rig_frame(&rig, i, 60);
	bufs[60] = rig_frame(&rig, 60, 9018); /* 5 slots, and 3 are free */
	assert_int_equal(rig_tx(&rig, 0, bufs, 61), 60);
	assert_int_equal(*fake_nic_reg(rig.fake, E1000_TDT(0)), 60);
	assert_true(rig_frame_is(bufs[60], 60, 9018));
	fake_nic_poll(rig.fake);
	assert_int_equal(rig_tx(&rig, 0, bufs + 60, 1), 1); /* goes over the wrap */
	fake_nic_poll(rig.fake);
	for (unsigned int i = 0; i < 60; i++)
		assert_sent(&rig, 0, i, 60);
	assert_sent(&rig, 0, 60, 9018);
	rig_close(&rig);
}

static void txq_ring_wraps_many_times(void **state)
{
	static const unsigned int slots[] = {64, 72, 128, 512};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(slots); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		unsigned int in = 0, out = 0;

		rig.slots = slots[i / 2];
		rig.bufs = 4 * slots[i / 2];
		rig.mtu = 9000;
		rig.split = true;
		rig_start(&rig);
		while (out < 8 * slots[i / 2]) {
			struct rlb_buf *bufs[40];
			unsigned int n = in % 40 + 1, accepted;

			for (unsigned int k = 0; k < n; k++)
				bufs[k] = rig_frame(&rig, in + k, 60 + (in + k) * 37 % 4000);
			accepted = rig_tx(&rig, 0, bufs, n);
			rlb_buf_free_bulk(bufs + accepted, n - accepted);
			in += accepted;
			/* The device is anywhere, in mid-frame too. */
			fake_nic_tx_work(rig.fake, 0, in % 50 + 1);
			for (; rig.fake->sent_first[0]; out++)
				assert_sent(&rig, 0, out, 60 + out * 37 % 4000);
		}
		rig_close(&rig);
	}
}

static void txq_buffers_come_back_when_their_frame_is_done(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *bufs[RIG_BUFS];
	unsigned int before;
	struct rlb_buf *buf;

	(void)state;
	rig.mtu = 9000;
	rig_start(&rig);
	before = rlb_pool_available(rig.pool);
	buf = rig_frame(&rig, 1, 9018);
	assert_int_equal(rig_tx(&rig, 0, &buf, 1), 1);
	for (unsigned int i = 0; i < 5; i++) {
		/* Not before the last descriptor, whatever the others say. */
		assert_int_equal(rig_tx(&rig, 0, NULL, 0), 0);
		assert_int_equal(rlb_pool_available(rig.pool), before - 5);
		assert_int_equal(fake_nic_tx_work(rig.fake, 0, 1), 1);
	}
	assert_int_equal(rig_tx(&rig, 0, NULL, 0), 0);
	assert_int_equal(rlb_pool_available(rig.pool), before);
	/* They are in the pool as buffers are to be there. */
	assert_int_equal(rlb_pool_get(rig.pool, bufs, before), 0);
	for (unsigned int i = 0; i < before; i++) {
		assert_null(bufs[i]->next);
		assert_int_equal(bufs[i]->segs, 1);
	}
	rlb_pool_put(rig.pool, bufs, before);
	rig_close(&rig);
}

static void txq_only_the_last_descriptor_of_a_frame_asks_for_a_report(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *buf;

	(void)state;
	rig.mtu = 9000;
	rig_start(&rig);
	buf = rig_frame(&rig, 1, 9018);
	assert_int_equal(rig_tx(&rig, 0, &buf, 1), 1);
	for (unsigned int i = 0; i < 5; i++) {
		uint64_t hi = rig.fake->tx[0].desc[i].hi;

		assert_int_equal(!!(hi & E1000_TXD_CMD_RS), i == 4);
		assert_int_equal(!!(hi & E1000_TXD_CMD_EOP), i == 4);
		assert_true(hi & E1000_TXD_CMD_IFCS);
	}
	rig_close(&rig);
}

static void txq_buffers_return_to_the_pool_they_came_from(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_pool *other;
	unsigned int before;

	(void)state;
	rig_start(&rig);
	opts.count = 64;
	assert_int_equal(rlb_pool_create(&other, &opts), 0);
	before = rlb_pool_available(rig.pool);
	for (unsigned int i = 0; i < 200; i++) {
		struct rlb_buf *bufs[16];

		/* Runs of both, a change within a burst, and chains with both. */
		for (unsigned int k = 0; k < 16; k++) {
			uint8_t data[60];

			rig_fill(data, k, 60);
			rlb_buf_write(&bufs[k], (i + k) * 5 % 16 > 7 ? other : rig.pool, data, 60);
		}
		if (i % 3 == 0) {
			bufs[14]->next = bufs[15];
			bufs[14]->segs = 2;
			bufs[14]->frame_bytes = 120;
		}
		assert_int_equal(rig_tx(&rig, 0, bufs, i % 3 ? 16 : 15), i % 3 ? 16 : 15);
		fake_nic_poll(rig.fake);
		for (unsigned int k = 0; k < 14; k++)
			assert_sent(&rig, 0, k, 60);
		while (rig.fake->sent_first[0])
			fake_nic_tx_take(rig.fake, 0, bufs, 0);
		if (i % 7 == 0) {
			rig_tx(&rig, 0, NULL, 0);
			assert_int_equal(rlb_pool_available(rig.pool), before);
			assert_int_equal(rlb_pool_available(other), 64);
		}
	}
	rig.driver->stop(rig.dev);
	assert_int_equal(rlb_pool_destroy(other), 0);
	rig_close(&rig);
}

static void txq_descriptors_do_not_cross_a_page(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig.room_bytes = 16384 - RLB_HEADROOM;
	rig.mtu = 9000;
	rig_start(&rig);
	for (unsigned int i = 0; i < 200; i += 5) {
		struct rlb_buf *bufs[5];

		for (unsigned int k = 0; k < 5; k++)
			bufs[k] = rig_frame(&rig, i + k, 60 + (i + k) * 997 % 8959);
		assert_int_equal(rig_tx(&rig, 0, bufs, 5), 5);
		fake_nic_poll(rig.fake);
		for (unsigned int k = 0; k < 5; k++)
			assert_sent(&rig, 0, i + k, 60 + (i + k) * 997 % 8959);
	}
	assert_int_equal(rig.fake->crossings, 0);
	rig_close(&rig);
}

static void txq_frame_of_too_many_pieces_is_dropped(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *first;

	(void)state;
	rig.room_bytes = 16384 - RLB_HEADROOM;
	rig_start(&rig);
	first = chain(&rig, RLB_SEGS_MAX);
	/* Each segment lies over a page's end: 80 descriptors, and the ring has 63. */
	for (struct rlb_buf *seg = first; seg; seg = seg->next) {
		seg->data_off = FAKE_NIC_PAGE - 1 - (uintptr_t)(seg + 1) % FAKE_NIC_PAGE;
		seg->data_bytes = 2;
	}
	assert_int_equal(rig_tx(&rig, 0, &first, 1), 1);
	assert_int_equal(tx_stats(&rig).drops[RLB_DROP_TOO_MANY_SEGS], 1);
	assert_nothing_sent(&rig);
	rig_close(&rig);
}

static void txq_second_queue_sends_too(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_port_stats stats = {0};
	struct rlb_buf *buf;

	(void)state;
	rig.queues = 2;
	rig_start(&rig);
	for (unsigned int i = 0; i < 300; i++) {
		buf = rig_frame(&rig, i, 100);
		assert_int_equal(rig_tx(&rig, i & 1, &buf, 1), 1);
		fake_nic_poll(rig.fake);
		assert_sent(&rig, i & 1, i, 100);
	}
	rig.driver->stats(rig.dev, &stats);
	assert_int_equal(stats.tx[1].packets, 150);
	assert_int_equal(stats.tx[1].bytes, 15000);
	assert_int_equal(stats.device.tx_packets, 300);
	assert_int_equal(stats.device.tx_bytes, 30000);
	rig_close(&rig);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(txq_frames_of_every_size_leave_whole),
		TEST(txq_frame_that_cannot_be_sent_is_dropped_and_counted),
		TEST(txq_segments_are_limited),
		TEST(txq_full_ring_accepts_zero),
		TEST(txq_chain_that_does_not_fit_is_not_begun),
		TEST(txq_ring_wraps_many_times),
		TEST(txq_buffers_come_back_when_their_frame_is_done),
		TEST(txq_only_the_last_descriptor_of_a_frame_asks_for_a_report),
		TEST(txq_buffers_return_to_the_pool_they_came_from),
		TEST(txq_descriptors_do_not_cross_a_page),
		TEST(txq_frame_of_too_many_pieces_is_dropped),
		TEST(txq_second_queue_sends_too),
	};

	rlb_log_set(RLB_LOG_ERR, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
