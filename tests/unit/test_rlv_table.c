/* SPDX-License-Identifier: BSD-2-Clause */
/* The pinned table: each rule on both sides of its boundary, both keys. */
#include <stdlib.h>

#include "unit.h"
#include "verifier/rlv_find.h"

#define CAP		      4u
#define GUARD(handle, offset) ((uint64_t)(handle) << 40 | (offset))
#define R		      RLV_PERM_READ
#define W		      RLV_PERM_WRITE
#define RW		      RLV_PERM_BOTH
#define TOP		      RLV_U64_MAX
#define NO_HINT		      0xffffffffu

/* Behind the two pages of a region lies one that would pass if it were looked at. */
static const uint64_t small_pages[] = {0x7000, 0x3000, 0x9000};
static const uint64_t large_pages[] = {0x40000000, 0x200000};
static const uint64_t giant_pages[] = {0x8000000000, 0x40000000};
static const uint64_t odd_pages[] = {0x7000, 0x3800};
static const uint64_t odd_large_pages[] = {0x40000000, 0x201000};
static const uint64_t odd_giant_pages[] = {0x40200000, 0x40000000};
static const uint64_t top_pages[] = {0xfffffffffffff000};

static uint64_t memory[2][CAP * 8];
static struct rlv_table tables[2];
static struct rlv_table *table;

static void start(enum rlv_key key)
{
	assert_true(rlv_table_bytes(CAP) <= sizeof(memory[0]));
	memset(memory, 0xa5, sizeof(memory));
	for (int i = 0; i < 2; i++)
		rlv_table_init(&tables[i], key, CAP, memory[i]);
	table = &tables[0];
}

static struct rlv_table *other(void)
{
	return table == &tables[0] ? &tables[1] : &tables[0];
}

static enum rlv_rule insert(uint32_t handle, struct rlv_region region)
{
	enum rlv_rule rule = rlv_table_insert(other(), table, handle, &region);

	if (rule == RLV_OK)
		table = other();
	return rule;
}

static enum rlv_rule take_out(uint32_t handle, bool held)
{
	enum rlv_rule rule = rlv_table_remove(other(), table, handle, held);

	if (rule == RLV_OK)
		table = other();
	return rule;
}

static struct rlv_region plain(uint64_t base, uint64_t bytes)
{
	return (struct rlv_region){
		.base = base, .bytes = bytes, .dev = 0x10000, .perm = RW, .rank = 9};
}

static struct rlv_region paged(uint64_t bytes, uint8_t shift, const uint64_t *page, uint32_t pages)
{
	struct rlv_region region = plain(0x80000000, bytes);

	region.shift = shift;
	region.page = page;
	region.pages = pages;
	return region;
}

static struct rlv_region with_perm(struct rlv_region region, uint8_t perm)
{
	region.perm = perm;
	return region;
}

static struct rlv_region with_dev(struct rlv_region region, uint64_t dev)
{
	region.dev = dev;
	return region;
}

struct look {
	uint64_t address;
	uint32_t bytes, perm;
	enum rlv_rule rule;
	uint64_t dev;
	const char *why;
};

static void check_looks(const struct look *look, size_t n, uint32_t hint)
{
	for (; n > 0; n--, look++) {
		struct rlv_span span =
			rlv_table_find(table, hint, look->address, look->bytes, look->perm);

		if (span.rule != look->rule || (span.rule == RLV_OK && span.dev != look->dev))
			fail_msg("%s: %s at %#llx", look->why, rlv_rule_name(span.rule),
				 (unsigned long long)span.dev);
	}
}

static void table_guard_unmapped_region_end_perm_page_split(void **state)
{
	static const struct look looks[] = {
		{GUARD(1, 0), 1, R, RLV_OK, 0x10000, "first byte"},
		{GUARD(1, 0), 0x2000, R, RLV_OK, 0x10000, "the whole region"},
		{GUARD(1, 0x1fff), 1, W, RLV_OK, 0x11fff, "last byte"},
		{GUARD(1, 0), 0x2001, R, RLV_REGION_END, 0, "one byte over"},
		{GUARD(1, 0x1fff), 2, R, RLV_REGION_END, 0, "last byte and one more"},
		{GUARD(1, 0x1fff), 0xffffffff, R, RLV_REGION_END, 0, "longest length"},
		{GUARD(1, 0x2000), 1, R, RLV_UNMAPPED, 0, "first byte past the end"},
		{GUARD(2, 0) - 1, 1, R, RLV_UNMAPPED, 0, "greatest offset"},
		{GUARD(2, 0), 1, R, RLV_UNMAPPED, 0, "free handle"},
		{GUARD(CAP, 0), 1, R, RLV_UNMAPPED, 0, "handle is the capacity"},
		{GUARD(0x100000, 0), 1, R, RLV_UNMAPPED, 0, "handle of more than 16 bits"},
		{TOP, 1, R, RLV_UNMAPPED, 0, "greatest address"},
		{GUARD(0, 0), 0x1000, R, RLV_OK, 0x7000, "a whole page"},
		{GUARD(0, 0xfff), 1, R, RLV_OK, 0x7fff, "last byte of a page"},
		{GUARD(0, 0xfff), 2, R, RLV_PAGE_SPLIT, 0, "into the next page"},
		{GUARD(0, 0), 0x1001, R, RLV_PAGE_SPLIT, 0, "a page and a byte"},
		{GUARD(0, 0x1000), 1, R, RLV_OK, 0x3000, "second page"},
		{GUARD(0, 0x17ff), 1, R, RLV_OK, 0x37ff, "last byte in mid-page"},
		{GUARD(0, 0x17ff), 2, R, RLV_REGION_END, 0, "region ends in mid-page"},
		{GUARD(0, 0), 1, W, RLV_PERM, 0, "write to a region that is read"},
		{GUARD(3, 5), 1, W, RLV_OK, 0x10005, "write to a region that is written"},
		{GUARD(3, 5), 1, R, RLV_PERM, 0, "read of a region that is written"},
	};

	(void)state;
	start(RLV_KEY_GUARD);
	assert_int_equal(insert(0, with_perm(paged(0x1800, 12, small_pages, 2), R)), RLV_OK);
	assert_int_equal(insert(1, plain(0x123, 0x2000)), RLV_OK);
	assert_int_equal(insert(3, with_perm(plain(0, 0x1000), W)), RLV_OK);
	check_looks(looks, ARRAY_SIZE(looks), NO_HINT);
	/* Guard keys need no hint, and a wrong one does no harm. */
	check_looks(looks, ARRAY_SIZE(looks), 2);
}

static void table_page_sizes_split_and_translate(void **state)
{
	static const struct look looks[] = {
		{GUARD(0, 0x1fffff), 1, R, RLV_OK, 0x401fffff, "last byte of 2 MB"},
		{GUARD(0, 0x1fffff), 2, R, RLV_PAGE_SPLIT, 0, "over 2 MB"},
		{GUARD(0, 0x200000), 0x200000, R, RLV_OK, 0x200000, "second 2 MB whole"},
		{GUARD(0, 0x1000), 0x1000, R, RLV_OK, 0x40001000, "4 KB splits nothing in 2 MB"},
		{GUARD(1, 0x3fffffff), 1, R, RLV_OK, 0x803fffffff, "last byte of 1 GB"},
		{GUARD(1, 0x3fffffff), 2, R, RLV_PAGE_SPLIT, 0, "over 1 GB"},
		{GUARD(1, 0x40000000), 1, R, RLV_OK, 0x40000000, "the one byte of the second GB"},
		{GUARD(1, 0x40000000), 2, R, RLV_REGION_END, 0, "and no more of it"},
		{GUARD(1, 0), 0x40000000, R, RLV_OK, 0x8000000000, "1 GB whole"},
		{GUARD(2, 0), 0x1000, R, RLV_OK, 0xfffffffffffff000, "the highest page"},
	};

	(void)state;
	start(RLV_KEY_GUARD);
	assert_int_equal(insert(0, paged(0x400000, 21, large_pages, 2)), RLV_OK);
	assert_int_equal(insert(1, paged(0x40000001, 30, giant_pages, 2)), RLV_OK);
	assert_int_equal(insert(2, paged(0x1000, 12, top_pages, 1)), RLV_OK);
	check_looks(looks, ARRAY_SIZE(looks), NO_HINT);
}

static void table_iova_any_hint_gives_the_same_answer(void **state)
{
	static const struct look looks[] = {
		{0, 1, R, RLV_OK, 0x10000, "address zero"},
		{0xfff, 1, R, RLV_OK, 0x10fff, "last byte of the lowest"},
		{0xfff, 2, R, RLV_REGION_END, 0, "into a neighbour that touches"},
		{0x1000, 1, R, RLV_OK, 0x20000, "first byte of the neighbour"},
		{0x2000, 1, R, RLV_UNMAPPED, 0, "past the neighbour"},
		{0x80000000 - 1, 1, R, RLV_UNMAPPED, 0, "before the third"},
		{0x80000000, 0x1000, R, RLV_OK, 0x7000, "a page of the third"},
		{0x80000fff, 2, R, RLV_PAGE_SPLIT, 0, "pages of the third"},
		{0x80001fff, 1, R, RLV_OK, 0x3fff, "last byte of the third"},
		{0x80002000, 1, R, RLV_UNMAPPED, 0, "past the third"},
		{TOP - 0xfff, 0x1000, R, RLV_OK, 0x30000, "up to the end of all addresses"},
		{TOP, 1, R, RLV_OK, 0x30fff, "the last address"},
		{TOP, 2, R, RLV_REGION_END, 0, "and no more: nothing wraps"},
		{TOP, 0xffffffff, R, RLV_REGION_END, 0, "nothing wraps at all"},
		{TOP - 0x1000, 1, R, RLV_UNMAPPED, 0, "before the highest"},
	};

	(void)state;
	start(RLV_KEY_IOVA);
	/* Neither handles nor the order of arrival follow the addresses. */
	assert_int_equal(insert(2, with_dev(plain(TOP - 0xfff, 0x1000), 0x30000)), RLV_OK);
	assert_int_equal(insert(3, plain(0, 0x1000)), RLV_OK);
	assert_int_equal(insert(0, paged(0x2000, 12, small_pages, 2)), RLV_OK);
	assert_int_equal(insert(1, with_dev(plain(0x1000, 0x1000), 0x20000)), RLV_OK);
	for (uint32_t hint = 0; hint <= CAP; hint++)
		check_looks(looks, ARRAY_SIZE(looks), hint);
	check_looks(looks, ARRAY_SIZE(looks), NO_HINT);
}

static void table_insert_bad_shape_refused(void **state)
{
	const struct {
		struct rlv_region region;
		enum rlv_rule rule;
		const char *why;
	} rows[] = {
		{plain(0, 0), RLV_REGION_SHAPE, "no bytes"},
		{plain(0, 1), RLV_OK, "one byte"},
		{plain(0, RLV_REGION_MAX), RLV_OK, "all that 40 bits of offset reach"},
		{plain(0, RLV_REGION_MAX + 1), RLV_REGION_SHAPE, "one byte more"},
		{plain(0, TOP), RLV_REGION_SHAPE, "as long as can be said"},
		{with_perm(plain(0, 1), 0), RLV_REGION_SHAPE, "no permission"},
		{with_perm(plain(0, 1), 4), RLV_REGION_SHAPE, "a permission there is not"},
		{with_perm(plain(0, 1), 255), RLV_REGION_SHAPE, "all bits of permission"},
		{plain(TOP, 1), RLV_OK, "the last address"},
		{plain(TOP, 2), RLV_REGION_SHAPE, "key addresses wrap"},
		{plain(TOP - 0xffe, 0x1000), RLV_REGION_SHAPE, "wrap by one byte"},
		{with_dev(plain(0, 0x1000), TOP - 0xfff), RLV_OK,
		 "device addresses end at the top"},
		{with_dev(plain(0, 0x1000), TOP - 0xffe), RLV_REGION_SHAPE, "they wrap by a byte"},
		{paged(0x1000, 13, small_pages, 1), RLV_REGION_SHAPE, "8 KB pages"},
		{paged(0x1000, 255, small_pages, 1), RLV_REGION_SHAPE, "a shift past the word"},
		{paged(0x1000, 12, small_pages, 1), RLV_OK, "a page"},
		{paged(0x1001, 12, small_pages, 1), RLV_REGION_SHAPE, "a byte and no page for it"},
		{paged(0x1001, 12, small_pages, 2), RLV_OK, "a page for one byte"},
		{paged(0x1000, 12, small_pages, 2), RLV_REGION_SHAPE, "a page too many"},
		{paged(0x1000, 12, small_pages, 0), RLV_REGION_SHAPE, "no page"},
		{paged(0x200000, 21, large_pages, 1), RLV_OK, "2 MB"},
		{paged(0x200001, 21, large_pages, 1), RLV_REGION_SHAPE, "2 MB and a byte"},
		{paged(0x40000000, 30, giant_pages, 1), RLV_OK, "1 GB"},
		{paged(0x40000001, 30, giant_pages, 1), RLV_REGION_SHAPE, "1 GB and a byte"},
		{paged(0x2000, 12, odd_pages, 2), RLV_REGION_SHAPE, "misaligned 4 KB"},
		{paged(0x400000, 21, odd_large_pages, 2), RLV_REGION_SHAPE, "misaligned 2 MB"},
		{paged(0x40000000, 30, odd_giant_pages, 1), RLV_REGION_SHAPE, "misaligned 1 GB"},
		{paged(0x1000, 12, top_pages, 1), RLV_OK, "the highest page"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum rlv_rule rule;

		start(RLV_KEY_IOVA);
		rule = insert(0, rows[i].region);
		if (rule != rows[i].rule)
			fail_msg("%s: %s", rows[i].why, rlv_rule_name(rule));
	}
}

static void table_insert_overlap_refused_neighbour_accepted(void **state)
{
	static const struct {
		uint64_t base, bytes;
		enum rlv_rule rule;
		const char *why;
	} rows[] = {
		{0x10000, 0x1000, RLV_OVERLAP, "the same again"},
		{0xf000, 0x1000, RLV_OK, "ends where it begins"},
		{0xf000, 0x1001, RLV_OVERLAP, "ends in its first byte"},
		{0x11000, 0x1000, RLV_OK, "begins where it ends"},
		{0x10fff, 1, RLV_OVERLAP, "its last byte"},
		{0x10800, 0x10, RLV_OVERLAP, "inside it"},
		{0x8000, 0x10000, RLV_OVERLAP, "around it"},
		{0, RLV_REGION_MAX, RLV_OVERLAP, "around it from zero"},
		{0x1f000, 0x1000, RLV_OK, "between two, up to the second"},
		{0x1f000, 0x1001, RLV_OVERLAP, "between two, a byte of the second"},
		{0x10fff, 0xf002, RLV_OVERLAP, "a byte of either"},
		{0x11000, 0xf000, RLV_OK, "all that is between two"},
		{TOP, 1, RLV_OK, "the last address"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum rlv_rule rule;

		start(RLV_KEY_IOVA);
		assert_int_equal(insert(3, plain(0x20000, 0x1000)), RLV_OK);
		assert_int_equal(insert(1, plain(0x10000, 0x1000)), RLV_OK);
		rule = insert(0, plain(rows[i].base, rows[i].bytes));
		if (rule != rows[i].rule)
			fail_msg("%s: %s", rows[i].why, rlv_rule_name(rule));
	}
}

static void table_insert_taken_or_far_handle_refused(void **state)
{
	(void)state;
	for (enum rlv_key key = RLV_KEY_GUARD; key <= RLV_KEY_IOVA; key++) {
		start(key);
		assert_int_equal(insert(CAP - 1, plain(0x1000, 0x1000)), RLV_OK);
		assert_int_equal(insert(CAP - 1, plain(0x2000, 0x1000)), RLV_HANDLE);
		assert_int_equal(insert(CAP, plain(0x2000, 0x1000)), RLV_HANDLE);
		assert_int_equal(insert(NO_HINT, plain(0x2000, 0x1000)), RLV_HANDLE);
		assert_int_equal(table->count, 1);
	}
}

static void table_full_refused_until_one_is_removed(void **state)
{
	(void)state;
	for (enum rlv_key key = RLV_KEY_GUARD; key <= RLV_KEY_IOVA; key++) {
		start(key);
		for (uint32_t h = 0; h < CAP; h++)
			assert_int_equal(insert(h, plain(0x1000 * h, 0x1000)), RLV_OK);
		assert_int_equal(insert(0, plain(0x9000, 1)), RLV_TABLE_FULL);
		assert_int_equal(take_out(2, false), RLV_OK);
		assert_int_equal(table->count, CAP - 1);
		assert_int_equal(insert(2, plain(0x9000, 1)), RLV_OK);
		assert_int_equal(insert(2, plain(0x9000, 1)), RLV_TABLE_FULL);
	}
}

static void table_remove_only_what_is_there_and_not_held(void **state)
{
	(void)state;
	for (enum rlv_key key = RLV_KEY_GUARD; key <= RLV_KEY_IOVA; key++) {
		uint64_t base = key == RLV_KEY_GUARD ? GUARD(1, 0) : 0x5000;

		start(key);
		assert_int_equal(insert(1, plain(0x5000, 0x1000)), RLV_OK);
		assert_int_equal(take_out(0, false), RLV_HANDLE);
		assert_int_equal(take_out(0, true), RLV_HANDLE);
		assert_int_equal(take_out(CAP, false), RLV_HANDLE);
		assert_int_equal(take_out(NO_HINT, false), RLV_HANDLE);
		assert_int_equal(take_out(1, true), RLV_BUSY);
		assert_int_equal(rlv_table_find(table, 1, base, 1, R).rule, RLV_OK);
		assert_int_equal(take_out(1, false), RLV_OK);
		/* Also when the hint still names it. */
		assert_int_equal(rlv_table_find(table, 1, base, 1, R).rule, RLV_UNMAPPED);
		assert_int_equal(take_out(1, false), RLV_HANDLE);
	}
}

static void table_iova_stays_sorted_when_any_is_removed(void **state)
{
	static const uint32_t order[CAP] = {2, 0, 3, 1}; /* neither way round */

	(void)state;
	for (uint32_t gone = 0; gone < CAP; gone++) {
		start(RLV_KEY_IOVA);
		for (uint32_t i = 0; i < CAP; i++)
			assert_int_equal(insert(i, plain(0x1000 * order[i], 0x800)), RLV_OK);
		assert_int_equal(take_out(gone, false), RLV_OK);
		for (uint32_t i = 0; i < CAP; i++) {
			struct rlv_span span =
				rlv_table_find(table, NO_HINT, 0x1000 * order[i] + 0x7ff, 1, R);

			assert_int_equal(span.rule, i == gone ? RLV_UNMAPPED : RLV_OK);
			assert_true(i == gone || span.region == i);
		}
		assert_int_equal(insert(gone, plain(0x1000 * order[gone], 0x800)), RLV_OK);
		assert_int_equal(rlv_table_find(table, NO_HINT, 0x1000 * order[gone], 1, R).region,
				 gone);
	}
}

static void table_change_leaves_the_old_one_as_it_was(void **state)
{
	struct rlv_region region = plain(0x1000, 0x1000);
	uint64_t before[CAP * 8];

	(void)state;
	start(RLV_KEY_IOVA);
	assert_int_equal(insert(1, plain(0x5000, 0x1000)), RLV_OK);
	memcpy(before, table->region, rlv_table_bytes(CAP));
	assert_int_equal(rlv_table_insert(other(), table, 0, &region), RLV_OK);
	assert_memory_equal(before, table->region, rlv_table_bytes(CAP));
	assert_int_equal(rlv_table_remove(other(), table, 1, false), RLV_OK);
	assert_memory_equal(before, table->region, rlv_table_bytes(CAP));
	assert_int_equal(table->count, 1);
}

static void table_capacity_one_and_greatest(void **state)
{
	static const uint32_t capacities[] = {1, RLV_REGIONS_MAX};

	(void)state;
	for (int i = 0; i < 4; i++) {
		enum rlv_key key = i % 2 ? RLV_KEY_IOVA : RLV_KEY_GUARD;
		uint32_t cap = capacities[i / 2];
		struct rlv_table both[2];
		int now = 0;

		/* Exactly what it says it takes: a sanitizer sees a step past it. */
		for (int k = 0; k < 2; k++)
			rlv_table_init(&both[k], key, cap, malloc(rlv_table_bytes(cap)));
		for (uint32_t n = 0; n < cap; n++, now = !now) {
			uint32_t h = (n * 7 + 5) % cap; /* 7 is prime to a power of two */
			struct rlv_region region = plain(0x2000ull * h, 0x1000);

			assert_int_equal(rlv_table_insert(&both[!now], &both[now], h, &region),
					 RLV_OK);
		}
		for (uint32_t h = 0; h < cap; h++) {
			uint64_t base = key == RLV_KEY_IOVA ? 0x2000ull * h : GUARD(h, 0);
			struct rlv_span span = rlv_table_find(&both[now], 0, base + 0xfff, 1, W);

			assert_int_equal(span.rule, RLV_OK);
			assert_int_equal(span.region, h);
			assert_int_equal(rlv_table_find(&both[now], 0, base + 0x1000, 1, W).rule,
					 RLV_UNMAPPED);
		}
		free(both[0].region);
		free(both[1].region);
	}
}

static void table_empty_holds_nothing(void **state)
{
	(void)state;
	for (enum rlv_key key = RLV_KEY_GUARD; key <= RLV_KEY_IOVA; key++) {
		start(key);
		for (uint32_t hint = 0; hint <= CAP; hint++)
			assert_int_equal(rlv_table_find(table, hint, 0, 1, R).rule, RLV_UNMAPPED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_guard_unmapped_region_end_perm_page_split),
		cmocka_unit_test(table_page_sizes_split_and_translate),
		cmocka_unit_test(table_iova_any_hint_gives_the_same_answer),
		cmocka_unit_test(table_insert_bad_shape_refused),
		cmocka_unit_test(table_insert_overlap_refused_neighbour_accepted),
		cmocka_unit_test(table_insert_taken_or_far_handle_refused),
		cmocka_unit_test(table_full_refused_until_one_is_removed),
		cmocka_unit_test(table_remove_only_what_is_there_and_not_held),
		cmocka_unit_test(table_iova_stays_sorted_when_any_is_removed),
		cmocka_unit_test(table_change_leaves_the_old_one_as_it_was),
		cmocka_unit_test(table_capacity_one_and_greatest),
		cmocka_unit_test(table_empty_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
