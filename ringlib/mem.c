/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions of packet memory, and the device address spaces that each of them is mapped into. */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <numa.h>
#include <numaif.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>

#include "ringlib/space.h"
#include "ringlib/util.h"

#define PAGE_4K ((size_t)4096)
#define PAGE_2M ((size_t)2 << 20)
#define PAGE_1G ((size_t)1 << 30)

struct rlb_mem {
	void *addr;
	size_t bytes;
	size_t page_bytes;
	unsigned int id;
	int fd;
};

/* Guards the two lists below. Held while spaces map and unmap: that is the control path. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rlb_mem *regions[RLB_MEM_MAX];
static struct rlb_space *spaces;

RLB_API void *rlb_mem_addr(const struct rlb_mem *mem)
{
	return mem->addr;
}

RLB_API size_t rlb_mem_bytes(const struct rlb_mem *mem)
{
	return mem->bytes;
}

RLB_API size_t rlb_mem_page_bytes(const struct rlb_mem *mem)
{
	return mem->page_bytes;
}

RLB_API unsigned int rlb_mem_id(const struct rlb_mem *mem)
{
	return mem->id;
}

static int map_one(struct rlb_space *space, const struct rlb_mem *mem)
{
	rlb_iova_t dev;
	int err = space->map(space, mem->addr, mem->bytes, mem->page_bytes, &dev);

	if (!err)
		space->delta[mem->id] = dev - (uintptr_t)mem->addr;
	return err;
}

static rlb_iova_t dev_of(const struct rlb_space *space, const struct rlb_mem *mem)
{
	return rlb_space_addr(space->delta, mem->id, mem->addr);
}

/* @mem was revoked, or no descriptor can name it: it is new there, or no ring is open. */
static void unmap_one(struct rlb_space *space, const struct rlb_mem *mem)
{
	space->unmap(space, mem->addr, mem->bytes, dev_of(space, mem));
	space->delta[mem->id] = 0;
}

int rlb_space_attach(struct rlb_space *space)
{
	unsigned int id;
	int err = 0;

	pthread_mutex_lock(&lock);
	for (id = 0; id < RLB_MEM_MAX; id++) {
		if (!regions[id])
			continue;
		err = map_one(space, regions[id]);
		if (err)
			goto err_unmap;
	}
	space->next = spaces;
	spaces = space;
	pthread_mutex_unlock(&lock);
	return 0;

err_unmap:
	while (id-- > 0) {
		if (regions[id])
			unmap_one(space, regions[id]);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void rlb_space_detach(struct rlb_space *space)
{
	struct rlb_space **at;

	pthread_mutex_lock(&lock);
	for (at = &spaces; *at != space; at = &(*at)->next)
		;
	*at = space->next;
	for (unsigned int id = 0; id < RLB_MEM_MAX; id++) {
		if (regions[id])
			unmap_one(space, regions[id]);
	}
	pthread_mutex_unlock(&lock);
}

/* Map @mem into every space, all or none. Called with the lock held. */
static int map_everywhere(const struct rlb_mem *mem)
{
	struct rlb_space *space;
	int err;

	for (space = spaces; space; space = space->next) {
		err = map_one(space, mem);
		if (err)
			goto err_unmap;
	}
	return 0;

err_unmap:
	for (struct rlb_space *done = spaces; done != space; done = done->next)
		unmap_one(done, mem);
	return err;
}

/*
 * Fault in every page now. With MAP_POPULATE a lack of huge pages on the wanted node would not be
 * an error but a SIGBUS later; madvise() says so at once.
 */
static int populate(void *addr, size_t bytes)
{
	if (madvise(addr, bytes, MADV_POPULATE_WRITE) == 0)
		return 0;
	/* -EFAULT is how it reports that there was no page to be had. */
	return errno == EFAULT || errno == EHWPOISON ? -ENOMEM : -errno;
}

bool rlb_numa_exists(int node)
{
	return node >= 0 && (numa_available() < 0 || node <= numa_max_node());
}

void rlb_numa_prefer(void *addr, size_t bytes, int node)
{
	unsigned long mask[16] = {0};

	if (node == RLB_NUMA_ANY || numa_available() < 0)
		return;
	mask[(unsigned int)node / 64] = 1ul << ((unsigned int)node % 64);
	mbind(addr, bytes, MPOL_PREFERRED, mask, sizeof(mask) * 8, 0);
}

/* Get memory for @mem with pages of exactly @page_bytes. Silent: the caller may try others. */
static int map_pages(struct rlb_mem *mem, size_t bytes, size_t page_bytes, int node)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int err;

	if (page_bytes == PAGE_2M)
		flags |= MFD_HUGETLB | MFD_HUGE_2MB;
	if (page_bytes == PAGE_1G)
		flags |= MFD_HUGETLB | MFD_HUGE_1GB;
	mem->page_bytes = page_bytes;
	mem->bytes = align_up(bytes, page_bytes);
	mem->fd = memfd_create("ringlib", flags);
	if (mem->fd < 0)
		return -errno;
	if (ftruncate(mem->fd, (off_t)mem->bytes)) {
		err = -errno;
		goto err_close;
	}
	/* Nobody this memory is shared with can pull it away from under a device. */
	if (fcntl(mem->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		err = -errno;
		goto err_close;
	}
	mem->addr = mmap(NULL, mem->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
	if (mem->addr == MAP_FAILED) {
		err = -errno;
		goto err_close;
	}
	/* A fork must not copy what a device writes to. */
	if (madvise(mem->addr, mem->bytes, MADV_DONTFORK)) {
		err = -errno;
		goto err_unmap;
	}
	rlb_numa_prefer(mem->addr, mem->bytes, node);
	err = populate(mem->addr, mem->bytes);
	if (err)
		goto err_unmap;
	return 0;

err_unmap:
	munmap(mem->addr, mem->bytes);
err_close:
	close(mem->fd);
	return err;
}

static int map_exact(struct rlb_mem *mem, size_t bytes, size_t page_bytes, int node)
{
	size_t pages = (size_t)align_up(bytes, page_bytes) / page_bytes;
	int err = map_pages(mem, bytes, page_bytes, node);

	if (!err)
		return 0;
	if (page_bytes == PAGE_4K)
		rlb_log(ERR, "cannot get %zu KiB of memory (%s); use fewer or smaller pools",
			pages * (PAGE_4K >> 10), strerror(-err));
	else
		rlb_log(ERR,
			"%zu pages of %zu KiB are not free (%s); run: echo %zu > "
			"/sys/kernel/mm/hugepages/hugepages-%zukB/nr_hugepages",
			pages, page_bytes >> 10, strerror(-err), pages + 1, page_bytes >> 10);
	return err;
}

/* The largest pages that fit and that there are enough of. */
static int map_best(struct rlb_mem *mem, size_t bytes, int node)
{
	static bool told;
	int err;

	if (bytes >= PAGE_1G && !map_pages(mem, bytes, PAGE_1G, node))
		return 0;
	err = map_pages(mem, bytes, PAGE_2M, node);
	if (!err)
		return 0;
	if (!told) {
		told = true;
		rlb_log(INFO,
			"not enough free 2 MiB pages (%s), using ordinary ones; for speed run: "
			"echo %zu > /proc/sys/vm/nr_hugepages",
			strerror(-err), (size_t)align_up(bytes, PAGE_2M) / PAGE_2M + 32);
	}
	return map_exact(mem, bytes, PAGE_4K, node);
}

static int check_args(size_t bytes, const struct rlb_mem_opts *opts)
{
	size_t page = opts->page_bytes;

	if (opts->reserved) {
		rlb_log(ERR, "struct rlb_mem_opts: reserved is %u; set it to 0", opts->reserved);
		return -EINVAL;
	}
	if (bytes == 0 || bytes > SIZE_MAX / 2) {
		rlb_log(ERR, "a region of %zu bytes can not be; ask for at least 1", bytes);
		return -EINVAL;
	}
	if (page && page != PAGE_4K && page != PAGE_2M && page != PAGE_1G) {
		rlb_log(ERR, "no pages of %zu bytes; use 4096, %zu or %zu", page, PAGE_2M, PAGE_1G);
		return -EINVAL;
	}
	if (opts->numa_node != RLB_NUMA_ANY && !rlb_numa_exists(opts->numa_node)) {
		rlb_log(ERR, "no NUMA node %d here; see: numactl --hardware", opts->numa_node);
		return -EINVAL;
	}
	return 0;
}

/* Put @mem into the list and map it for every space. */
static int publish(struct rlb_mem *mem)
{
	int err = -ENOSPC;

	pthread_mutex_lock(&lock);
	for (unsigned int id = 0; id < RLB_MEM_MAX; id++) {
		if (regions[id])
			continue;
		mem->id = id;
		err = map_everywhere(mem);
		if (!err)
			regions[id] = mem;
		break;
	}
	pthread_mutex_unlock(&lock);
	if (err == -ENOSPC)
		rlb_log(ERR, "all %d memory regions are in use; make fewer, larger pools",
			RLB_MEM_MAX);
	return err;
}

RLB_API int rlb_mem_alloc(struct rlb_mem **out, size_t bytes, const struct rlb_mem_opts *opts)
{
	struct rlb_mem_opts o = RLB_MEM_OPTS_INIT;
	struct rlb_mem *mem;
	int err;

	*out = NULL;
	if (opts) {
		err = rlb_opts_copy("rlb_mem_opts", &o, sizeof(o), opts,
				    offset_behind(struct rlb_mem_opts, reserved));
		if (err)
			return err;
	}
	err = check_args(bytes, &o);
	if (err)
		return err;
	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return rlb_no_memory("a region");
	if (o.page_bytes)
		err = map_exact(mem, bytes, o.page_bytes, o.numa_node);
	else
		err = map_best(mem, bytes, o.numa_node);
	if (err)
		goto err_free;
	err = publish(mem);
	if (err)
		goto err_unmap;
	*out = mem;
	return 0;

err_unmap:
	munmap(mem->addr, mem->bytes);
	close(mem->fd);
err_free:
	free(mem);
	return err;
}

/* No descriptor may name @mem any more, in any space; or nothing changes. With the lock held. */
static int revoke_everywhere(const struct rlb_mem *mem)
{
	struct rlb_space *space;
	int err = 0;

	for (space = spaces; space; space = space->next) {
		err = space->revoke ? space->revoke(space, dev_of(space, mem)) : 0;
		if (err)
			break;
	}
	if (!err)
		return 0;
	for (struct rlb_space *done = spaces; done != space; done = done->next) {
		/* If that fails, which was logged, descriptors that name it are refused there. */
		if (done->restore)
			done->restore(done, dev_of(done, mem), mem->bytes);
	}
	return err;
}

RLB_API int rlb_mem_free(struct rlb_mem *mem)
{
	int err;

	if (!mem)
		return 0;
	pthread_mutex_lock(&lock);
	err = revoke_everywhere(mem);
	if (err) {
		pthread_mutex_unlock(&lock);
		return err;
	}
	for (struct rlb_space *space = spaces; space; space = space->next)
		unmap_one(space, mem);
	regions[mem->id] = NULL;
	pthread_mutex_unlock(&lock);
	munmap(mem->addr, mem->bytes);
	close(mem->fd);
	free(mem);
	return 0;
}
