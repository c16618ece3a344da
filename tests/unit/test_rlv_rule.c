/* SPDX-License-Identifier: BSD-2-Clause */
/* Every rule has a name, a sentence, and a slot of its own for a counter. */
#include "unit.h"
#include "verifier/rlv_port.h"
#include "verifier/rlv_rule.h"

static void rule_each_has_words_of_its_own(void **state)
{
	(void)state;
	for (int rule = RLV_OK; rule < RLV_RULES; rule++) {
		const char *name = rlv_rule_name(rule);

		assert_true(strlen(name) > 1 && strlen(rlv_rule_text(rule)) > 1);
		assert_non_null(rlv_rule_cause(rule));
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (int other = RLV_OK; other < rule; other++) {
			assert_string_not_equal(rlv_rule_name(other), name);
			assert_string_not_equal(rlv_rule_text(other), rlv_rule_text(rule));
		}
	}
}

static void rule_name_is_the_constant_in_small_letters(void **state)
{
#define ROW(rule, name)                                                                            \
	{                                                                                          \
		rule, name                                                                         \
	}
	static const struct {
		enum rlv_rule rule;
		const char *name;
	} rows[] = {
		ROW(RLV_OK, "ok"),
		ROW(RLV_LENGTH_ZERO, "length_zero"),
		ROW(RLV_LENGTH_MAX, "length_max"),
		ROW(RLV_RESERVED, "reserved"),
		ROW(RLV_OFFLOAD, "offload"),
		ROW(RLV_TYPE, "type"),
		ROW(RLV_SEGS, "segs"),
		ROW(RLV_PACKET_MAX, "packet_max"),
		ROW(RLV_UNMAPPED, "unmapped"),
		ROW(RLV_REGION_END, "region_end"),
		ROW(RLV_PERM, "perm"),
		ROW(RLV_PAGE_SPLIT, "page_split"),
		ROW(RLV_TAIL, "tail"),
		ROW(RLV_WINDOW, "window"),
		ROW(RLV_HANDLE, "handle"),
		ROW(RLV_REGION_SHAPE, "region_shape"),
		ROW(RLV_OVERLAP, "overlap"),
		ROW(RLV_TABLE_FULL, "table_full"),
		ROW(RLV_BUSY, "busy"),
		ROW(RLV_REG_UNKNOWN, "reg_unknown"),
		ROW(RLV_REG_READ, "reg_read"),
		ROW(RLV_REG_WRITE, "reg_write"),
	};
#undef ROW

	(void)state;
	/* A counter's slot is the rule's value: each is used, none twice. */
	assert_int_equal(ARRAY_SIZE(rows), RLV_RULES);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rows[i].rule, i);
		assert_string_equal(rlv_rule_name(rows[i].rule), rows[i].name);
	}
}

static void rule_of_a_descriptor_has_a_likely_cause(void **state)
{
	(void)state;
	/* A log line ends with it; of changes to the table and registers the rule says enough. */
	for (int rule = RLV_LENGTH_ZERO; rule <= RLV_WINDOW; rule++)
		assert_true(strlen(rlv_rule_cause(rule)) > 1);
	assert_true(strlen(rlv_rule_cause(RLV_BUSY)) > 1);
	assert_string_equal(rlv_rule_cause(RLV_OK), "");
}

static void rule_that_is_none_reads_as_a_question_mark(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		enum rlv_rule none = i ? (enum rlv_rule) - 1 : RLV_RULES;

		assert_string_equal(rlv_rule_name(none), "?");
		assert_string_equal(rlv_rule_text(none), "?");
		assert_string_equal(rlv_rule_cause(none), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_each_has_words_of_its_own),
		cmocka_unit_test(rule_name_is_the_constant_in_small_letters),
		cmocka_unit_test(rule_of_a_descriptor_has_a_likely_cause),
		cmocka_unit_test(rule_that_is_none_reads_as_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
