/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First fit over two sorted arrays. There are as many taken spans as packet memory regions and
 * descriptor rings, some dozens, and only the control path comes here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/vfio/vfio_iova.h"

int vfio_iova_set_usable(struct vfio_iova_set *set, const struct vfio_span *spans,
			 unsigned int count)
{
	struct vfio_span *copy = calloc(count ? count : 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, spans, count * sizeof(*copy));
	free(set->usable);
	set->usable = copy;
	set->usable_count = count;
	return 0;
}

/* Round *@at up to a multiple of @align. False if that is past 2^64 - 1. */
static bool round_up(rlb_iova_t *at, uint64_t align)
{
	uint64_t rest = *at & (align - 1);

	if (rest == 0)
		return true;
	if (*at > UINT64_MAX - (align - rest))
		return false;
	*at += align - rest;
	return true;
}

/*
 * The lowest fit inside @span. @before: the number of taken spans below it. All comparisons are by
 * subtraction of something that is known to be less, so nothing wraps.
 */
static bool fit_in(const struct vfio_iova_set *set, const struct vfio_span *span, uint64_t bytes,
		   uint64_t align, rlb_iova_t *at, unsigned int *before)
{
	/* Not 0: see the header. */
	rlb_iova_t low = span->first ? span->first : 1;
	unsigned int i;

	if (!round_up(&low, align))
		return false;
	for (i = 0; i < set->taken_count; i++) {
		const struct vfio_span *taken = &set->taken[i];

		if (taken->last < low)
			continue;
		if (taken->first > low && taken->first - low >= bytes)
			break;
		if (taken->last == UINT64_MAX)
			return false;
		low = taken->last + 1;
		if (!round_up(&low, align))
			return false;
	}
	if (low > span->last || span->last - low < bytes - 1)
		return false;
	*at = low;
	*before = i;
	return true;
}

/* Put @span into the list behind the first @before ones. */
static int insert(struct vfio_iova_set *set, unsigned int before, struct vfio_span span)
{
	if (set->taken_count == set->taken_slots) {
		unsigned int slots = set->taken_slots ? 2 * set->taken_slots : 16;
		struct vfio_span *more = realloc(set->taken, slots * sizeof(*more));

		if (!more)
			return -ENOMEM;
		set->taken = more;
		set->taken_slots = slots;
	}
	memmove(&set->taken[before + 1], &set->taken[before],
		(set->taken_count - before) * sizeof(span));
	set->taken[before] = span;
	set->taken_count++;
	return 0;
}

int vfio_iova_take(struct vfio_iova_set *set, uint64_t bytes, uint64_t align, rlb_iova_t *at)
{
	unsigned int before;

	for (unsigned int i = 0; i < set->usable_count; i++) {
		if (fit_in(set, &set->usable[i], bytes, align, at, &before))
			return insert(set, before, (struct vfio_span){*at, *at + (bytes - 1)});
	}
	return -ENOSPC;
}

void vfio_iova_give(struct vfio_iova_set *set, rlb_iova_t at)
{
	unsigned int i = 0;

	while (i < set->taken_count && set->taken[i].first != at)
		i++;
	if (i == set->taken_count)
		return;
	set->taken_count--;
	memmove(&set->taken[i], &set->taken[i + 1], (set->taken_count - i) * sizeof(*set->taken));
}

rlb_iova_t vfio_iova_last(const struct vfio_iova_set *set)
{
	return set->usable_count ? set->usable[set->usable_count - 1].last : 0;
}

void vfio_iova_fini(struct vfio_iova_set *set)
{
	free(set->usable);
	free(set->taken);
	memset(set, 0, sizeof(*set));
}
