/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in flight: reclaim by a claim and by walking, whole packets only; what a ring holds. */
#include "unit.h"
#include "verifier/rlv_ring.h"

#define SLOTS 8u
#define DONE  0x100000000ull
#define LAST  RLV_HOLDS_LAST
#define NONE  0xffffffffu

static uint64_t words[2 * SLOTS];
static uint16_t holds[SLOTS];
static struct rlv_ring ring;

/* @packets: letters from the head on: f fragment, F done, l last, L done. */
static void start(uint32_t head, const char *packets)
{
	uint32_t slot = head;

	memset(words, 0, sizeof(words));
	memset(holds, 0xff, sizeof(holds));
	ring = (struct rlv_ring){.asked = words,
				 .posted = words,
				 .done = words,
				 .holds = holds,
				 .done_mask = DONE,
				 .slots = SLOTS,
				 .bytes_max = 2048,
				 .head = 5,
				 .tail = 6,
				 .region = 7};
	rlv_ring_init(&ring);
	assert_int_equal(ring.head | ring.tail | ring.region, 0);
	ring.head = head;
	for (; *packets; packets++) {
		words[2 * slot + 1] = *packets == 'F' || *packets == 'L' ? DONE : ~DONE;
		holds[slot] = (uint16_t)(slot + (*packets == 'l' || *packets == 'L' ? LAST : 0));
		slot = (slot + 1) % SLOTS;
	}
	ring.tail = slot;
	/* What is free looks done: nobody may look at it. */
	for (; slot != head; slot = (slot + 1) % SLOTS)
		words[2 * slot + 1] = DONE;
}

struct row {
	const char *packets;
	uint32_t seen; /* slots past the head; NONE: no claim */
	uint32_t gone;
	const char *why;
};

static const struct row rows[] = {
	{"", NONE, 0, "nothing in flight"},
	{"", 0, 0, "a claim of nothing, rightly"},
	{"", 3, 0, "a claim where nothing is in flight"},
	{"l", NONE, 0, "not done"},
	{"L", NONE, 1, "done"},
	{"L", 1, 1, "done, and claimed"},
	{"l", 1, 0, "claimed, not done"},
	{"LLL", 2, 2, "a true claim is all that is let go"},
	{"LLL", 3, 3, "the greatest true claim"},
	{"LLL", NONE, 3, "no claim: all that is done"},
	{"LLl", 3, 2, "a false claim: what is done"},
	{"LLl", 4, 2, "a claim past the tail: what is done"},
	{"LLl", 0, 2, "a claim of the head: what is done"},
	{"lLL", NONE, 0, "done behind one that is not"},
	{"Ff", NONE, 0, "fragments alone"},
	{"Fl", NONE, 0, "a fragment that is done, its packet not"},
	{"Fl", 1, 0, "a claim to let a done fragment go"},
	{"FL", 1, 2, "a claim into the middle of a done packet: all of it"},
	{"fL", NONE, 2, "fragments report nothing"},
	{"fL", 2, 2, "and need not for a claim"},
	{"LFFl", 3, 1, "a claim that ends on a fragment"},
	{"LfLF", NONE, 3, "what follows the last packet stays"},
	{"LfLfl", 3, 3, "a claim of two packets"},
	{"LLLLLLL", 7, 7, "a full ring, claimed"},
	{"LLLLLLL", NONE, 7, "a full ring, walked"},
	{"LLLLLLl", 7, 6, "a full ring, falsely claimed"},
	{"fffffff", NONE, 0, "a full ring of fragments ends the walk"},
};

static void ring_reclaim_whole_done_packets(void **state)
{
	(void)state;
	/* From every slot, so that each row also goes round the end. */
	for (uint32_t head = 0; head < SLOTS; head++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			const struct row *row = &rows[i];
			uint32_t seen = row->seen == NONE ? NONE : (head + row->seen) % SLOTS;
			uint32_t before, gone;

			start(head, row->packets);
			before = rlv_ring_in_flight(&ring);
			assert_int_equal(before, strlen(row->packets));
			gone = rlv_ring_reclaim(&ring, seen);
			if (gone != row->gone || ring.head != (head + gone) % SLOTS ||
			    rlv_ring_in_flight(&ring) != before - gone)
				fail_msg("%s: %u gone from %u", row->why, gone, head);
		}
	}
}

static void ring_claim_outside_the_ring_walks(void **state)
{
	static const uint32_t seen[] = {SLOTS, SLOTS + 1, 0x80000000u, NONE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		start(6, "LLl");
		assert_int_equal(rlv_ring_reclaim(&ring, seen[i]), 2);
	}
}

static void ring_reclaim_is_by_the_done_mask(void **state)
{
	(void)state;
	start(0, "ll");
	words[1] = ~DONE;
	assert_int_equal(rlv_ring_reclaim(&ring, NONE), 0);
	ring.done_mask = 1;
	assert_int_equal(rlv_ring_reclaim(&ring, NONE), 2);
}

static void ring_holds_what_is_in_flight(void **state)
{
	(void)state;
	for (uint32_t head = 0; head < SLOTS; head++) {
		start(head, "fLlf");
		/* start() makes each slot name the region of its own number. */
		for (uint32_t k = 0; k < SLOTS; k++)
			assert_int_equal(rlv_ring_holds(&ring, (head + k) % SLOTS), k < 4);
		assert_false(rlv_ring_holds(&ring, LAST + head));
		assert_int_equal(rlv_ring_reclaim(&ring, NONE), 2);
		for (uint32_t k = 0; k < SLOTS; k++)
			assert_int_equal(rlv_ring_holds(&ring, (head + k) % SLOTS),
					 k == 2 || k == 3);
	}
}

static void ring_holds_the_greatest_handle(void **state)
{
	(void)state;
	start(0, "ll");
	holds[1] = (uint16_t)(LAST + RLV_REGIONS_MAX - 1);
	assert_true(rlv_ring_holds(&ring, RLV_REGIONS_MAX - 1));
	assert_false(rlv_ring_holds(&ring, RLV_REGIONS_MAX));
}

static void ring_distance_goes_round(void **state)
{
	(void)state;
	assert_int_equal(rlv_ring_distance(8, 0, 0), 0);
	assert_int_equal(rlv_ring_distance(8, 7, 7), 0);
	assert_int_equal(rlv_ring_distance(8, 0, 7), 7);
	assert_int_equal(rlv_ring_distance(8, 7, 0), 1);
	assert_int_equal(rlv_ring_distance(8, 5, 4), 7);
	assert_int_equal(rlv_ring_distance(RLV_SLOTS_MAX, RLV_SLOTS_MAX - 1, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_reclaim_whole_done_packets),
		cmocka_unit_test(ring_claim_outside_the_ring_walks),
		cmocka_unit_test(ring_reclaim_is_by_the_done_mask),
		cmocka_unit_test(ring_holds_what_is_in_flight),
		cmocka_unit_test(ring_holds_the_greatest_handle),
		cmocka_unit_test(ring_distance_goes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
