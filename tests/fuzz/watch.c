/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"
#include "verifier/rlv_ring.h"

#ifdef WATCHED

static struct watch watch;
static uint64_t *was_read; /* a moment ago, and the word is still as it was */
static uint8_t reads[2 * RLV_SLOTS_MAX];

void watch_begin(const struct watch *what)
{
	watch = *what;
	was_read = NULL;
	memset(reads, 0, 2 * watch.slots);
}

bool watch_was_read(uint32_t slot)
{
	return reads[2 * slot] == 1 && reads[2 * slot + 1] == 1;
}

static void change_what_was_read(void)
{
	if (was_read)
		*was_read ^= watch.change;
	was_read = NULL;
}

void watch_end(void)
{
	change_what_was_read();
	watch.asked = NULL;
}

static void on_load(const void *address)
{
	uint64_t at = (uint64_t)address - (uint64_t)watch.asked;
	uint32_t word = (uint32_t)(at / 8);

	if (!watch.asked)
		return;
	change_what_was_read();
	if (at >= watch.slots * 16ull)
		return;
	if ((word / 2 + watch.slots - watch.from) % watch.slots >= watch.window) {
		if (watch.in_place)
			return;
		fprintf(stderr, "slot %u lies outside the window and was read\n", word / 2);
		abort();
	}
	/* The first word is read first: a second word alone is a look at whether the slot is done.
	 */
	if (watch.in_place && word % 2 == 1 && reads[word - 1] == 0)
		return;
	if (++reads[word] > 1) {
		fprintf(stderr, "slot %u: word %u was read twice\n", word / 2, word % 2);
		abort();
	}
	was_read = watch.asked + word;
}

static void on_store(void)
{
	if (watch.asked)
		change_what_was_read();
}

/* The names are clang's; one each for the widths that a compiler may choose. */
void __sanitizer_cov_load1(uint8_t *address);
void __sanitizer_cov_load2(uint16_t *address);
void __sanitizer_cov_load4(uint32_t *address);
void __sanitizer_cov_load8(uint64_t *address);
void __sanitizer_cov_load16(__int128 *address);
void __sanitizer_cov_store1(uint8_t *address);
void __sanitizer_cov_store2(uint16_t *address);
void __sanitizer_cov_store4(uint32_t *address);
void __sanitizer_cov_store8(uint64_t *address);
void __sanitizer_cov_store16(__int128 *address);

void __sanitizer_cov_load1(uint8_t *address)
{
	on_load(address);
}

void __sanitizer_cov_load2(uint16_t *address)
{
	on_load(address);
}

void __sanitizer_cov_load4(uint32_t *address)
{
	on_load(address);
}

void __sanitizer_cov_load8(uint64_t *address)
{
	on_load(address);
}

void __sanitizer_cov_load16(__int128 *address)
{
	on_load(address);
	was_read = NULL; /* the load of both is still to come */
	on_load((uint8_t *)address + 8);
}

void __sanitizer_cov_store1(uint8_t *address)
{
	(void)address;
	on_store();
}

void __sanitizer_cov_store2(uint16_t *address)
{
	(void)address;
	on_store();
}

void __sanitizer_cov_store4(uint32_t *address)
{
	(void)address;
	on_store();
}

void __sanitizer_cov_store8(uint64_t *address)
{
	(void)address;
	on_store();
}

void __sanitizer_cov_store16(__int128 *address)
{
	(void)address;
	on_store();
}

#else

void watch_begin(const struct watch *watch)
{
	(void)watch;
}

bool watch_was_read(uint32_t slot)
{
	(void)slot;
	return true;
}

void watch_end(void)
{
}

#endif
