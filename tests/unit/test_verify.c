/* SPDX-License-Identifier: BSD-2-Clause */
/* Verified doorbells under an e1000: what is refused, what goes on, what memory can be freed. */
#include <pthread.h>
#include <stdio.h>

#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/pool.h>

#include "driver/e1000/e1000_priv.h"
#include "e1000_rig.h"
#include "unit.h"
#include "verifier/rlv_e1000.h"

static unsigned int lines;
static char line[512];

static void on_log(void *ctx, enum rlb_log_level level, const char *text)
{
	(void)ctx;
	if (level > RLB_LOG_WARN)
		return;
	lines++;
	snprintf(line, sizeof(line), "%s", text);
}

static int setup(void **state)
{
	(void)state;
	lines = 0;
	rlb_log_set(RLB_LOG_INFO, on_log, NULL);
	return 0;
}

/* What a broken program does to a ring, behind the driver's back, just before the doorbell. */
struct harm {
	enum rlv_rule rule;
	uint64_t lo_add;
	uint64_t hi_clear, hi_set;
	uint32_t slot;	   /* where it begins */
	uint32_t count;	   /* slots */
	uint32_t tail_add; /* the tail goes so much further */
	uint32_t at;	   /* slot that is refused */
	const char *why;
};

static const struct harm *harm; /* NULL: none, or done */
static uint64_t lo_is;		/* not 0: what the first word becomes */
static void (*doorbell)(struct rld_ring *ring, uint32_t tail);

static void harmful_doorbell(struct rld_ring *ring, uint32_t tail)
{
	struct e1000_desc *desc = ring->desc;

	if (harm) {
		for (uint32_t i = 0; i < harm->count; i++) {
			if (lo_is)
				desc[harm->slot + i].lo = lo_is;
			desc[harm->slot + i].lo += harm->lo_add;
			desc[harm->slot + i].hi &= ~harm->hi_clear;
			desc[harm->slot + i].hi |= harm->hi_set;
		}
		tail += harm->tail_add;
		harm = NULL;
		lo_is = 0;
	}
	doorbell(ring, tail);
}

static void do_harm(struct rld_ring *ring, const struct harm *what)
{
	harm = what;
	doorbell = ring->doorbell;
	ring->doorbell = harmful_doorbell;
}

static struct e1000_txq *txq_of(struct rig *rig, unsigned int q)
{
	return rig->dev->txq[q].queue;
}

static struct e1000_rxq *rxq_of(struct rig *rig, unsigned int q)
{
	return rig->dev->rxq[q].queue;
}

static struct rlb_queue_stats tx_stats(struct rig *rig, unsigned int q)
{
	struct rlb_port_stats stats = {0};

	assert_int_equal(rig->driver->stats(rig->dev, &stats), 0);
	return stats.tx[q];
}

/* Send @n frames of @bytes, which differ by @seed. */
static unsigned int send(struct rig *rig, unsigned int q, unsigned int seed, unsigned int n,
			 size_t bytes)
{
	struct rlb_buf *bufs[128];
	unsigned int sent;

	for (unsigned int i = 0; i < n; i++)
		bufs[i] = rig_frame(rig, seed + i, bytes);
	sent = rig_tx(rig, q, bufs, n);
	rlb_buf_free_bulk(bufs + sent, n - sent);
	return sent;
}

static unsigned int take_all(struct rig *rig, unsigned int q)
{
	uint8_t data[FAKE_NIC_FRAME_MAX];
	unsigned int n = 0;

	fake_nic_poll(rig->fake);
	while (fake_nic_tx_take(rig->fake, q, data, sizeof(data)))
		n++;
	return n;
}

/* Queue @q of a started rig works both ways. */
static void assert_works(struct rig *rig, unsigned int q)
{
	uint8_t data[60];
	struct rlb_buf *buf;

	assert_int_equal(send(rig, q, 1, 10, 60), 10);
	assert_int_equal(take_all(rig, q), 10);
	rig_fill(data, 7, sizeof(data));
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(fake_nic_rx_push(rig->fake, q, data, sizeof(data), NULL));
		assert_int_equal(rig_rx(rig, q, &buf, 1), 1);
		assert_true(rig_frame_is(buf, 7, sizeof(data)));
		rlb_buf_free(buf);
	}
}

#define SLOTS 128u

/* Of 1000-byte frames to slots 10 up to 20, one is harmed; slots 0 up to 10 are in flight. */
static const struct harm tx_harms[] = {
	{RLV_LENGTH_ZERO, 0, 0xffff, 0, 15, 1, 0, 15, "no length"},
	{RLV_LENGTH_MAX, 0, 0, 0xffff, 15, 1, 0, 15, "longest the field can hold"},
	{RLV_LENGTH_MAX, 0, 0xffff, 16289, 15, 1, 0, 15, "one over what the device takes"},
	{RLV_RESERVED, 0, 0, 1ull << 16, 15, 1, 0, 15, "CSO"},
	{RLV_RESERVED, 0, 0, 1ull << 28, 15, 1, 0, 15, "RPS"},
	{RLV_RESERVED, 0, 0, 1ull << 31, 15, 1, 0, 15, "IDE"},
	{RLV_RESERVED, 0, 0, 1ull << 32, 15, 1, 0, 15, "done already"},
	{RLV_RESERVED, 0, 0, 1ull << 40, 15, 1, 0, 15, "CSS"},
	{RLV_RESERVED, 0, 0, 1ull << 63, 15, 1, 0, 15, "a VLAN tag"},
	{RLV_OFFLOAD, 0, 0, RLV_E1000_TXD_IC, 15, 1, 0, 15, "checksum"},
	{RLV_OFFLOAD, 0, 0, RLV_E1000_TXD_VLE, 15, 1, 0, 15, "VLAN"},
	{RLV_OFFLOAD, 0, 0, RLV_E1000_TXD_DEXT, 15, 1, 0, 15, "a context descriptor"},
	{RLV_TYPE, 0, 0, RLV_E1000_TXD_DEXT | 2 << 20, 15, 1, 0, 15, "no type that there is"},
	{RLV_UNMAPPED, 1ull << 44, 0, 0, 15, 1, 0, 15, "far off"},
	{RLV_UNMAPPED, ~UINT64_C(0) << 45, 0, 0, 15, 1, 0, 15, "far off, the other way"},
	{RLV_PACKET_MAX, 0, E1000_TXD_CMD_EOP, 0, 15, 1, 0, 16, "two frames in one"},
	{RLV_LENGTH_ZERO, 0, 0xffff, 0, 10, 1, 0, 10, "the first of a window"},
	{RLV_LENGTH_ZERO, 0, 0xffff, 0, 19, 1, 0, 19, "the last of a window"},
	{RLV_TAIL, 0, 0, 0, 0, 0, SLOTS - 20, SLOTS, "the first that is out of the ring"},
	{RLV_TAIL, 0, 0, 0, 0, 0, 0xffffffff - 20, 0xffffffff, "the last"},
	{RLV_WINDOW, 0, 0, 0, 0, 0, 0xffffffff - 14, 5, "onto what is in flight"},
};

static void verify_bad_transmit_descriptor_stops_its_queue_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tx_harms); i++) {
		const struct harm *h = &tx_harms[i];
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_queue_error error;
		unsigned int good = h->slot ? h->slot : 10;

		lines = 0;
		rig.verify = true;
		rig.queues = 2;
		rig.slots = SLOTS;
		rig_start(&rig);
		assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), -ENOENT);
		assert_int_equal(send(&rig, 0, 0, 10, 1000), 10);
		do_harm(&txq_of(&rig, 0)->ring, h);
		assert_int_equal(send(&rig, 0, 10, 10, 1000), 10);
		if (rld_verify_error(&rig.fake->nic, true, 0, &error))
			fail_msg("%s: accepted", h->why);
		if (error.rule != h->rule || error.slot != h->at)
			fail_msg("%s: %s at slot %u", h->why, error.name, error.slot);
		assert_int_equal(lines, 1);
		assert_non_null(strstr(line, "fake: tx0 slot "));
		assert_non_null(strstr(line, error.name));
		/* Whole frames before it are sent, nothing else is, and every buffer comes back. */
		assert_int_equal(take_all(&rig, 0), good);
		assert_int_equal(send(&rig, 0, 20, 3, 1000), 0);
		assert_int_equal(rig_tx(&rig, 0, NULL, 0), 0);
		assert_int_equal(take_all(&rig, 0), 0);
		assert_int_equal(rlb_pool_available(rig.pool), rig.bufs - 2 * (SLOTS - 1));
		assert_int_equal(lines, 1);
		if (h->rule != RLV_PACKET_MAX) {
			assert_int_equal(tx_stats(&rig, 0).packets, good);
			assert_int_equal(tx_stats(&rig, 0).drops[RLB_DROP_REFUSED], 20 - good);
		}
		assert_int_equal(rld_verify_error(&rig.fake->nic, true, 1, &error), -ENOENT);
		assert_int_equal(rld_verify_error(&rig.fake->nic, false, 0, &error), -ENOENT);
		assert_works(&rig, 1);

		rig.driver->stop(rig.dev);
		assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), 0);
		assert_int_equal(rig.driver->start(rig.dev), 0);
		assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), -ENOENT);
		assert_works(&rig, 0);
		rig_close(&rig);
	}
}

/* Frames that go round the end of the ring, of two pools, enough for marks of the driver. */
static void verify_refusal_near_the_end_of_the_ring_gives_all_back(void **state)
{
	static const uint32_t bad[] = {100, 101, 126, 127, 0, 1, 40};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct harm h = {RLV_OFFLOAD, 0, 0, RLV_E1000_TXD_IC, bad[i], 1, 0, 0, ""};
		struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_queue_error error;
		struct rlb_buf *bufs[70];
		struct rlb_pool *other;
		uint8_t data[60] = {0};
		struct rld_ring *ring;

		rig.verify = true;
		rig.slots = SLOTS;
		rig_start(&rig);
		opts.count = 64;
		assert_int_equal(rlb_pool_create(&other, &opts), 0);
		assert_int_equal(send(&rig, 0, 0, 100, 60), 100);
		assert_int_equal(take_all(&rig, 0), 100);
		for (unsigned int k = 0; k < 70; k++)
			assert_int_equal(rlb_buf_write(&bufs[k], k / 5 % 2 ? other : rig.pool, data,
						       sizeof(data)),
					 0);
		ring = &txq_of(&rig, 0)->ring;
		do_harm(ring, &h);
		assert_int_equal(rig_tx(&rig, 0, bufs, 70), 70);
		assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), 0);
		assert_int_equal(error.slot, bad[i]);
		/* No doorbell has any effect now. */
		ring->doorbell(ring, 50);
		assert_int_equal(lines, i + 1);
		assert_int_equal(*fake_nic_reg(rig.fake, E1000_TDT(0)), bad[i]);
		assert_int_equal(take_all(&rig, 0), (bad[i] + SLOTS - 100) % SLOTS);
		assert_int_equal(rig_tx(&rig, 0, NULL, 0), 0);
		assert_int_equal(rlb_pool_available(rig.pool), rig.bufs - (SLOTS - 1));
		assert_int_equal(rlb_pool_available(other), 64);
		assert_int_equal(rlb_pool_destroy(other), 0);
		rig_close(&rig);
	}
}

/* Frames without an end, in a fresh ring. */
static void verify_packet_without_end_is_refused(void **state)
{
	static const struct harm endless = {RLV_SEGS, 0, E1000_TXD_CMD_EOP,	  0, 5,
					    100,      0, 5 + RLV_TX_SEGS_MAX - 1, ""};
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_queue_error error;

	(void)state;
	rig.verify = true;
	rig.slots = SLOTS;
	rig_start(&rig);
	do_harm(&txq_of(&rig, 0)->ring, &endless);
	assert_int_equal(send(&rig, 0, 0, 100, 14), 100);
	assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), 0);
	assert_int_equal(error.rule, RLV_SEGS);
	assert_int_equal(error.slot, endless.at);
	assert_int_equal(take_all(&rig, 0), 5);
	rig_close(&rig);
}

static void verify_error_has_the_descriptor_in_words(void **state)
{
	static const struct harm offload = {RLV_OFFLOAD, 0, 0, RLV_E1000_TXD_IC, 3, 1, 0, 3, ""};
	uint64_t counts[RLB_RULES_MAX] = {0};
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_queue_error error;

	(void)state;
	rig.verify = true;
	rig_start(&rig);
	do_harm(&txq_of(&rig, 0)->ring, &offload);
	assert_int_equal(send(&rig, 0, 0, 4, 100), 4);
	assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), 0);
	assert_string_equal(error.name, "offload");
	assert_string_equal(error.text, rlv_rule_text(RLV_OFFLOAD));
	assert_string_equal(error.cause, rlv_rule_cause(RLV_OFFLOAD));
	assert_int_equal(error.length, 100);
	assert_int_equal(error.address, error.words[0]);
	assert_int_equal(error.words[1] & 0xffff, 100);
	assert_string_equal(error.fields, "command EOP IFCS IC RS");
	assert_non_null(strstr(line, "length 100 command EOP IFCS IC RS; stop and start the port"));
	assert_int_equal(rld_verify_refusals(&rig.fake->nic, counts), 0);
	for (unsigned int rule = 0; rule < RLB_RULES_MAX; rule++)
		assert_int_equal(counts[rule], rule == RLV_OFFLOAD);
	rig_close(&rig);
}

/* The first refill is of one slot: the ring is filled up to slot 63 at the start. */
static const struct harm rx_harms[] = {
	{RLV_RESERVED, 0, 0, 1, 63, 1, 0, 63, "DD of an extended descriptor"},
	{RLV_RESERVED, 0, 0, 1ull << 32, 63, 1, 0, 63, "DD of a legacy one"},
	{RLV_RESERVED, 0, 0, 1ull << 63, 63, 1, 0, 63, "the last bit"},
	{RLV_UNMAPPED, 1ull << 44, 0, 0, 63, 1, 0, 63, "far off"},
	{RLV_TAIL, 0, 0, 0, 0, 0, 64, 64, "out of the ring"},
};

static void verify_bad_receive_descriptor_stops_its_queue_only(void **state)
{
	static const enum fake_nic_model models[] = {FAKE_NIC_82574, FAKE_NIC_82540EM};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rx_harms); i++) {
		const struct harm *h = &rx_harms[i / 2];
		struct rig rig = RIG_INIT(models[i % 2]);
		struct rlb_queue_error error;
		struct rlb_buf *buf;
		unsigned int pushed = 0, got = 0;
		uint8_t data[60];

		lines = 0;
		rig.verify = true;
		rig_start(&rig);
		do_harm(&rxq_of(&rig, 0)->ring, h);
		rig_fill(data, 9, sizeof(data));
		while (pushed < 300 && fake_nic_rx_push(rig.fake, 0, data, sizeof(data), NULL)) {
			pushed++;
			if (pushed % 2)
				continue;
			for (; rig_rx(&rig, 0, &buf, 1); got++) {
				assert_true(rig_frame_is(buf, 9, sizeof(data)));
				rlb_buf_free(buf);
			}
		}
		for (; rig_rx(&rig, 0, &buf, 1); got++)
			rlb_buf_free(buf);
		if (rld_verify_error(&rig.fake->nic, false, 0, &error))
			fail_msg("%s: accepted", h->why);
		if (error.rule != h->rule)
			fail_msg("%s: %s at slot %u", h->why, error.name, error.slot);
		assert_int_equal(lines, 1);
		assert_non_null(strstr(line, "fake: rx0 slot "));
		/* All that came is delivered: what was posted before is used up. */
		assert_int_equal(got, pushed);
		assert_int_equal(pushed, 63);
		assert_int_equal(error.slot, h->at);
		assert_int_equal(rlb_pool_available(rig.pool), rig.bufs);
		assert_int_equal(send(&rig, 0, 1, 5, 60), 5);
		assert_int_equal(take_all(&rig, 0), 5);
		rig.driver->stop(rig.dev);
		assert_int_equal(rig.driver->start(rig.dev), 0);
		assert_works(&rig, 0);
		rig_close(&rig);
	}
}

/* A receive descriptor has no length: what counts is what the device is set to. */
static void verify_receive_buffer_is_as_long_as_the_device_takes_it(void **state)
{
	static const struct {
		unsigned int room; /* of a buffer */
		uint32_t from_end; /* of the region */
		enum rlv_rule rule;
	} table[] = {
		{2048, 2048, RLV_OK}, {2048, 2047, RLV_REGION_END},
		{3008, 2048, RLV_OK}, {3008, 2047, RLV_REGION_END}, /* sizes are powers of two */
		{4096, 4096, RLV_OK}, {4096, 4095, RLV_REGION_END},
		{256, 256, RLV_OK},   {256, 255, RLV_REGION_END},
	};
	static const struct harm move = {RLV_REGION_END, 0, 0, 0, 63, 1, 0, 63, ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_queue_error error;
		const struct rlb_mem *mem;
		uint8_t data[60] = {0};
		struct rlb_buf *buf;
		int err;

		rig.verify = true;
		rig.room_bytes = table[i].room;
		rig_start(&rig);
		mem = rlb_pool_mem(rig.pool);
		lo_is = rlb_space_addr(rig.fake->space.delta, rlb_mem_id(mem),
				       (char *)rlb_mem_addr(mem) + rlb_mem_bytes(mem)) -
			table[i].from_end;
		do_harm(&rxq_of(&rig, 0)->ring, &move);
		while (harm) {
			assert_true(fake_nic_rx_push(rig.fake, 0, data, sizeof(data), NULL));
			if (rig_rx(&rig, 0, &buf, 1))
				rlb_buf_free(buf);
		}
		err = rld_verify_error(&rig.fake->nic, false, 0, &error);
		if (err != (table[i].rule ? 0 : -ENOENT) || (!err && error.rule != table[i].rule))
			fail_msg("%u, %u: %d", table[i].room, table[i].from_end, err);
		if (!err)
			assert_int_equal(error.length, table[i].from_end + 1);
		rig_close(&rig);
	}
}

/* What a program can do with buffers alone. */
static void verify_buffer_that_reaches_behind_its_region_is_refused(void **state)
{
	static const struct {
		int64_t from_end; /* of the region to the data */
		enum rlv_rule rule;
	} table[] = {
		{-60, RLV_OK},	   {-59, RLV_REGION_END}, {-1, RLV_REGION_END},
		{0, RLV_UNMAPPED}, {1000, RLV_UNMAPPED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		struct rlb_queue_error error;
		const struct rlb_mem *mem;
		struct rlb_pool *other;
		struct rlb_buf *buf;
		uintptr_t end;
		int err;

		rig.verify = true;
		rig_start(&rig);
		opts.count = 4;
		opts.page_bytes = 4096;
		assert_int_equal(rlb_pool_create(&other, &opts), 0);
		mem = rlb_pool_mem(other);
		end = (uintptr_t)rlb_mem_addr(mem) + rlb_mem_bytes(mem);
		buf = rlb_buf_alloc(other);
		rlb_buf_append(buf, 60);
		buf->data_off =
			(uint16_t)(end + (uintptr_t)table[i].from_end - (uintptr_t)(buf + 1));
		assert_int_equal(rig_tx(&rig, 0, &buf, 1), 1);
		err = rld_verify_error(&rig.fake->nic, true, 0, &error);
		if (err != (table[i].rule ? 0 : -ENOENT) || (!err && error.rule != table[i].rule))
			fail_msg("%d: %d %s", (int)table[i].from_end, err, error.name);
		fake_nic_poll(rig.fake);
		rig.driver->stop(rig.dev);
		assert_int_equal(rlb_pool_destroy(other), 0);
		rig_close(&rig);
	}
}

static void verify_memory_in_flight_is_not_freed(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_pool *other;
	uint8_t data[60] = {0};
	struct rlb_buf *buf;

	(void)state;
	rig.verify = true;
	rig_start(&rig);
	opts.count = 8;
	assert_int_equal(rlb_pool_create(&other, &opts), 0);
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(rlb_buf_write(&buf, other, data, sizeof(data)), 0);
		assert_int_equal(rig_tx(&rig, 0, &buf, 1), 1);
		lines = 0;
		assert_int_equal(rlb_pool_destroy(other), RLB_POOL_BUSY);
		assert_int_equal(lines, 1);
		assert_non_null(strstr(line, "busy: descriptors in flight on fake queue tx0"));
		/* It is all there still. */
		fake_nic_poll(rig.fake);
		assert_int_equal(rig_tx(&rig, 0, NULL, 0), 0);
		assert_int_equal(rlb_pool_available(other), 8);
	}
	assert_int_equal(take_all(&rig, 0), 3);
	assert_int_equal(rlb_pool_destroy(other), 0);
	/* The receive ring names the rig's own pool. */
	assert_int_equal(rlb_pool_destroy(rig.pool), RLB_POOL_BUSY);
	assert_non_null(strstr(line, "fake queue rx0"));
	rig_close(&rig);
}

static void verify_memory_busy_in_one_space_stays_in_all(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rig rigs[2] = {RIG_INIT(FAKE_NIC_82574), RIG_INIT(FAKE_NIC_82574)};
	struct rlb_pool *other;
	uint8_t data[60] = {0};
	struct rlb_buf *buf;

	(void)state;
	for (unsigned int r = 0; r < 2; r++) {
		rigs[r].verify = true;
		rig_start(&rigs[r]);
	}
	opts.count = 8;
	assert_int_equal(rlb_pool_create(&other, &opts), 0);
	for (unsigned int r = 0; r < 2; r++) {
		struct rlb_queue_error error;

		assert_int_equal(rlb_buf_write(&buf, other, data, sizeof(data)), 0);
		assert_int_equal(rig_tx(&rigs[r], 0, &buf, 1), 1);
		assert_int_equal(rlb_pool_destroy(other), RLB_POOL_BUSY);
		fake_nic_poll(rigs[r].fake);
		assert_int_equal(rig_tx(&rigs[r], 0, NULL, 0), 0);
		/* The other device may name it, too. */
		assert_int_equal(rlb_buf_write(&buf, other, data, sizeof(data)), 0);
		assert_int_equal(rig_tx(&rigs[!r], 0, &buf, 1), 1);
		assert_int_equal(rld_verify_error(&rigs[!r].fake->nic, true, 0, &error), -ENOENT);
		fake_nic_poll(rigs[!r].fake);
		assert_int_equal(rig_tx(&rigs[!r], 0, NULL, 0), 0);
	}
	assert_int_equal(rlb_pool_destroy(other), 0);
	rig_close(&rigs[1]);
	rig_close(&rigs[0]);
}

/* A thread that sends and receives for as long as the table changes under it. */
struct load {
	struct rig *rig;
	bool stop;
	unsigned int frames;
};

static void *load_main(void *arg)
{
	struct load *load = arg;
	struct rig *rig = load->rig;
	uint8_t data[60] = {0};

	rlb_thread_register();
	while (!__atomic_load_n(&load->stop, __ATOMIC_ACQUIRE) || load->frames < 10000) {
		struct rlb_buf *bufs[32];
		unsigned int n, sent;

		for (unsigned int i = 0; i < 32; i++)
			fake_nic_rx_push(rig->fake, 0, data, sizeof(data), NULL);
		n = rig_rx(rig, 0, bufs, 32);
		sent = rig_tx(rig, 0, bufs, n);
		rlb_buf_free_bulk(bufs + sent, n - sent);
		load->frames += sent;
		take_all(rig, 0);
	}
	return NULL;
}

static void verify_table_changes_under_load(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;
	struct load load = {.rig = &rig};
	struct rlb_queue_error error;
	pthread_t thread;

	(void)state;
	rig.verify = true;
	rig_start(&rig);
	opts.page_bytes = 4096;
	assert_int_equal(pthread_create(&thread, NULL, load_main, &load), 0);
	for (unsigned int i = 0; i < 300; i++) {
		struct rlb_mem *mem[3];

		for (unsigned int k = 0; k < 3; k++)
			assert_int_equal(rlb_mem_alloc(&mem[k], 4096, &opts), 0);
		for (unsigned int k = 0; k < 3; k++)
			assert_int_equal(rlb_mem_free(mem[k]), 0);
		/* And what the thread uses stays, whenever it is asked for. */
		if (i % 8 == 0)
			assert_int_equal(rlb_pool_destroy(rig.pool), RLB_POOL_BUSY);
	}
	__atomic_store_n(&load.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(rld_verify_error(&rig.fake->nic, true, 0, &error), -ENOENT);
	assert_int_equal(rld_verify_error(&rig.fake->nic, false, 0, &error), -ENOENT);
	rig_close(&rig);
}

static void verify_pinned_refuses_what_cannot_be(void **state)
{
	struct rld_pinned pinned;

	(void)state;
	assert_int_equal(rld_pinned_init(&pinned), 0);
	assert_int_equal(rld_pinned_insert(&pinned, 0x10000, 0x2000), 0);
	assert_int_equal(rld_pinned_insert(&pinned, 0x11fff, 1), -EINVAL); /* its last byte */
	assert_non_null(strstr(line, "overlap"));
	assert_int_equal(rld_pinned_insert(&pinned, ~UINT64_C(0), 2), -EINVAL); /* wraps */
	assert_int_equal(rld_pinned_remove(&pinned, 0x11000), 0); /* no region begins there */
	assert_int_equal(rld_pinned_insert(&pinned, 0x10000, 0x2000), -EINVAL);
	assert_int_equal(rld_pinned_remove(&pinned, 0x10000), 0);
	for (unsigned int i = 0; i < RLB_MEM_MAX; i++)
		assert_int_equal(rld_pinned_insert(&pinned, i * UINT64_C(0x10000), 0x2000), 0);
	assert_int_equal(rld_pinned_insert(&pinned, 1ull << 40, 1), -ENOSPC);
	rld_pinned_fini(&pinned);
}

static void descriptor_in_words_by_its_kind(void **state)
{
	static const struct {
		uint64_t hi;
		uint32_t length;
		const char *fields;
	} cases[] = {
		{0x0b00003c, 60, "command EOP IFCS RS"},
		{0x2410003c, 60, "data TSE DEXT"},
		{0x211f0001, 0xf0001, "data EOP DEXT"}, /* its length has 20 bits */
		{0x27000028, 40, "context TCP IP TSE DEXT"},
		{0x2130003c, 60, "command EOP DEXT others 0x300000"}, /* a type that is none */
		{0x100000000000003c, 60, "command others 0x1000000000000000"},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_queue_error error = {.words = {0x1000, cases[i].hi}};

		e1000_tx_verify.describe(&error);
		assert_int_equal(error.address, 0x1000);
		assert_int_equal(error.length, cases[i].length);
		assert_string_equal(error.fields, cases[i].fields);
	}
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptor_in_words_by_its_kind),
		TEST(verify_bad_transmit_descriptor_stops_its_queue_only),
		TEST(verify_refusal_near_the_end_of_the_ring_gives_all_back),
		TEST(verify_packet_without_end_is_refused),
		TEST(verify_error_has_the_descriptor_in_words),
		TEST(verify_bad_receive_descriptor_stops_its_queue_only),
		TEST(verify_receive_buffer_is_as_long_as_the_device_takes_it),
		TEST(verify_buffer_that_reaches_behind_its_region_is_refused),
		TEST(verify_memory_in_flight_is_not_freed),
		TEST(verify_memory_busy_in_one_space_stays_in_all),
		TEST(verify_table_changes_under_load),
		TEST(verify_pinned_refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
