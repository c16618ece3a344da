/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets share: the input as a stream of choices, and how a finding is told. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "ringlib/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Work done so far: descriptors checked, or look-ups. */
extern uint64_t fuzz_checked;

struct choices {
	const uint8_t *data;
	size_t left;
	uint64_t random; /* never 0 */
};

/* @bytes bytes of the input; zero bits where it has ended. */
static inline uint64_t take(struct choices *choices, size_t bytes)
{
	uint64_t value = 0;

	if (bytes > choices->left)
		bytes = choices->left;
	memcpy(&value, choices->data, bytes);
	choices->data += bytes;
	choices->left -= bytes;
	return value;
}

/* 0..@n - 1, of one byte of the input. */
static inline uint32_t pick(struct choices *choices, uint32_t n)
{
	return (uint32_t)take(choices, 1) % n;
}

/* From here on random_of() is a function of these 4 bytes of the input: much work for little. */
static inline void reseed(struct choices *choices)
{
	choices->random = take(choices, 4) * 0x9e3779b97f4a7c15ull + 1;
}

/* 0..@n - 1; xorshift64*. */
static inline uint64_t random_of(struct choices *choices, uint64_t n)
{
	choices->random ^= choices->random >> 12;
	choices->random ^= choices->random << 25;
	choices->random ^= choices->random >> 27;
	return (choices->random * 0x2545f4914f6cdd1dull >> 16) % n;
}

#define FINDING(...)                                                                               \
	do {                                                                                       \
		fprintf(stderr, "finding: " __VA_ARGS__);                                          \
		fputc('\n', stderr);                                                               \
		abort();                                                                           \
	} while (0)

/* Tables: tables.c. */

/* The verifier's table beside the oracle's. */
struct tables {
	struct rlv_table table[2]; /* in use: @now; the other is what the next change is made in */
	int now;
	void *memory[2];
	uint64_t **page; /* by handle */
	struct oracle_table oracle;
};

void tables_open(struct tables *tables, bool iova, uint32_t capacity);
void tables_close(struct tables *tables);

static inline const struct rlv_table *tables_now(const struct tables *tables)
{
	return &tables->table[tables->now];
}

/* Both sides insert or remove, and must agree. Return: was it done? */
bool tables_insert(struct tables *tables, uint32_t handle, const struct rlv_region *region);
bool tables_remove(struct tables *tables, uint32_t handle, bool held);

/*
 * A region by the input's choices: mostly one that fits. @identity: device addresses are the keys.
 * Its pages, if it has any, are the caller's to free unless tables_insert() took them.
 */
struct rlv_region region_of(struct choices *choices, const struct tables *tables, bool identity);

/* Look a range up on both sides, which must agree. */
void tables_find(const struct tables *tables, uint32_t hint, uint64_t address, uint32_t bytes,
		 uint32_t perm);

#endif
