/* SPDX-License-Identifier: BSD-2-Clause */
/* e1000 descriptors and the window: each rule on both sides of its boundary. */
#include "unit.h"
#include "verifier/rlv_e1000.h"

#define SLOTS_MAX 128u
#define EOP	  ((uint64_t)RLV_E1000_TXD_EOP)
#define IFCS	  ((uint64_t)RLV_E1000_TXD_IFCS)
#define RS	  ((uint64_t)RLV_E1000_TXD_RS)
#define DEXT	  ((uint64_t)RLV_E1000_TXD_DEXT)
#define LAST	  (EOP | IFCS | RS)
#define BIT64(n)  (1ull << (n))
#define DONE	  RLV_E1000_DONE_TX
#define NO_CLAIM  0xffffffffu

/* Regions: handle, key address (IOVA), device address. */
#define BOTH	   2u
#define BOTH_AT	   0x100000ull
#define BOTH_BYTES 0x10000ull
#define BOTH_DEV   0x7700000ull
#define READ	   0u
#define READ_AT	   0x200000ull
#define WRITE	   3u
#define WRITE_AT   0x300000ull
#define PAGED	   1u
#define PAGED_AT   0x400000ull
static const uint64_t paged_pages[] = {0x9000, 0x5000};

static uint64_t table_memory[2][32];
static struct rlv_table tables[2];
static struct rlv_table *table;
static uint64_t asked[2 * SLOTS_MAX];
static uint64_t posted[2 * SLOTS_MAX];
static uint16_t holds[SLOTS_MAX];
static struct rlv_ring ring;

static void pin(uint32_t handle, struct rlv_region region)
{
	struct rlv_table *to = table == &tables[0] ? &tables[1] : &tables[0];

	assert_int_equal(rlv_table_insert(to, table, handle, &region), RLV_OK);
	table = to;
}

static void start(uint32_t slots, uint32_t bytes_max)
{
	assert_true(rlv_table_bytes(4) <= sizeof(table_memory[0]));
	for (int i = 0; i < 2; i++)
		rlv_table_init(&tables[i], RLV_KEY_IOVA, 4, table_memory[i]);
	table = &tables[0];
	pin(BOTH,
	    (struct rlv_region){
		    .base = BOTH_AT, .bytes = BOTH_BYTES, .dev = BOTH_DEV, .perm = RLV_PERM_BOTH});
	pin(READ, (struct rlv_region){
			  .base = READ_AT, .bytes = 64, .dev = 0x8000, .perm = RLV_PERM_READ});
	pin(WRITE, (struct rlv_region){
			   .base = WRITE_AT, .bytes = 4096, .dev = 0x1000, .perm = RLV_PERM_WRITE});
	pin(PAGED, (struct rlv_region){.base = PAGED_AT,
				       .bytes = 8192,
				       .page = paged_pages,
				       .pages = 2,
				       .perm = RLV_PERM_BOTH,
				       .shift = 12});
	memset(asked, 0, sizeof(asked));
	memset(posted, 0x5a, sizeof(posted));
	memset(holds, 0xff, sizeof(holds));
	ring = (struct rlv_ring){.asked = asked,
				 .posted = posted,
				 .done = posted,
				 .holds = holds,
				 .done_mask = DONE,
				 .slots = slots,
				 .bytes_max = bytes_max};
	rlv_ring_init(&ring);
	/* Any value will do, and the first look-up must do without. */
	ring.region = 0xffffffff;
}

/* Begin at any slot, so that a window goes round the end where wanted. */
static void start_at(uint32_t slots, uint32_t bytes_max, uint32_t at)
{
	start(slots, bytes_max);
	ring.head = ring.tail = at;
}

static void ask(uint32_t slot, uint64_t lo, uint64_t hi)
{
	asked[2 * slot] = lo;
	asked[2 * slot + 1] = hi;
}

static void expect_posted(uint32_t slot, uint64_t lo, uint64_t hi, uint16_t held)
{
	assert_int_equal(posted[2 * slot], lo);
	assert_int_equal(posted[2 * slot + 1], hi);
	assert_int_equal(holds[slot], held);
}

static void expect_untouched(uint32_t slot)
{
	expect_posted(slot, 0x5a5a5a5a5a5a5a5aull, 0x5a5a5a5a5a5a5a5aull, 0xffff);
}

static void expect_refused(struct rlv_verdict verdict, enum rlv_rule rule, uint32_t slot,
			   uint32_t tail)
{
	if (verdict.rule != rule)
		fail_msg("%s, not %s", rlv_rule_name(verdict.rule), rlv_rule_name(rule));
	assert_int_equal(verdict.slot, slot);
	assert_int_equal(verdict.tail, tail);
	assert_int_equal(ring.tail, tail);
	assert_int_equal(verdict.words.lo, asked[2 * slot]);
	assert_int_equal(verdict.words.hi, asked[2 * slot + 1]);
}

static void expect_all(struct rlv_verdict verdict, uint32_t tail)
{
	if (verdict.rule != RLV_OK)
		fail_msg("%s at slot %u", rlv_rule_name(verdict.rule), verdict.slot);
	assert_int_equal(verdict.tail, tail);
	assert_int_equal(ring.tail, tail);
	assert_int_equal(verdict.words.lo | verdict.words.hi, 0);
}

static const struct {
	uint64_t hi;
	enum rlv_rule rule;
	const char *why;
} tx_rows[] = {
	{1, RLV_OK, "a byte, no command"},
	{EOP | 1, RLV_OK, "EOP"},
	{EOP | IFCS | RS | 60, RLV_OK, "EOP, IFCS and RS, as drivers write it"},
	{IFCS | RS | 60, RLV_OK, "a fragment that asks for a report"},
	{EOP, RLV_LENGTH_ZERO, "no bytes"},
	{LAST, RLV_LENGTH_ZERO, "no bytes, as drivers write it"},
	{0, RLV_LENGTH_ZERO, "never written"},
	{EOP | 16288, RLV_OK, "the longest that the device takes"},
	{EOP | 16289, RLV_LENGTH_MAX, "one byte over it"},
	{LAST | 16288, RLV_OK, "the longest, as drivers write it"},
	{LAST | 16289, RLV_LENGTH_MAX, "one byte over it, as drivers write it"},
	{LAST | BIT64(16) | 60, RLV_RESERVED, "CSO, as drivers write the rest"},
	{EOP | 0xffff, RLV_LENGTH_MAX, "all bits of the length"},
	{EOP | 60 | BIT64(26), RLV_OFFLOAD, "IC"},
	{EOP | 60 | BIT64(30), RLV_OFFLOAD, "VLE"},
	{EOP | 60 | BIT64(26) | BIT64(30), RLV_OFFLOAD, "IC and VLE"},
	{EOP | 60 | BIT64(28), RLV_RESERVED, "command bit 4"},
	{EOP | 60 | BIT64(31), RLV_RESERVED, "IDE: a report may come late"},
	{EOP | 60 | BIT64(16), RLV_RESERVED, "lowest bit of CSO, no IC"},
	{EOP | 60 | BIT64(23), RLV_RESERVED, "highest bit of CSO, no IC"},
	{EOP | 60 | BIT64(32), RLV_RESERVED, "done already"},
	{EOP | 60 | BIT64(33), RLV_RESERVED, "a status bit"},
	{EOP | 60 | BIT64(35), RLV_RESERVED, "highest status bit"},
	{EOP | 60 | BIT64(36), RLV_RESERVED, "reserved"},
	{EOP | 60 | BIT64(40), RLV_RESERVED, "CSS, no IC"},
	{EOP | 60 | BIT64(47), RLV_RESERVED, "highest bit of CSS"},
	{EOP | 60 | BIT64(48), RLV_RESERVED, "VLAN, no VLE"},
	{EOP | 60 | BIT64(63), RLV_RESERVED, "highest bit of all"},
	{EOP | 60 | DEXT, RLV_OFFLOAD, "a context descriptor"},
	{EOP | 60 | DEXT | BIT64(20), RLV_OFFLOAD, "a data descriptor"},
	{EOP | 60 | DEXT | 0xfull << 16, RLV_OFFLOAD, "a context descriptor's length goes on"},
	{60 | DEXT | BIT64(20) | BIT64(26), RLV_OFFLOAD, "a data descriptor of a segmentation"},
	{EOP | 60 | DEXT | BIT64(21), RLV_TYPE, "type 2"},
	{EOP | 60 | DEXT | 0xfull << 20, RLV_TYPE, "type 15"},
	{EOP | 60 | DEXT | BIT64(21) | BIT64(26), RLV_TYPE, "type 2 and IC"},
	{DEXT, RLV_OFFLOAD, "a context descriptor without a length"},
	{EOP | BIT64(36), RLV_RESERVED, "reserved before length"},
};

static void e1000_tx_decode_each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tx_rows); i++) {
		struct rlv_words words = {0x1234567890abcdefull, tx_rows[i].hi};
		struct rlv_desc desc = rlv_e1000_tx_decode(words);

		if (desc.rule != tx_rows[i].rule)
			fail_msg("%s: %s", tx_rows[i].why, rlv_rule_name(desc.rule));
		assert_int_equal(desc.address, words.lo);
		assert_int_equal(desc.length, words.hi & 0xffff);
		assert_int_equal(desc.perm, RLV_PERM_READ);
		assert_int_equal(desc.class, words.hi & EOP ? RLV_CLASS_LAST : RLV_CLASS_FRAGMENT);
	}
}

/* Every bit that is not EOP, IFCS, RS or length is refused on its own. */
static void e1000_tx_decode_no_other_bit_passes(void **state)
{
	(void)state;
	for (int n = 16; n < 64; n++) {
		struct rlv_words words = {BOTH_AT, EOP | 60 | BIT64(n)};
		bool plain = n == 24 || n == 25 || n == 27;

		assert_int_equal(rlv_e1000_tx_decode(words).rule == RLV_OK, plain);
	}
}

static void e1000_rx_decode_address_and_zero(void **state)
{
	struct rlv_desc desc = rlv_e1000_rx_decode((struct rlv_words){0x1234, 0}, 2048);

	(void)state;
	assert_int_equal(desc.rule, RLV_OK);
	assert_int_equal(desc.address, 0x1234);
	assert_int_equal(desc.length, 2048);
	assert_int_equal(desc.perm, RLV_PERM_WRITE);
	assert_int_equal(desc.class, RLV_CLASS_BUFFER);
	for (int n = 0; n < 64; n++) {
		desc = rlv_e1000_rx_decode((struct rlv_words){0x1234, BIT64(n)}, 2048);
		assert_int_equal(desc.rule, RLV_RESERVED);
	}
}

/* The rules of tx_decode reach the verdict, behind a good packet that stands. */
static void e1000_tx_post_refusal_keeps_what_came_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(tx_rows); i++) {
		const typeof(tx_rows[0]) *row = &tx_rows[i / 2];
		struct rlv_verdict verdict;

		start(8, 65535);
		ring.region = i % 2 ? BOTH : WRITE; /* the quick way from the start, or not */
		ask(0, BOTH_AT, EOP | 60);
		ask(1, BOTH_AT + 64, row->hi);
		ask(2, BOTH_AT, EOP | 60);
		verdict = rlv_e1000_tx_post(table, &ring, 3, NO_CLAIM);
		expect_posted(0, BOTH_DEV, EOP | IFCS | RS | 60, RLV_HOLDS_LAST | BOTH);
		if (row->rule == RLV_OK) {
			expect_all(verdict, 3);
			continue;
		}
		expect_refused(verdict, row->rule, 1, 1);
		expect_untouched(1);
		expect_untouched(2);
	}
}

static const struct {
	uint64_t lo;
	uint32_t bytes;
	enum rlv_rule tx, rx;
	uint64_t dev;
	uint32_t handle;
	const char *why;
} memory_rows[] = {
	{BOTH_AT, 64, RLV_OK, RLV_OK, BOTH_DEV, BOTH, "first bytes"},
	{BOTH_AT + BOTH_BYTES - 64, 64, RLV_OK, RLV_OK, BOTH_DEV + BOTH_BYTES - 64, BOTH,
	 "last bytes"},
	{BOTH_AT + BOTH_BYTES - 63, 64, RLV_REGION_END, RLV_REGION_END, 0, 0,
	 "a byte past the end"},
	{BOTH_AT + BOTH_BYTES, 64, RLV_UNMAPPED, RLV_UNMAPPED, 0, 0, "behind the region"},
	{BOTH_AT - 1, 64, RLV_UNMAPPED, RLV_UNMAPPED, 0, 0, "a byte before the region"},
	{0, 64, RLV_UNMAPPED, RLV_UNMAPPED, 0, 0, "address zero"},
	{RLV_U64_MAX, 64, RLV_UNMAPPED, RLV_UNMAPPED, 0, 0, "the last address"},
	{READ_AT, 64, RLV_OK, RLV_PERM, 0x8000, READ, "a region that is read"},
	{READ_AT, 65, RLV_REGION_END, RLV_REGION_END, 0, 0, "a small region, a byte over"},
	{WRITE_AT, 64, RLV_PERM, RLV_OK, 0x1000, WRITE, "a region that is written"},
	{PAGED_AT, 4096, RLV_OK, RLV_OK, 0x9000, PAGED, "a page"},
	{PAGED_AT + 4095, 1, RLV_OK, RLV_OK, 0x9fff, PAGED, "last byte of a page"},
	{PAGED_AT + 4096, 64, RLV_OK, RLV_OK, 0x5000, PAGED, "second page"},
	{PAGED_AT + 4095, 2, RLV_PAGE_SPLIT, RLV_PAGE_SPLIT, 0, 0, "over two pages"},
};

/* Wherever the look-up begins, the answer is the same. */
static void e1000_post_memory_rules_of_either_direction(void **state)
{
	static const uint32_t hints[] = {0, 1, 2, 3, 4, 0xffffffffu};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(hints) * ARRAY_SIZE(memory_rows); i++) {
		const typeof(memory_rows[0]) *row = &memory_rows[i / 2 / ARRAY_SIZE(hints)];
		bool tx = i % 2 == 0;
		enum rlv_rule rule = tx ? row->tx : row->rx;
		struct rlv_verdict verdict;

		start(4, row->bytes);
		ring.region = hints[i / 2 % ARRAY_SIZE(hints)];
		ask(0, row->lo, tx ? LAST | row->bytes : 0);
		verdict = tx ? rlv_e1000_tx_post(table, &ring, 1, NO_CLAIM)
			     : rlv_e1000_rx_post(table, &ring, 1, NO_CLAIM);
		if (verdict.rule != rule)
			fail_msg("%s, %s: %s", tx ? "tx" : "rx", row->why,
				 rlv_rule_name(verdict.rule));
		if (rule == RLV_OK) {
			expect_all(verdict, 1);
			expect_posted(0, row->dev, tx ? LAST | row->bytes : 0,
				      (uint16_t)(RLV_HOLDS_LAST | row->handle));
			assert_int_equal(ring.region, row->handle);
		} else {
			expect_refused(verdict, rule, 0, 0);
			expect_untouched(0);
		}
	}
}

static void e1000_tx_post_forces_fcs_and_report(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits < 8; bits++) {
		uint64_t more = (bits & 1 ? IFCS : 0) | (bits & 2 ? RS : 0);
		bool quick = bits & 4;

		start(8, 2048);
		ring.region = quick ? BOTH : PAGED;
		ask(0, BOTH_AT, more | EOP | 100);
		ask(1, BOTH_AT + 1, more | 101);
		ask(2, BOTH_AT + 2, more | EOP | 102);
		expect_all(rlv_e1000_tx_post(table, &ring, 3, NO_CLAIM), 3);
		expect_posted(0, BOTH_DEV, EOP | IFCS | RS | 100, RLV_HOLDS_LAST | BOTH);
		expect_posted(1, BOTH_DEV + 1, IFCS | 101, BOTH);
		expect_posted(2, BOTH_DEV + 2, EOP | IFCS | RS | 102, RLV_HOLDS_LAST | BOTH);
		assert_int_equal(ring.region, BOTH);
	}
}

static void e1000_tx_post_half_packet_is_read_again(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 8; at++) {
		uint32_t slot[4] = {at, (at + 1) % 8, (at + 2) % 8, (at + 3) % 8};

		start_at(8, 2048, at);
		ask(slot[0], BOTH_AT, EOP | 60);
		ask(slot[1], BOTH_AT + 64, 61);
		ask(slot[2], READ_AT, 62);
		expect_all(rlv_e1000_tx_post(table, &ring, slot[3], NO_CLAIM), slot[1]);
		assert_int_equal(rlv_ring_in_flight(&ring), 1);
		assert_false(rlv_ring_holds(&ring, READ));
		/* Nothing is left of the first reading. */
		ask(slot[1], PAGED_AT, 63);
		ask(slot[2], BOTH_AT + 64, EOP | 64);
		expect_all(rlv_e1000_tx_post(table, &ring, slot[3], NO_CLAIM), slot[3]);
		expect_posted(slot[1], 0x9000, IFCS | 63, PAGED);
		expect_posted(slot[2], BOTH_DEV + 64, EOP | IFCS | RS | 64, RLV_HOLDS_LAST | BOTH);
		assert_true(rlv_ring_holds(&ring, PAGED) && !rlv_ring_holds(&ring, READ));
	}
}

static void e1000_tx_post_half_packet_alone_posts_nothing(void **state)
{
	(void)state;
	start_at(4, 2048, 3);
	ask(3, BOTH_AT, 60);
	ask(0, BOTH_AT, 60);
	expect_all(rlv_e1000_tx_post(table, &ring, 1, NO_CLAIM), 3);
	assert_int_equal(rlv_ring_in_flight(&ring), 0);
}

static void e1000_tx_post_refusal_in_a_packet_drops_its_start(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 8; at++) {
		start_at(8, 2048, at);
		ask(at, BOTH_AT, EOP | 60);
		ask((at + 1) % 8, BOTH_AT, 60);
		ask((at + 2) % 8, BOTH_AT, 60);
		ask((at + 3) % 8, BOTH_AT - 1, EOP | 60);
		expect_refused(rlv_e1000_tx_post(table, &ring, (at + 4) % 8, NO_CLAIM),
			       RLV_UNMAPPED, (at + 3) % 8, (at + 1) % 8);
		assert_int_equal(rlv_ring_in_flight(&ring), 1);
	}
}

static void e1000_tx_post_segs_max(void **state)
{
	static const struct {
		uint32_t segs;
		enum rlv_rule rule;
		const char *why;
	} rows[] = {
		{RLV_TX_SEGS_MAX - 1, RLV_OK, "one fewer"},
		{RLV_TX_SEGS_MAX, RLV_OK, "the most"},
		{RLV_TX_SEGS_MAX + 1, RLV_SEGS, "one more"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		uint32_t segs = rows[i / 2].segs;
		uint32_t at = i % 2 ? 100 : 0; /* 100: round the end of 128 */
		uint32_t past = (at + segs) % 128;
		struct rlv_verdict verdict;

		start_at(128, 65535, at);
		for (uint32_t k = 0; k < segs; k++)
			ask((at + k) % 128, BOTH_AT, (k + 1 == segs ? EOP : 0) | 60);
		verdict = rlv_e1000_tx_post(table, &ring, past, NO_CLAIM);
		if (verdict.rule != rows[i / 2].rule)
			fail_msg("%s: %s", rows[i / 2].why, rlv_rule_name(verdict.rule));
		if (verdict.rule == RLV_OK)
			expect_all(verdict, past);
		else
			/* The slot that cannot be the packet's last any more. */
			expect_refused(verdict, RLV_SEGS, (at + RLV_TX_SEGS_MAX - 1) % 128, at);
	}
}

static void e1000_tx_post_most_fragments_wait_for_an_end(void **state)
{
	(void)state;
	start(128, 65535);
	for (uint32_t k = 0; k < RLV_TX_SEGS_MAX - 1; k++)
		ask(k, BOTH_AT, 60);
	expect_all(rlv_e1000_tx_post(table, &ring, RLV_TX_SEGS_MAX - 1, NO_CLAIM), 0);
	ask(RLV_TX_SEGS_MAX - 1, BOTH_AT, EOP | 60);
	expect_all(rlv_e1000_tx_post(table, &ring, RLV_TX_SEGS_MAX, NO_CLAIM), RLV_TX_SEGS_MAX);
}

static void e1000_tx_post_packet_max(void **state)
{
	static const struct {
		uint32_t max, first, second;
		enum rlv_rule rule;
		uint32_t slot;
		const char *why;
	} rows[] = {
		{100, 0, 100, RLV_OK, 0, "as long as may be"},
		{100, 0, 101, RLV_PACKET_MAX, 1, "a byte over"},
		{100, 60, 40, RLV_OK, 0, "two make the longest"},
		{100, 60, 41, RLV_PACKET_MAX, 1, "two make a byte over"},
		{100, 101, 1, RLV_PACKET_MAX, 0, "the first alone is over"},
		{100, 100, 1, RLV_PACKET_MAX, 1, "the first leaves no room"},
		{1, 0, 1, RLV_OK, 0, "a byte where a byte may be"},
		{1, 0, 2, RLV_PACKET_MAX, 1, "two bytes there"},
		{65535, 16288, 16288, RLV_OK, 0, "two of the device's longest"},
		{16287, 0, 16288, RLV_PACKET_MAX, 1, "the queue's limit is the lower one"},
		{16289, 0, 16289, RLV_LENGTH_MAX, 1, "the device's limit is the lower one"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const typeof(rows[0]) *row = &rows[i / 2];
		struct rlv_verdict verdict;

		start(4, row->max);
		if (row->first)
			ask(0, BOTH_AT, row->first);
		else
			ask(0, BOTH_AT, EOP | 1);
		/* As drivers write it, and not. */
		ask(1, BOTH_AT, (i % 2 ? LAST : EOP) | row->second);
		verdict = rlv_e1000_tx_post(table, &ring, 2, NO_CLAIM);
		if (verdict.rule != row->rule)
			fail_msg("%s: %s", row->why, rlv_rule_name(verdict.rule));
		if (verdict.rule == RLV_OK)
			expect_all(verdict, 2);
		else
			expect_refused(verdict, row->rule, row->slot, row->first ? 0 : 1);
	}
}

/* What a packet has had is forgotten at its end. */
static void e1000_tx_post_each_packet_counts_anew(void **state)
{
	(void)state;
	start(128, 100);
	for (uint32_t k = 0; k < 100; k++)
		ask(k, PAGED_AT, (k % 2 ? EOP : 0) | 50);
	expect_all(rlv_e1000_tx_post(table, &ring, 100, NO_CLAIM), 100);
}

static void e1000_rx_post_each_slot_stands_for_itself(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 8; at++) {
		struct rlv_verdict verdict;

		start_at(8, 2048, at);
		ring.region = BOTH;
		ask(at, BOTH_AT, 0);
		ask((at + 1) % 8, PAGED_AT + 2048, 0);
		ask((at + 2) % 8, WRITE_AT, 0);
		ask((at + 3) % 8, BOTH_AT + BOTH_BYTES - 2048, 0);
		ask((at + 4) % 8, BOTH_AT, 1);
		ask((at + 5) % 8, BOTH_AT, 0);
		verdict = rlv_e1000_rx_post(table, &ring, (at + 6) % 8, NO_CLAIM);
		expect_refused(verdict, RLV_RESERVED, (at + 4) % 8, (at + 4) % 8);
		expect_posted(at, BOTH_DEV, 0, RLV_HOLDS_LAST | BOTH);
		expect_posted((at + 1) % 8, 0x9800, 0, RLV_HOLDS_LAST | PAGED);
		expect_posted((at + 2) % 8, 0x1000, 0, RLV_HOLDS_LAST | WRITE);
		expect_posted((at + 3) % 8, BOTH_DEV + BOTH_BYTES - 2048, 0, RLV_HOLDS_LAST | BOTH);
		expect_untouched((at + 4) % 8);
		expect_untouched((at + 5) % 8);
		assert_int_equal(rlv_ring_in_flight(&ring), 4);
	}
}

static void e1000_rx_post_no_bit_passes(void **state)
{
	(void)state;
	for (int i = 0; i < 128; i++) {
		int n = i / 2;

		start(8, 2048);
		ring.region = i % 2 ? BOTH : WRITE; /* the quick way from the start, or not */
		ask(0, BOTH_AT, 0);
		ask(1, BOTH_AT, BIT64(n));
		expect_refused(rlv_e1000_rx_post(table, &ring, 2, NO_CLAIM), RLV_RESERVED, 1, 1);
		expect_untouched(1);
	}
}

/* A window of @n from slot @at, @held in flight before it, in a ring of 8. */
static struct rlv_verdict window(bool tx, uint32_t at, uint32_t held, uint32_t n, uint32_t seen)
{
	start_at(8, 64, (at + 8 - held) % 8);
	for (uint32_t slot = 0; slot < 8; slot++)
		ask(slot, BOTH_AT, tx ? EOP | 60 : 0);
	if (tx)
		expect_all(rlv_e1000_tx_post(table, &ring, at, NO_CLAIM), at);
	else
		expect_all(rlv_e1000_rx_post(table, &ring, at, NO_CLAIM), at);
	/* The device is done with all but the newest. */
	for (uint32_t k = 0; k + 1 < held; k++)
		posted[2 * ((at + 8 - held + k) % 8) + 1] |= DONE;
	return tx ? rlv_e1000_tx_post(table, &ring, (at + n) % 8, seen)
		  : rlv_e1000_rx_post(table, &ring, (at + n) % 8, seen);
}

static void e1000_post_window_from_every_slot(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 8; at++) {
		for (int tx = 0; tx < 2; tx++) {
			uint32_t past = (at + 7) % 8;

			/* An empty window, and the greatest of an empty ring. */
			expect_all(window(tx, at, 0, 0, NO_CLAIM), at);
			expect_all(window(tx, at, 0, 7, NO_CLAIM), past);
			/* Room there is: what is done is not looked for. */
			expect_all(window(tx, at, 3, 4, NO_CLAIM), (at + 4) % 8);
			assert_int_equal(rlv_ring_in_flight(&ring), 7);
			/* Room by what the device is done with: two of three. */
			expect_all(window(tx, at, 3, 6, NO_CLAIM), (at + 6) % 8);
			assert_int_equal(rlv_ring_in_flight(&ring), 7);
		}
	}
}

static void e1000_post_over_owned_slots_refused(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 8; at++) {
		for (int tx = 0; tx < 2; tx++) {
			/* Three in flight, two done: the seventh slot is the device's. */
			struct rlv_verdict verdict = window(tx, at, 3, 7, NO_CLAIM);

			assert_int_equal(verdict.rule, RLV_WINDOW);
			assert_int_equal(verdict.slot, (at + 7) % 8);
			assert_int_equal(verdict.tail, at);
			assert_int_equal(verdict.words.lo | verdict.words.hi, 0);
			assert_int_equal(ring.tail, at);
			assert_int_equal(rlv_ring_in_flight(&ring), 1);
			/* A claim that is true but small leaves as little. */
			verdict = window(tx, at, 3, 6, (at + 8 - 2) % 8);
			assert_int_equal(verdict.rule, RLV_WINDOW);
			assert_int_equal(rlv_ring_in_flight(&ring), 2);
		}
	}
}

static void e1000_post_tail_outside_the_ring_refused(void **state)
{
	static const uint32_t tails[] = {8, 9, 16, 0x80000000u, 0xffffffffu};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(tails); i++) {
		uint32_t tail = tails[i / 2];
		struct rlv_verdict verdict;

		start_at(8, 64, 5);
		ask(5, BOTH_AT, EOP | 60);
		verdict = i % 2 ? rlv_e1000_tx_post(table, &ring, tail, NO_CLAIM)
				: rlv_e1000_rx_post(table, &ring, tail, NO_CLAIM);
		assert_int_equal(verdict.rule, RLV_TAIL);
		assert_int_equal(verdict.slot, tail);
		assert_int_equal(verdict.tail, 5);
		assert_int_equal(ring.tail, 5);
		expect_untouched(5);
	}
}

static void e1000_post_smallest_ring(void **state)
{
	(void)state;
	for (int tx = 0; tx < 2; tx++) {
		uint64_t hi = tx ? EOP | 60 : 0;

		start_at(2, 64, 1);
		ask(0, BOTH_AT, hi);
		ask(1, BOTH_AT, hi);
		expect_all(tx ? rlv_e1000_tx_post(table, &ring, 0, NO_CLAIM)
			      : rlv_e1000_rx_post(table, &ring, 0, NO_CLAIM),
			   0);
		assert_int_equal((tx ? rlv_e1000_tx_post(table, &ring, 1, NO_CLAIM)
				     : rlv_e1000_rx_post(table, &ring, 1, NO_CLAIM))
					 .rule,
				 RLV_WINDOW);
		posted[3] |= DONE;
		expect_all(tx ? rlv_e1000_tx_post(table, &ring, 1, NO_CLAIM)
			      : rlv_e1000_rx_post(table, &ring, 1, NO_CLAIM),
			   1);
	}
}

/* asked == posted, keys are device addresses: a ring of the process's own. */
static void e1000_post_in_place(void **state)
{
	(void)state;
	start(4, 2048);
	for (int i = 0; i < 2; i++)
		rlv_table_init(&tables[i], RLV_KEY_IOVA, 4, table_memory[i]);
	pin(0, (struct rlv_region){
		       .base = 0x1000, .bytes = 0x1000, .dev = 0x1000, .perm = RLV_PERM_BOTH});
	ring.asked = posted;
	posted[0] = 0x1000;
	posted[1] = EOP | 60;
	posted[2] = 0x1800;
	posted[3] = 60;
	assert_int_equal(rlv_e1000_tx_post(table, &ring, 2, NO_CLAIM).tail, 1);
	expect_posted(0, 0x1000, EOP | IFCS | RS | 60, RLV_HOLDS_LAST);
	/* The half packet may have been built over, and reads the same. */
	posted[4] = 0x1fff;
	posted[5] = EOP | 1;
	assert_int_equal(rlv_e1000_tx_post(table, &ring, 3, NO_CLAIM).tail, 3);
	expect_posted(1, 0x1800, IFCS | 60, 0);
	expect_posted(2, 0x1fff, EOP | IFCS | RS | 1, RLV_HOLDS_LAST);
	assert_int_equal(rlv_ring_in_flight(&ring), 3);
	/* Written back by the device: not to be posted again as it stands. */
	posted[1] |= DONE;
	assert_int_equal(rlv_ring_reclaim(&ring, 1), 1);
	posted[6] = 0x1000;
	posted[7] = EOP | DONE | 60;
	assert_int_equal(rlv_e1000_tx_post(table, &ring, 0, NO_CLAIM).rule, RLV_RESERVED);
}

/* A region stays held until its packet's last descriptor is done. */
static void e1000_tx_held_until_the_packet_is_done(void **state)
{
	(void)state;
	start(8, 2048);
	ask(0, READ_AT, 60);
	ask(1, BOTH_AT, EOP | 60);
	expect_all(rlv_e1000_tx_post(table, &ring, 2, NO_CLAIM), 2);
	posted[1] |= DONE; /* the fragment alone, as QEMU's e1000e reports it */
	assert_int_equal(rlv_ring_reclaim(&ring, 1), 0);
	assert_true(rlv_ring_holds(&ring, READ) && rlv_ring_holds(&ring, BOTH));
	assert_int_equal(rlv_table_remove(table == tables ? tables + 1 : tables, table, READ,
					  rlv_ring_holds(&ring, READ)),
			 RLV_BUSY);
	posted[3] |= DONE;
	assert_int_equal(rlv_ring_reclaim(&ring, 2), 2);
	assert_false(rlv_ring_holds(&ring, READ) || rlv_ring_holds(&ring, BOTH));
}

/* Guard keys: the hint is a handle as any other, also one that holds no region. */
static void e1000_post_guard_keys_any_hint(void **state)
{
	static const uint32_t hints[] = {0, 1, 2, 3, 4, 0xffffffffu};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		start(4, 64);
		for (int k = 0; k < 2; k++)
			rlv_table_init(&tables[k], RLV_KEY_GUARD, 4, table_memory[k]);
		pin(3, (struct rlv_region){.bytes = 64, .dev = 0x1000, .perm = RLV_PERM_READ});
		pin(1, (struct rlv_region){.bytes = 64, .dev = 0x2000, .perm = RLV_PERM_WRITE});
		ring.region = hints[i];
		ask(0, 3ull << 40, EOP | 64);
		ask(1, (3ull << 40) + 1, EOP | 64);
		expect_refused(rlv_e1000_tx_post(table, &ring, 2, NO_CLAIM), RLV_REGION_END, 1, 1);
		expect_posted(0, 0x1000, EOP | IFCS | RS | 64, RLV_HOLDS_LAST | 3);
		assert_int_equal(ring.region, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e1000_tx_decode_each_rule),
		cmocka_unit_test(e1000_tx_decode_no_other_bit_passes),
		cmocka_unit_test(e1000_rx_decode_address_and_zero),
		cmocka_unit_test(e1000_tx_post_refusal_keeps_what_came_before),
		cmocka_unit_test(e1000_post_memory_rules_of_either_direction),
		cmocka_unit_test(e1000_tx_post_forces_fcs_and_report),
		cmocka_unit_test(e1000_tx_post_half_packet_is_read_again),
		cmocka_unit_test(e1000_tx_post_half_packet_alone_posts_nothing),
		cmocka_unit_test(e1000_tx_post_refusal_in_a_packet_drops_its_start),
		cmocka_unit_test(e1000_tx_post_segs_max),
		cmocka_unit_test(e1000_tx_post_most_fragments_wait_for_an_end),
		cmocka_unit_test(e1000_tx_post_packet_max),
		cmocka_unit_test(e1000_tx_post_each_packet_counts_anew),
		cmocka_unit_test(e1000_rx_post_each_slot_stands_for_itself),
		cmocka_unit_test(e1000_rx_post_no_bit_passes),
		cmocka_unit_test(e1000_post_window_from_every_slot),
		cmocka_unit_test(e1000_post_over_owned_slots_refused),
		cmocka_unit_test(e1000_post_tail_outside_the_ring_refused),
		cmocka_unit_test(e1000_post_smallest_ring),
		cmocka_unit_test(e1000_post_in_place),
		cmocka_unit_test(e1000_tx_held_until_the_packet_is_done),
		cmocka_unit_test(e1000_post_guard_keys_any_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
