/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that changes while it is read. In the build with -DWATCHED the compiler calls a hook
 * before each load and store of the verifier (clang's
 * -fsanitize-coverage=trace-loads,trace-stores). The hook changes a word of the shadow ring as soon
 * as it was read, and ends the program when it is read a second time or from outside the window.
 */
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch {
	uint64_t *asked; /* the shadow ring; NULL: nothing is watched */
	uint32_t slots;
	uint32_t from; /* the window: @window slots from here on */
	uint32_t window;
	bool in_place;	 /* the device's ring as well: slots are also read to see whether they are
			  * done
			  */
	uint64_t change; /* bits that change in a word that was read; not 0 */
};

/* From here to watch_end(). */
void watch_begin(const struct watch *watch);

/* Was @slot read, both words? True in a build without hooks. */
bool watch_was_read(uint32_t slot);
void watch_end(void);

#endif
