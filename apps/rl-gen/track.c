/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "track.h"

int track_init(struct track *track, uint32_t flows)
{
	*track = (struct track){.count = flows};
	track->flows = calloc(flows, sizeof(*track->flows));
	return track->flows ? 0 : -ENOMEM;
}

void track_fini(struct track *track)
{
	free(track->flows);
	track->flows = NULL;
}

static uint64_t bit_of(uint64_t seq)
{
	return UINT64_C(1) << seq % 64;
}

static uint64_t *word_of(struct track_flow *flow, uint64_t seq)
{
	return &flow->seen[seq % TRACK_WINDOW / 64];
}

/* The window moves up: numbers next..seq - 1 have not been seen, seq has. */
static void advance(struct track_flow *flow, uint64_t seq)
{
	uint64_t from = flow->next;

	if (seq - from >= TRACK_WINDOW)
		from = seq - TRACK_WINDOW + 1;
	for (uint64_t i = from; i <= seq; i++)
		*word_of(flow, i) &= ~bit_of(i);
	*word_of(flow, seq) |= bit_of(seq);
	flow->next = seq + 1;
}

void track_add(struct track *track, uint32_t index, uint64_t seq)
{
	struct track_flow *flow = &track->flows[index];

	if (seq >= flow->next) {
		track->missing += seq - flow->next;
		track->unique++;
		advance(flow, seq);
	} else if (flow->next - seq > TRACK_WINDOW || *word_of(flow, seq) & bit_of(seq)) {
		track->duplicated++;
	} else {
		*word_of(flow, seq) |= bit_of(seq);
		track->missing--;
		track->unique++;
		track->reordered++;
	}
}
