/* SPDX-License-Identifier: BSD-2-Clause */
/* Receive of the e1000 family, from a fake NIC's write-back to frames. */
#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/pool.h>

#include "e1000_rig.h"
#include "unit.h"

static const enum fake_nic_model models[] = {FAKE_NIC_82574, FAKE_NIC_82540EM};

static bool push(struct rig *rig, unsigned int seed, size_t bytes)
{
	uint8_t data[FAKE_NIC_FRAME_MAX];

	rig_fill(data, seed, bytes);
	return fake_nic_rx_push(rig->fake, 0, data, bytes, NULL);
}

static uint64_t drops(struct rig *rig, enum rlb_drop cause)
{
	struct rlb_port_stats stats = {0};

	assert_int_equal(rig->driver->stats(rig->dev, &stats), 0);
	return stats.rx[0].drops[cause];
}

static void rx_nothing_there_gives_zero(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *buf;

	(void)state;
	rig_start(&rig);
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 0);
	push(&rig, 0, 60);
	assert_int_equal(rig_rx(&rig, 0, &buf, 0), 0);
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
	rlb_buf_free(buf);
	rig_close(&rig);
}

static void rx_frames_of_every_size_arrive_whole(void **state)
{
	static const struct {
		unsigned int room, mtu;
		size_t bytes;
		unsigned int segs;
		const char *why;
	} table[] = {
		{2048, 1500, 60, 1, "the shortest"},
		{2048, 1500, 1518, 1, "the longest of MTU 1500"},
		{2048, 9000, 2047, 1, "one under a buffer"},
		{2048, 9000, 2048, 1, "a buffer, filled"},
		{2048, 9000, 2049, 2, "one over a buffer"},
		{2048, 9000, 9018, 5, "the longest, over several buffers"},
		{16256, 9000, 8192, 1, "a jumbo buffer, filled"},
		{16256, 9000, 9018, 2, "a jumbo buffer is 8,192 bytes to the device"},
		{256, 9000, 9018, 36, "the smallest buffers"},
		{300, 1500, 1518, 6, "room that is no power of two"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		struct rlb_buf *buf;

		rig.room_bytes = table[i / 2].room / 64 * 64;
		rig.mtu = table[i / 2].mtu;
		rig.split = i % 2;
		rig_start(&rig);
		assert_true(push(&rig, (unsigned int)i, table[i / 2].bytes));
		assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
		if (buf->segs != table[i / 2].segs ||
		    !rig_frame_is(buf, (unsigned int)i, table[i / 2].bytes))
			fail_msg("wrong frame: %s", table[i / 2].why);
		rlb_buf_free(buf);
		rig_close(&rig);
	}
}

static void rx_ring_wraps_many_times(void **state)
{
	static const unsigned int slots[] = {64, 72, 128, 512};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(slots); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		struct rlb_buf *bufs[32];
		unsigned int in = 0, out = 0;

		rig.slots = slots[i / 2];
		rig.bufs = 2 * slots[i / 2];
		rig.split = true;
		rig_start(&rig);
		while (out < 8 * slots[i / 2]) {
			unsigned int n = in % 37 + 1;

			for (unsigned int k = 0; k < n; k++)
				in += push(&rig, in, 60 + in % 1400);
			n = rig_rx(&rig, 0, bufs, in % 32 + 1);
			for (unsigned int k = 0; k < n; k++, out++)
				assert_true(rig_frame_is(bufs[k], out, 60 + out % 1400));
			rlb_buf_free_bulk(bufs, n);
		}
		assert_int_equal(drops(&rig, RLB_DROP_NO_BUFFER), 0);
		rig_close(&rig);
	}
}

static void rx_full_ring_gives_all_but_one_slot(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82540EM);
	struct rlb_port_stats stats = {0};
	struct rlb_buf *bufs[64];

	(void)state;
	rig_start(&rig);
	/* From the second lap on the slots that are not posted look done. */
	for (unsigned int lap = 0; lap < 5; lap++) {
		unsigned int in = 0;

		while (push(&rig, in, 60))
			in++;
		assert_in_range(in, rig.slots * 3 / 4, rig.slots - 1);
		if (lap == 0)
			assert_int_equal(in, rig.slots - 1);
		assert_int_equal(rig_rx(&rig, 0, bufs, 64), in);
		for (unsigned int i = 0; i < in; i++)
			assert_true(rig_frame_is(bufs[i], i, 60));
		rlb_buf_free_bulk(bufs, in);
	}
	rig.driver->irq(rig.dev);
	rig.driver->stats(rig.dev, &stats);
	assert_int_equal(stats.device.rx_missed, 5);
	assert_int_equal(stats.device.rx_no_buffer, 5);
	assert_int_equal(stats.device.rx_overruns, 1); /* seen up once, for it was read once */
	rig_close(&rig);
}

static void rx_smallest_ring_has_room_for_the_longest_frame(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *buf;

	(void)state;
	rig.room_bytes = 256;
	rig.mtu = 9000;
	rig_start(&rig);
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(push(&rig, i, 9018)); /* 36 of 64 slots */
		assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
		assert_true(rig_frame_is(buf, i, 9018));
		rlb_buf_free(buf);
	}
	rig_close(&rig);
}

static void rx_chains_go_over_the_wrap_and_over_bursts(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *buf;

	(void)state;
	rig.mtu = 9000;
	rig.split = true;
	rig_start(&rig);
	/* 5 segments a frame: 100 frames begin at every place of 64 slots. */
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(push(&rig, i, 9018));
		assert_true(push(&rig, i + 1, 60));
		assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
		assert_int_equal(buf->segs, 5);
		assert_true(rig_frame_is(buf, i, 9018));
		rlb_buf_free(buf);
		assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
		assert_true(rig_frame_is(buf, i + 1, 60));
		rlb_buf_free(buf);
	}
	rig_close(&rig);
}

/* Write-back of one descriptor by hand: the device has finished part of a frame only. */
static void write_back(struct rig *rig, unsigned int slot, unsigned int bytes, uint32_t status)
{
	volatile struct e1000_desc *desc = &rig->fake->rx[0].desc[slot];

	desc->hi = status | (uint64_t)bytes << E1000_RXX_LENGTH_SHIFT;
}

static void rx_frame_half_there_waits_for_its_end(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *bufs[4];

	(void)state;
	rig_start(&rig);
	write_back(&rig, 0, 2048, E1000_RXS_DD);
	assert_int_equal(rig_rx(&rig, 0, bufs, 4), 0);
	assert_int_equal(rig_rx(&rig, 0, bufs, 4), 0);
	write_back(&rig, 1, 2048, E1000_RXS_DD);
	assert_int_equal(rig_rx(&rig, 0, bufs, 4), 0);
	write_back(&rig, 2, 10, E1000_RXS_DD | E1000_RXS_EOP);
	write_back(&rig, 3, 60, E1000_RXS_DD | E1000_RXS_EOP);
	assert_int_equal(rig_rx(&rig, 0, bufs, 4), 2);
	assert_int_equal(bufs[0]->frame_bytes, 4106);
	assert_int_equal(bufs[0]->segs, 3);
	assert_int_equal(bufs[1]->frame_bytes, 60);
	rlb_buf_free_bulk(bufs, 2);
	/* Another one's beginning is given back by stop. */
	write_back(&rig, 4, 2048, E1000_RXS_DD);
	assert_int_equal(rig_rx(&rig, 0, bufs, 4), 0);
	rig_close(&rig);
}

static void rx_endless_frame_is_dropped_at_its_end(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *buf;
	unsigned int slot = 0;

	(void)state;
	rig.room_bytes = 256;
	rig.slots = 512;
	rig.bufs = 1024;
	rig_start(&rig);
	for (unsigned int i = 0; i < RLB_SEGS_MAX; i++)
		write_back(&rig, slot++, 256, E1000_RXS_DD);
	write_back(&rig, slot++, 1, E1000_RXS_DD | E1000_RXS_EOP); /* one too many */
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 0);
	for (unsigned int i = 0; i < 100; i++)
		write_back(&rig, slot++, 256, E1000_RXS_DD);
	write_back(&rig, slot++, 1, E1000_RXS_DD | E1000_RXS_EOP);
	for (unsigned int i = 0; i < RLB_SEGS_MAX - 1; i++)
		write_back(&rig, slot++, 256, E1000_RXS_DD);
	write_back(&rig, slot++, 1, E1000_RXS_DD | E1000_RXS_EOP); /* as many as may be */
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
	assert_int_equal(buf->segs, RLB_SEGS_MAX);
	rlb_buf_free(buf);
	assert_int_equal(drops(&rig, RLB_DROP_BAD_FRAME), 2);
	rig_close(&rig);
}

static void rx_each_error_bit_drops_the_frame(void **state)
{
	static const struct {
		uint32_t errors;
		bool bad;
		const char *why;
	} table[] = {
		{E1000_RXE_CE, true, "CRC"},
		{E1000_RXE_SE, true, "symbol"},
		{E1000_RXE_SEQ, true, "sequence"},
		{E1000_RXE_CXE, true, "carrier extension"},
		{E1000_RXE_RXE, true, "data"},
		{E1000_RXE_TCPE, false, "a wrong TCP checksum is the program's business"},
		{E1000_RXE_IPE, false, "a wrong IP checksum, too"},
	};

	(void)state;
	for (size_t i = 0; i < 4 * ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		struct fake_nic_rx_about about = {.errors = table[i / 4].errors};
		size_t bytes = i & 2 ? 5000 : 60; /* several segments, and one */
		uint8_t data[5000] = {0};
		struct rlb_buf *bufs[2];
		unsigned int n;

		rig.mtu = 9000;
		rig_start(&rig);
		fake_nic_rx_push(rig.fake, 0, data, bytes, &about);
		push(&rig, 1, 60);
		n = rig_rx(&rig, 0, bufs, 2);
		if (n != (table[i / 4].bad ? 1 : 2) ||
		    drops(&rig, RLB_DROP_BAD_FRAME) != table[i / 4].bad)
			fail_msg("wrong verdict: %s", table[i / 4].why);
		assert_true(rig_frame_is(bufs[n - 1], 1, 60));
		rlb_buf_free_bulk(bufs, n);
		rig_close(&rig);
	}
}

static void rx_flags_say_what_the_device_reported(void **state)
{
	const uint32_t both = E1000_RXS_IPCS | E1000_RXS_TCPCS;
	const struct {
		uint32_t status, errors;
		uint16_t want;
		const char *why;
	} table[] = {
		{0, 0, 0, "nothing looked at"},
		{E1000_RXS_IPCS, 0, RLB_BUF_IP_CSUM_OK, "IP alone"},
		{both, 0, RLB_BUF_IP_CSUM_OK | RLB_BUF_L4_CSUM_OK, "both right"},
		{both, E1000_RXE_TCPE, RLB_BUF_IP_CSUM_OK | RLB_BUF_L4_CSUM_BAD, "TCP wrong"},
		{both, E1000_RXE_IPE, RLB_BUF_IP_CSUM_BAD | RLB_BUF_L4_CSUM_OK, "IP wrong"},
		{E1000_RXS_TCPCS, 0, RLB_BUF_L4_CSUM_OK, "TCP over IPv6"},
		{E1000_RXS_IPCS, E1000_RXE_TCPE, RLB_BUF_IP_CSUM_OK, "TCP was not looked at"},
		{both | E1000_RXS_IXSM, E1000_RXE_TCPE, 0, "told to ignore it"},
		{E1000_RXS_VP, 0, RLB_BUF_VLAN, "a tag was taken off"},
		{both | E1000_RXS_VP, 0, RLB_BUF_VLAN | RLB_BUF_IP_CSUM_OK | RLB_BUF_L4_CSUM_OK,
		 "all of it"},
	};

	(void)state;
	for (size_t i = 0; i < 4 * ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(models[i % 2]);
		struct fake_nic_rx_about about = {.status = table[i / 4].status,
						  .errors = table[i / 4].errors,
						  .vlan = 0x1234};
		uint8_t data[5000] = {0};
		struct rlb_buf *buf;

		rig.mtu = 9000;
		rig_start(&rig);
		fake_nic_rx_push(rig.fake, 0, data, i & 2 ? 5000 : 60, &about);
		assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
		if (buf->flags != table[i / 4].want)
			fail_msg("flags %#x: %s", buf->flags, table[i / 4].why);
		if (buf->flags & RLB_BUF_VLAN)
			assert_int_equal(buf->vlan_tci, 0x1234);
		rlb_buf_free(buf);
		rig_close(&rig);
	}
}

static void rx_hash_is_reported_with_two_queues_only(void **state)
{
	static const struct fake_nic_rx_about about = {.hash = 0xcafebabe, .hash_type = 1};
	static const struct fake_nic_rx_about none = {.hash = 0xcafebabe, .hash_type = 0};
	uint8_t data[5000] = {0};

	(void)state;
	for (unsigned int queues = 1; queues <= 2; queues++) {
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_buf *bufs[3];

		rig.queues = queues;
		rig.mtu = 9000;
		rig_start(&rig);
		fake_nic_rx_push(rig.fake, queues - 1, data, 60, &about);
		fake_nic_rx_push(rig.fake, queues - 1, data, 5000, &about);
		fake_nic_rx_push(rig.fake, queues - 1, data, 60, &none);
		assert_int_equal(rig_rx(&rig, queues - 1, bufs, 3), 3);
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(bufs[i]->flags, queues == 2 ? RLB_BUF_RSS : 0);
			if (queues == 2)
				assert_int_equal(bufs[i]->rss_hash, 0xcafebabe);
		}
		assert_int_equal(bufs[2]->flags, 0);
		rlb_buf_free_bulk(bufs, 3);
		rig_close(&rig);
	}
}

static void rx_queues_do_not_mix(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_port_stats stats = {0};
	uint8_t data[100];
	struct rlb_buf *buf;

	(void)state;
	rig.queues = 2;
	rig_start(&rig);
	for (unsigned int i = 0; i < 300; i++) {
		rig_fill(data, i, 100);
		assert_true(fake_nic_rx_push(rig.fake, i & 1, data, 100, NULL));
		assert_int_equal(rig_rx(&rig, !(i & 1), &buf, 1), 0);
		assert_int_equal(rig_rx(&rig, i & 1, &buf, 1), 1);
		assert_true(rig_frame_is(buf, i, 100));
		rlb_buf_free(buf);
	}
	rig.driver->stats(rig.dev, &stats);
	assert_int_equal(stats.rx[0].packets, 150);
	assert_int_equal(stats.rx[1].packets, 150);
	assert_int_equal(stats.rx[1].bytes, 15000);
	assert_int_equal(stats.device.rx_packets, 300);
	assert_int_equal(stats.device.rx_bytes, 30000);
	rig_close(&rig);
}

static void rx_empty_pool_is_counted_and_recovers(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *kept[RIG_BUFS], *buf;
	unsigned int n = 0, in = 0;

	(void)state;
	rig.bufs = 100; /* 63 in the ring, 37 left */
	rig_start(&rig);
	/* The program keeps everything: each buffer the pool has gets its turn. */
	while (push(&rig, in, 60)) {
		in++;
		n += rig_rx(&rig, 0, kept + n, 1);
	}
	assert_int_equal(n, 100);
	assert_int_equal(rlb_pool_available(rig.pool), 0);
	assert_int_equal(drops(&rig, RLB_DROP_NO_BUFFER), 1);
	for (unsigned int i = 0; i < n; i++)
		assert_true(rig_frame_is(kept[i], i, 60));
	/* One comes back: it is posted by the next burst, and a frame arrives in it. */
	rlb_buf_free(kept[--n]);
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 0);
	assert_true(push(&rig, 7, 60));
	assert_int_equal(rig_rx(&rig, 0, &buf, 1), 1);
	assert_true(rig_frame_is(buf, 7, 60));
	rlb_buf_free(buf);
	rlb_buf_free_bulk(kept, n);
	rig_close(&rig);
}

static void rx_refill_rings_once_a_batch(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_buf *bufs[32];

	(void)state;
	rig.slots = 512;
	rig.bufs = 1024;
	rig_start(&rig);
	rig.fake->rx[0].doorbells = 0;
	for (unsigned int i = 0; i < 64; i++) {
		for (unsigned int k = 0; k < 8; k++)
			push(&rig, i, 60);
		assert_int_equal(rig_rx(&rig, 0, bufs, 32), 8);
		rlb_buf_free_bulk(bufs, 8);
	}
	if (!rig.verify) /* verified ones are not the fake's */
		assert_int_equal(rig.fake->rx[0].doorbells, 64 * 8 / 32);
	rig_close(&rig);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rx_nothing_there_gives_zero),
		TEST(rx_frames_of_every_size_arrive_whole),
		TEST(rx_ring_wraps_many_times),
		TEST(rx_full_ring_gives_all_but_one_slot),
		TEST(rx_smallest_ring_has_room_for_the_longest_frame),
		TEST(rx_chains_go_over_the_wrap_and_over_bursts),
		TEST(rx_frame_half_there_waits_for_its_end),
		TEST(rx_endless_frame_is_dropped_at_its_end),
		TEST(rx_each_error_bit_drops_the_frame),
		TEST(rx_flags_say_what_the_device_reported),
		TEST(rx_hash_is_reported_with_two_queues_only),
		TEST(rx_queues_do_not_mix),
		TEST(rx_empty_pool_is_counted_and_recovers),
		TEST(rx_refill_rings_once_a_batch),
	};

	rlb_log_set(RLB_LOG_ERR, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
