/* SPDX-License-Identifier: BSD-2-Clause */
/* rl-gen's account of sequence numbers, against one that remembers everything. */
#include <stdlib.h>

#include "apps/rl-gen/track.h"
#include "unit.h"

#define FLOWS	    3u
#define NUMBERS_MAX 20000u

/* The plain way: how often each number came. */
struct oracle {
	uint8_t *came[FLOWS];
	uint64_t next[FLOWS];
	uint64_t unique, duplicated, reordered;
};

static void oracle_add(struct oracle *oracle, uint32_t flow, uint64_t seq)
{
	if (oracle->came[flow][seq]) {
		oracle->duplicated++;
	} else if (seq + TRACK_WINDOW < oracle->next[flow]) {
		oracle->duplicated++; /* too late to tell, by definition */
		return;
	} else {
		oracle->came[flow][seq] = 1;
		oracle->unique++;
		oracle->reordered += seq < oracle->next[flow];
	}
	if (seq >= oracle->next[flow])
		oracle->next[flow] = seq + 1;
}

static uint64_t oracle_missing(const struct oracle *oracle)
{
	uint64_t missing = 0;

	for (unsigned int f = 0; f < FLOWS; f++) {
		for (uint64_t i = 0; i < oracle->next[f]; i++)
			missing += !oracle->came[f][i];
	}
	return missing;
}

static void track_agrees_with_one_that_remembers(void **state)
{
	/* Steps back and forth: within a word, a window, beyond it. */
	static const unsigned int spreads[] = {1, 4, 64, 1000, 1024, 1025, 3000};

	(void)state;
	srandom(1);
	for (unsigned int s = 0; s < ARRAY_SIZE(spreads); s++) {
		struct oracle oracle = {0};
		struct track track;
		uint64_t at[FLOWS] = {0};

		assert_int_equal(track_init(&track, FLOWS), 0);
		for (unsigned int f = 0; f < FLOWS; f++)
			oracle.came[f] = calloc(NUMBERS_MAX + 4096, 1);
		for (unsigned int i = 0; i < NUMBERS_MAX; i++) {
			uint32_t flow = (uint32_t)random() % FLOWS;
			uint64_t back = (uint64_t)random() % spreads[s];
			uint64_t seq = at[flow] > back ? at[flow] - back : at[flow];

			track_add(&track, flow, seq);
			oracle_add(&oracle, flow, seq);
			at[flow] += (uint64_t)random() % 3;
			/* Now and then a leap, so that the window is left at one go. */
			if (random() % 1000 == 0 && at[flow] + 2000 < NUMBERS_MAX)
				at[flow] += (uint64_t)random() % 2000;
			if (at[flow] >= NUMBERS_MAX)
				break;
		}
		assert_int_equal(track.unique, oracle.unique);
		assert_int_equal(track.duplicated, oracle.duplicated);
		assert_int_equal(track.reordered, oracle.reordered);
		assert_int_equal(track.missing, oracle_missing(&oracle));
		for (unsigned int f = 0; f < FLOWS; f++)
			free(oracle.came[f]);
		track_fini(&track);
	}
}

static void track_window_edges_are_exact(void **state)
{
	static const struct {
		uint64_t late; /* comes after TRACK_WINDOW + 10, for the first time */
		uint64_t duplicated, reordered;
	} cases[] = {
		{TRACK_WINDOW + 10, 1, 0}, /* the highest itself, again */
		{TRACK_WINDOW + 9, 0, 1},
		{12, 0, 1},
		{11, 0, 1}, /* the lowest that the window holds */
		{10, 1, 0}, /* one below */
		{0, 1, 0},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct track track;

		assert_int_equal(track_init(&track, 1), 0);
		track_add(&track, 0, TRACK_WINDOW + 10);
		assert_int_equal(track.missing, TRACK_WINDOW + 10);
		track_add(&track, 0, cases[i].late);
		assert_int_equal(track.duplicated, cases[i].duplicated);
		assert_int_equal(track.reordered, cases[i].reordered);
		assert_int_equal(track.missing, TRACK_WINDOW + 10 - cases[i].reordered);
		track_fini(&track);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(track_agrees_with_one_that_remembers),
		cmocka_unit_test(track_window_edges_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
