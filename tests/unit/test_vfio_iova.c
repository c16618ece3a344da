/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator of device addresses. */
#include <stdlib.h>

#include "driver/vfio/vfio_iova.h"
#include "unit.h"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)
#define GIB	((uint64_t)1 << 30)
#define TOP_39	(((uint64_t)1 << 39) - 1)
#define TOP_64	UINT64_MAX
#define REFUSED UINT64_MAX /* an answer: no address has this value, it is not aligned */

static void iova_take_boundaries(void **state)
{
	static const struct {
		const char *why;
		struct vfio_span usable[3];
		unsigned int count;
		struct {
			uint64_t bytes, align;
			rlb_iova_t at; /* expected */
		} takes[4];
	} cases[] = {
		{"never address 0", {{0, TOP_39}}, 1, {{4 * KIB, 4 * KIB, 0x1000}}},
		{"aligned up to large pages", {{0, TOP_39}}, 1, {{2 * MIB, 2 * MIB, 2 * MIB}}},
		{"1 GiB pages", {{0, TOP_39}}, 1, {{3 * GIB, GIB, GIB}}},
		{"small ones fill the gap in front of a large one",
		 {{0, TOP_39}},
		 1,
		 {{2 * MIB, 2 * MIB, 2 * MIB},
		  {4 * KIB, 4 * KIB, 0x1000},
		  {8 * KIB, 4 * KIB, 0x2000}}},
		{"a gap one page too short is passed over",
		 {{0, TOP_39}},
		 1,
		 {{4 * KIB, 64 * KIB, 0x10000},
		  {64 * KIB, 4 * KIB, 0x11000},
		  {60 * KIB, 4 * KIB, 0x1000}}},
		{"exactly the whole span", {{0x10000, 0x1ffff}}, 1, {{64 * KIB, 4 * KIB, 0x10000}}},
		{"one byte more than the span",
		 {{0x10000, 0x1ffff}},
		 1,
		 {{65537, 4 * KIB, REFUSED}}},
		{"alignment leaves too little",
		 {{0x11000, 0x2ffff}},
		 1,
		 {{128 * KIB, 64 * KIB, REFUSED}, {64 * KIB, 64 * KIB, 0x20000}}},
		{"not across a hole: the window of message interrupts",
		 {{0xfe000000, 0xfedfffff}, {0xfef00000, TOP_39}},
		 2,
		 {{16 * MIB, 4 * KIB, 0xfef00000}, {14 * MIB, 4 * KIB, 0xfe000000}}},
		{"adjacent spans are not joined",
		 {{0x1000, 0x1fff}, {0x2000, 0x2fff}},
		 2,
		 {{8 * KIB, 4 * KIB, REFUSED},
		  {4 * KIB, 4 * KIB, 0x1000},
		  {4 * KIB, 4 * KIB, 0x2000},
		  {4 * KIB, 4 * KIB, REFUSED}}},
		{"39 bits: up to the last byte and no further",
		 {{TOP_39 - GIB + 1, TOP_39}},
		 1,
		 {{GIB, GIB, TOP_39 - GIB + 1}, {4 * KIB, 4 * KIB, REFUSED}}},
		{"64 bits: the last page",
		 {{TOP_64 - 4095, TOP_64}},
		 1,
		 {{4 * KIB, 4 * KIB, TOP_64 - 4095}, {4 * KIB, 4 * KIB, REFUSED}}},
		{"64 bits: rounding up would wrap",
		 {{TOP_64 - 4095, TOP_64}},
		 1,
		 {{1, GIB, REFUSED}}},
		{"64 bits: behind the last taken span it would wrap",
		 {{TOP_64 - 8191, TOP_64}},
		 1,
		 {{4 * KIB, 4 * KIB, TOP_64 - 8191},
		  {4 * KIB, 4 * KIB, TOP_64 - 4095},
		  {1, 1, REFUSED}}},
		{"more than 2^63 bytes", {{0, TOP_64}}, 1, {{TOP_64 - 4095, 4 * KIB, 0x1000}}},
		{"more than there is", {{0, TOP_64}}, 1, {{TOP_64, 4 * KIB, REFUSED}}},
		{"an empty set", {{0, 0}}, 0, {{4 * KIB, 4 * KIB, REFUSED}}},
		{"a span of one byte, address 0", {{0, 0}}, 1, {{1, 1, REFUSED}}},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_iova_set set = {0};

		assert_int_equal(vfio_iova_set_usable(&set, cases[i].usable, cases[i].count), 0);
		for (unsigned int t = 0; t < 4 && cases[i].takes[t].bytes; t++) {
			rlb_iova_t at = REFUSED;
			int err = vfio_iova_take(&set, cases[i].takes[t].bytes,
						 cases[i].takes[t].align, &at);

			if (at != cases[i].takes[t].at)
				fail_msg("%s: take %u gave %#llx", cases[i].why, t,
					 (unsigned long long)at);
			assert_int_equal(err, at == REFUSED ? -ENOSPC : 0);
		}
		vfio_iova_fini(&set);
	}
}

static void iova_give_makes_reusable(void **state)
{
	const struct vfio_span usable = {0, 0x4fff};
	struct vfio_iova_set set = {0};
	rlb_iova_t at[4], again;

	(void)state;
	assert_int_equal(vfio_iova_set_usable(&set, &usable, 1), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(vfio_iova_take(&set, 4096, 4096, &at[i]), 0);
	assert_int_equal(vfio_iova_take(&set, 4096, 4096, &again), -ENOSPC);
	/* Two neighbours become one gap. */
	vfio_iova_give(&set, at[1]);
	assert_int_equal(vfio_iova_take(&set, 8192, 4096, &again), -ENOSPC);
	vfio_iova_give(&set, at[2]);
	assert_int_equal(vfio_iova_take(&set, 8192, 4096, &again), 0);
	assert_int_equal(again, at[1]);
	/* What was never taken changes nothing. */
	vfio_iova_give(&set, 0x123000);
	assert_int_equal(set.taken_count, 3);
	vfio_iova_fini(&set);
}

static void iova_ranges_shrink_keeps_taken(void **state)
{
	const struct vfio_span before = {0, TOP_39};
	const struct vfio_span after[] = {{0, 0x1fff}, {0x10000, 0xffffffff}};
	struct vfio_iova_set set = {0};
	rlb_iova_t at;

	(void)state;
	assert_int_equal(vfio_iova_set_usable(&set, &before, 1), 0);
	assert_int_equal(vfio_iova_last(&set), TOP_39);
	assert_int_equal(vfio_iova_take(&set, 4096, 4096, &at), 0);
	assert_int_equal(vfio_iova_set_usable(&set, after, 2), 0);
	assert_int_equal(vfio_iova_last(&set), 0xffffffff);
	assert_int_equal(vfio_iova_take(&set, 4096, 4096, &at), 0);
	assert_int_equal(at, 0x10000);
	vfio_iova_fini(&set);
}

/* Against a map of single pages: no overlap, always inside, and refused only when there is none. */
static void iova_random_agrees_with_page_map(void **state)
{
	enum { PAGES = 256, HOLE_FROM = 100, HOLE_TO = 110 };
	const struct vfio_span usable[] = {{0, HOLE_FROM * 4096 - 1},
					   {HOLE_TO * 4096, PAGES * 4096 - 1}};
	struct vfio_iova_set set = {0};
	uint8_t length[PAGES] = {0}, used[PAGES] = {0};

	(void)state;
	srand(1);
	used[0] = 1;
	memset(&used[HOLE_FROM], 1, HOLE_TO - HOLE_FROM);
	assert_int_equal(vfio_iova_set_usable(&set, usable, 2), 0);
	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int pages = 1 + (unsigned int)rand() % 20, align = 1u << (rand() % 5);
		unsigned int want, run;
		rlb_iova_t at;
		int err;

		if (rand() % 2) {
			unsigned int page = (unsigned int)rand() % PAGES;

			vfio_iova_give(&set, page * 4096ull);
			memset(&used[page], 0, length[page]);
			length[page] = 0;
			continue;
		}
		for (want = 0; want + pages <= PAGES; want += align) {
			for (run = 0; run < pages && !used[want + run]; run++)
				;
			/* A run that touches the hole's two sides is none: the hole is used. */
			if (run == pages)
				break;
		}
		err = vfio_iova_take(&set, pages * 4096ull, align * 4096ull, &at);
		if (want + pages > PAGES) {
			assert_int_equal(err, -ENOSPC);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(at, want * 4096ull);
		memset(&used[want], 1, pages);
		length[want] = (uint8_t)pages;
	}
	vfio_iova_fini(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iova_take_boundaries),
		cmocka_unit_test(iova_give_makes_reusable),
		cmocka_unit_test(iova_ranges_shrink_keeps_taken),
		cmocka_unit_test(iova_random_agrees_with_page_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
