/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device address spaces. Each attached space gets every region of packet memory mapped, those that
 * exist and those that come later, so that a buffer of any pool can go out of any port.
 */
#ifndef RLB_SPACE_H
#define RLB_SPACE_H

#include <ringlib/mem.h>

struct rlb_space {
	/*
	 * Map @bytes at @addr, whole pages of @page_bytes, for device reads and writes, as one
	 * range of device addresses. Logs one line on failure. 0 or -errno.
	 */
	int (*map)(struct rlb_space *space, void *addr, size_t bytes, size_t page_bytes,
		   rlb_iova_t *dev);
	/*
	 * From now on no descriptor may name the range at @dev. 0, or -errno: one that a device
	 * owns names it (-EBUSY), and nothing has changed. Logs one line on failure. NULL, with
	 * restore: nobody looks at descriptors.
	 */
	int (*revoke)(struct rlb_space *space, rlb_iova_t dev);
	/* Undo it: the range is still mapped. 0 or -errno, as for map. */
	int (*restore)(struct rlb_space *space, rlb_iova_t dev, size_t bytes);
	/* Undo map, behind revoke. No device makes DMA into it any more. */
	void (*unmap)(struct rlb_space *space, void *addr, size_t bytes, rlb_iova_t dev);

	/* Filled by the core. Device address minus process address, for each region's id. */
	uint64_t delta[RLB_MEM_MAX];
	struct rlb_space *next;
};

/**
 * rlb_space_attach() - map every region into @space, from now on.
 * @space: map and unmap filled in; its first attach may come from one thread only.
 * Return: 0, or what @space->map answered; then nothing stays mapped.
 * Context: any thread. Blocks.
 */
int rlb_space_attach(struct rlb_space *space);

/* Unmap every region and forget @space. Context: any thread. Blocks. */
void rlb_space_detach(struct rlb_space *space);

/* Device address of a byte in region @mem_id of a space whose delta table is @delta. */
static inline rlb_iova_t rlb_space_addr(const uint64_t *delta, unsigned int mem_id, const void *at)
{
	return (rlb_iova_t)(uintptr_t)at + delta[mem_id];
}

#endif
