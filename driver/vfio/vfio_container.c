/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Containers: one IOMMU address space each, type1v2. Every group joins the first container that
 * the kernel lets it into, so that packet memory is pinned and mapped once for all devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"
#include "ringlib/util.h"

/* Guarded by the lock of vfio_group.c. */
static struct vfio_container *containers;

/* Bytes that all containers have mapped, to say how large RLIMIT_MEMLOCK needs to be. */
static uint64_t mapped_bytes;

static struct vfio_container *to_container(struct rlb_space *space)
{
	return container_of(space, struct vfio_container, space);
}

/*
 * Copy the first @bytes of a capability of the chain behind @info to @cap, or answer false. Offsets
 * count from @info and ascend. Copied, for Linux 6.1 puts capabilities at multiples of four.
 */
static bool find_cap(const struct vfio_iommu_type1_info *info, uint16_t id, void *cap, size_t bytes)
{
	size_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	struct vfio_info_cap_header head;

	while (at >= sizeof(*info) && at + sizeof(head) <= info->argsz) {
		memcpy(&head, (const char *)info + at, sizeof(head));
		if (head.id == id) {
			if (at + bytes > info->argsz)
				return false;
			memcpy(cap, (const char *)info + at, bytes);
			return true;
		}
		if (head.next <= at)
			return false;
		at = head.next;
	}
	return false;
}

/* Everything that VFIO_IOMMU_GET_INFO has to say, in memory of its own. Silent. */
static int get_info(int fd, struct vfio_iommu_type1_info **out)
{
	struct vfio_iommu_type1_info head = {.argsz = sizeof(head)};
	struct vfio_iommu_type1_info *info;
	int err;

	/* Without room for the capabilities, argsz comes back as what they need. */
	err = vfio_ioctl(fd, VFIO_IOMMU_GET_INFO, &head);
	if (err)
		return err;
	if (head.argsz < sizeof(head))
		return -EPROTO;
	info = calloc(1, head.argsz);
	if (!info)
		return -ENOMEM;
	info->argsz = head.argsz;
	err = vfio_ioctl(fd, VFIO_IOMMU_GET_INFO, info);
	if (err) {
		free(info);
		return err;
	}
	/* It depends on this process alone, so it has not grown. */
	info->argsz = head.argsz;
	*out = info;
	return 0;
}

/* DMA maps that the kernel still allows; UINT32_MAX where it does not say (before 5.10). */
static uint32_t maps_left(const struct vfio_iommu_type1_info *info)
{
	struct vfio_iommu_type1_info_dma_avail cap;

	if (!find_cap(info, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap, sizeof(cap)))
		return UINT32_MAX;
	return cap.avail;
}

static int use_ranges(struct vfio_container *c, const struct vfio_iommu_type1_info *info)
{
	const uint16_t id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	struct vfio_iommu_type1_info_cap_iova_range head, *cap;
	size_t bytes;
	int err = -EPROTO;

	if (!find_cap(info, id, &head, sizeof(head)) || head.nr_iovas == 0)
		return -ENOTSUP;
	bytes = sizeof(head) + (size_t)head.nr_iovas * sizeof(head.iova_ranges[0]);
	cap = calloc(1, bytes);
	if (!cap)
		return -ENOMEM;
	/* The kernel's pair of start and end, inclusive, is ours. */
	_Static_assert(sizeof(struct vfio_span) == sizeof(struct vfio_iova_range), "same pair");
	if (find_cap(info, id, cap, bytes))
		err = vfio_iova_set_usable(&c->iova, (const struct vfio_span *)cap->iova_ranges,
					   cap->nr_iovas);
	free(cap);
	return err;
}

/* Read which addresses can be used. Called again when a group joins: ranges may shrink. */
static int read_ranges(struct vfio_container *c, const char *name)
{
	struct vfio_iommu_type1_info *info;
	int err;

	err = get_info(c->fd, &info);
	if (err)
		return vfio_fail(name, "cannot read what its IOMMU can do", err);
	c->page_bytes_min = 4096;
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES && info->iova_pgsizes)
		c->page_bytes_min = info->iova_pgsizes & -info->iova_pgsizes;
	pthread_mutex_lock(&c->lock);
	err = use_ranges(c, info);
	pthread_mutex_unlock(&c->lock);
	if (!err)
		rlb_log(DEBUG, "%s: IOVA ranges: %u, up to 0x%llx; DMA maps left: %u", name,
			c->iova.usable_count, (unsigned long long)vfio_iova_last(&c->iova),
			maps_left(info));
	free(info);
	if (err == -ENOTSUP) {
		rlb_log(ERR,
			"%s: the kernel does not say which IOVA ranges can be used; use Linux 5.4 "
			"or newer",
			name);
		return err;
	}
	if (err)
		return vfio_fail(name, "cannot take over the IOMMU's address ranges", err);
	return 0;
}

/* Say why memory could not be pinned: the limit, if it is that. */
static void log_no_memory(size_t bytes)
{
	uint64_t need = __atomic_load_n(&mapped_bytes, __ATOMIC_RELAXED) + bytes;
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < need)
		rlb_log(ERR,
			"cannot pin %zu KiB for DMA: locked memory is limited to %llu KiB and %llu "
			"KiB are needed; run: ulimit -l %llu (as root where it refuses)",
			bytes >> 10, (unsigned long long)limit.rlim_cur >> 10,
			(unsigned long long)need >> 10, (unsigned long long)(need >> 10) + 64);
	else
		rlb_log(ERR, "cannot pin %zu KiB for DMA: out of memory; use smaller pools",
			bytes >> 10);
}

/* Log why VFIO_IOMMU_MAP_DMA failed. Return: the code for the caller. */
static int map_failed(size_t bytes, int err)
{
	switch (err) {
	case -ENOMEM:
		log_no_memory(bytes);
		return err;
	case -ENOSPC:
		rlb_log(ERR,
			"cannot map %zu KiB for DMA: the kernel allows no more maps; use fewer, "
			"larger pools, or raise dma_entry_limit of module vfio_iommu_type1",
			bytes >> 10);
		return -ENOMEM;
	default:
		rlb_log(ERR, "cannot map %zu KiB for DMA: %s", bytes >> 10, strerror(-err));
		return err;
	}
}

/* -ENOMEM also stands for a lack of addresses and of maps. */
int vfio_container_map(struct vfio_container *c, void *addr, size_t bytes, size_t page_bytes,
		       rlb_iova_t *dev)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)addr,
		.size = bytes,
	};
	rlb_iova_t at;
	int err;

	pthread_mutex_lock(&c->lock);
	/* Aligned to the page, so that the IOMMU can use one of its own large pages for it. */
	err = vfio_iova_take(&c->iova, bytes,
			     page_bytes > c->page_bytes_min ? page_bytes : c->page_bytes_min, &at);
	if (err == -ENOSPC) {
		rlb_log(ERR,
			"no room for %zu KiB in the IOMMU's address space, which ends at 0x%llx; "
			"use "
			"smaller pools",
			bytes >> 10, (unsigned long long)vfio_iova_last(&c->iova));
		err = -ENOMEM;
		goto out;
	}
	if (err) {
		rlb_log(ERR, "cannot map %zu KiB for DMA: %s", bytes >> 10, strerror(-err));
		goto out;
	}
	map.iova = at;
	err = vfio_ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &map);
	if (err) {
		vfio_iova_give(&c->iova, at);
		err = map_failed(bytes, err);
		goto out;
	}
	__atomic_fetch_add(&mapped_bytes, bytes, __ATOMIC_RELAXED);
	*dev = at;
out:
	pthread_mutex_unlock(&c->lock);
	return err;
}

void vfio_container_unmap(struct vfio_container *c, size_t bytes, rlb_iova_t dev)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = dev,
		.size = bytes,
	};
	int err;

	pthread_mutex_lock(&c->lock);
	err = vfio_ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);
	if (err) {
		/* The device may still reach it, so the address is never given out again. */
		rlb_log(ERR, "cannot unmap %zu KiB at IOVA 0x%llx: %s", bytes >> 10,
			(unsigned long long)dev, strerror(-err));
	} else {
		vfio_iova_give(&c->iova, dev);
		__atomic_fetch_sub(&mapped_bytes, bytes, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&c->lock);
}

static int space_revoke(struct rlb_space *space, rlb_iova_t dev)
{
	return rld_pinned_remove(&to_container(space)->pinned, dev);
}

static int space_restore(struct rlb_space *space, rlb_iova_t dev, size_t bytes)
{
	return rld_pinned_insert(&to_container(space)->pinned, dev, bytes);
}

/* Mapped first and allowed afterwards; and the other way round. */
static int space_map(struct rlb_space *space, void *addr, size_t bytes, size_t page_bytes,
		     rlb_iova_t *dev)
{
	struct vfio_container *c = to_container(space);
	int err;

	err = vfio_container_map(c, addr, bytes, page_bytes, dev);
	if (err)
		return err;
	err = rld_pinned_insert(&c->pinned, *dev, bytes);
	if (err)
		vfio_container_unmap(c, bytes, *dev);
	return err;
}

static void space_unmap(struct rlb_space *space, void *addr, size_t bytes, rlb_iova_t dev)
{
	struct vfio_container *c = to_container(space);

	(void)addr;
	/* Refused, which was logged: descriptors may name it, so it stays where it is. */
	if (rld_pinned_remove(&c->pinned, dev) == 0)
		vfio_container_unmap(c, bytes, dev);
}

static int open_file(const char *name)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	int err = -errno;

	if (fd >= 0)
		return fd;
	if (err == -EACCES || err == -EPERM) {
		rlb_log(ERR, "%s: no permission on /dev/vfio/vfio; run: sudo chmod 666 %s", name,
			"/dev/vfio/vfio");
		return -EACCES;
	}
	if (err == -ENOENT) {
		rlb_log(ERR,
			"%s: no /dev/vfio/vfio, this kernel gives devices out through iommufd "
			"only; "
			"boot one with CONFIG_VFIO_CONTAINER=y",
			name);
		return -ENODEV;
	}
	return vfio_fail(name, "cannot open /dev/vfio/vfio", err);
}

/* See that /dev/vfio/vfio speaks what this transport speaks. */
static int check_api(int fd, const char *name)
{
	int version, type1v2;

	version = vfio_ioctl(fd, VFIO_GET_API_VERSION, NULL);
	if (version < 0)
		return vfio_fail(name, "cannot read the version of VFIO", version);
	if (version != VFIO_API_VERSION) {
		rlb_log(ERR, "%s: the kernel's VFIO has version %d, ringlib knows %d; %s", name,
			version, VFIO_API_VERSION, "use a newer ringlib");
		return -ENOTSUP;
	}
	type1v2 = vfio_ioctl(fd, VFIO_CHECK_EXTENSION, (void *)VFIO_TYPE1v2_IOMMU);
	if (type1v2 < 0)
		return vfio_fail(name, "cannot read what VFIO can do", type1v2);
	if (type1v2 == 0) {
		rlb_log(ERR, "%s: VFIO has no type1v2 IOMMU driver; run: sudo modprobe %s", name,
			"vfio_iommu_type1");
		return -ENOTSUP;
	}
	return 0;
}

static int set_group(const struct vfio_container *c, const struct vfio_group *group)
{
	int fd = c->fd;

	return vfio_ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &fd);
}

/* Give a new container its first group, and with it an IOMMU. */
static int set_iommu(struct vfio_container *c, const struct vfio_group *group, const char *name)
{
	int err;

	err = set_group(c, group);
	if (err)
		return vfio_fail(name, "its group cannot join an address space", err);
	err = vfio_ioctl(c->fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	if (err == -EPERM) {
		/* vfio_iommu_type1_attach_group() answers so, and says why in the kernel's log. */
		rlb_log(ERR,
			"%s: its interrupts are not confined by the IOMMU; switch on interrupt "
			"remapping in the firmware and boot without intremap=off",
			name);
		return err;
	}
	if (err)
		return vfio_fail(name, "its IOMMU cannot be used", err);
	return 0;
}

static int container_new(struct vfio_group *group, const char *name)
{
	struct vfio_container *c;
	int err;

	c = calloc(1, sizeof(*c));
	if (!c)
		return vfio_fail(name, "cannot make an address space", -ENOMEM);
	c->space.map = space_map;
	c->space.revoke = space_revoke;
	c->space.restore = space_restore;
	c->space.unmap = space_unmap;
	pthread_mutex_init(&c->lock, NULL);
	err = rld_pinned_init(&c->pinned);
	if (err) {
		vfio_fail(name, "cannot make a pinned table", err);
		goto err_free;
	}
	c->fd = open_file(name);
	if (c->fd < 0) {
		err = c->fd;
		goto err_pinned;
	}
	err = check_api(c->fd, name);
	if (err)
		goto err_close;
	err = set_iommu(c, group, name);
	if (err)
		goto err_close;
	err = read_ranges(c, name);
	if (err)
		goto err_close;
	err = rlb_space_attach(&c->space);
	if (err)
		goto err_close;
	c->groups = 1;
	c->next = containers;
	containers = c;
	group->container = c;
	return 0;

err_close:
	close(c->fd);
err_pinned:
	rld_pinned_fini(&c->pinned);
err_free:
	pthread_mutex_destroy(&c->lock);
	vfio_iova_fini(&c->iova);
	free(c);
	return err;
}

int vfio_container_join(struct vfio_group *group, const char *name)
{
	for (struct vfio_container *c = containers; c; c = c->next) {
		int err;

		/* Another kind of IOMMU, or ranges that do not cover what is mapped: refused. */
		if (set_group(c, group))
			continue;
		err = read_ranges(c, name);
		if (err)
			return err;
		c->groups++;
		group->container = c;
		return 0;
	}
	return container_new(group, name);
}

void vfio_container_leave(struct vfio_group *group)
{
	struct vfio_container *c = group->container;
	struct vfio_container **at = &containers;

	if (--c->groups)
		return;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	rlb_space_detach(&c->space);
	close(c->fd);
	rld_pinned_fini(&c->pinned);
	pthread_mutex_destroy(&c->lock);
	vfio_iova_fini(&c->iova);
	free(c);
}
