/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet memory: sealed memfds of huge pages where there are any, on a chosen NUMA node.
 * A region is mapped once into the address space of every open port, and of every port opened
 * later, as one range: the count of DMA maps is the count of regions times that of IOMMU domains.
 */
#ifndef RLB_MEM_H
#define RLB_MEM_H

#include <ringlib/base.h>

RLB_BEGIN_DECLS

/* Regions that may exist at one time in a process; a buffer names its region in 8 bits. */
#define RLB_MEM_MAX 64

#define RLB_NUMA_ANY (-1)

struct rlb_mem;

struct rlb_mem_opts {
	size_t size; /* sizeof(struct rlb_mem_opts) */
	/*
	 * 0: 1 GiB for regions of that and more, else 2 MiB, else ordinary pages, whichever there
	 * are enough of; or exactly 4096, 2 << 20 or 1 << 30.
	 */
	size_t page_bytes;
	int numa_node;	   /* RLB_NUMA_ANY, or the node whose memory is wanted */
	uint32_t reserved; /* 0 */
};

#define RLB_MEM_OPTS_INIT                                                                          \
	{                                                                                          \
		.size = sizeof(struct rlb_mem_opts), .numa_node = RLB_NUMA_ANY                     \
	}

/**
 * rlb_mem_alloc() - get a region of packet memory, populated, and mapped into each open port.
 * @out: the region; NULL on failure.
 * @bytes: at least 1; rounded up to whole pages.
 * @opts: NULL for the defaults.
 * Return: 0; -EINVAL (zero bytes, a page size that does not exist, no such node), -E2BIG (unknown
 *	bytes in @opts), -ENOMEM (no memory, or the huge pages asked for are not there), -ENOSPC
 *	(RLB_MEM_MAX regions exist), or what a port's transport answered when it mapped the region.
 * Context: any thread. Blocks: pages are zeroed by the kernel, and pinned by the transport.
 */
RLB_API int rlb_mem_alloc(struct rlb_mem **out, size_t bytes, const struct rlb_mem_opts *opts);

/**
 * rlb_mem_free() - unmap the region from every port and give the memory back.
 * @mem: NULL is allowed. No port may be using a byte of it: stop ports first.
 * Return: 0; -EBUSY (descriptors in flight on a verified port name it), -ETIMEDOUT (a thread does
 *	not leave its doorbell): then nothing was freed, and one line was logged.
 * Context: any thread. Blocks.
 */
RLB_API int rlb_mem_free(struct rlb_mem *mem);

RLB_API void *rlb_mem_addr(const struct rlb_mem *mem);
RLB_API size_t rlb_mem_bytes(const struct rlb_mem *mem);
/* 4096, 2 << 20 or 1 << 30: what was really got. */
RLB_API size_t rlb_mem_page_bytes(const struct rlb_mem *mem);
/* 0..RLB_MEM_MAX - 1 */
RLB_API unsigned int rlb_mem_id(const struct rlb_mem *mem);

RLB_END_DECLS

#endif
