/* SPDX-License-Identifier: BSD-2-Clause */
/* Which device addresses of one container can be used, and which are taken. No system calls. */
#ifndef VFIO_IOVA_H
#define VFIO_IOVA_H

#include <ringlib/base.h>

/* First and last address, so that a span may end at 2^64 - 1. */
struct vfio_span {
	rlb_iova_t first;
	rlb_iova_t last;
};

/* Both lists ascend, and their spans do not overlap. All zero is an empty set. */
struct vfio_iova_set {
	struct vfio_span *usable; /* what the IOMMU translates */
	unsigned int usable_count;
	struct vfio_span *taken; /* what vfio_iova_take() gave out */
	unsigned int taken_count;
	unsigned int taken_slots; /* room at @taken */
};

/**
 * vfio_iova_set_usable() - say what can be used from now on; what is taken stays taken.
 * @spans: @count of them, ascending, apart; copied.
 * Return: 0, or -ENOMEM and nothing changed.
 */
int vfio_iova_set_usable(struct vfio_iova_set *set, const struct vfio_span *spans,
			 unsigned int count);

/**
 * vfio_iova_take() - take the lowest free @bytes that lie in one usable span.
 * @bytes: at least 1. @align: a power of two, of which the address will be a multiple; it is never
 *	0, which some devices and readers of logs take for "none".
 * Return: 0; -ENOSPC (no gap is long enough), -ENOMEM. Silent.
 */
int vfio_iova_take(struct vfio_iova_set *set, uint64_t bytes, uint64_t align, rlb_iova_t *at);

/* Give back what vfio_iova_take() put at @at. */
void vfio_iova_give(struct vfio_iova_set *set, rlb_iova_t at);

/* Last usable address, 0 if there is none: shows the IOMMU's address width. */
rlb_iova_t vfio_iova_last(const struct vfio_iova_set *set);

/* Free the lists. */
void vfio_iova_fini(struct vfio_iova_set *set);

#endif
