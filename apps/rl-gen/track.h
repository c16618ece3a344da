/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sequence numbers of each flow came: what is missing, came twice, came late. */
#ifndef RL_GEN_TRACK_H
#define RL_GEN_TRACK_H

#include <stdint.h>

#define TRACK_WINDOW 1024u /* numbers below the highest that are told apart, a multiple of 64 */

struct track_flow {
	uint64_t next; /* highest number that came, plus one */
	uint64_t seen[TRACK_WINDOW / 64];
};

struct track {
	struct track_flow *flows;
	uint32_t count;
	uint64_t unique;     /* numbers that came */
	uint64_t missing;    /* numbers below the highest of their flow that did not */
	uint64_t duplicated; /* frames whose number had come; also those too late to tell */
	uint64_t reordered;  /* frames behind one with a higher number */
};

int track_init(struct track *track, uint32_t flows); /* 0 or -ENOMEM */
void track_fini(struct track *track);

/* Number @seq of flow @flow came; @flow less than the count. */
void track_add(struct track *track, uint32_t flow, uint64_t seq);

#endif
