/* SPDX-License-Identifier: BSD-2-Clause */
/* What VFIO's ioctls do, by the rules of Linux 6.1. */
#include <fcntl.h>

#include "fake_vfio_priv.h"
#include "unit.h"

/* Containers. */

/* The container's ranges, less the holes of the groups in it. Return: how many. */
static unsigned int ranges_of(unsigned int container, struct vfio_iova_range out[16])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake.range_count; i++) {
		struct vfio_iova_range range = fake.ranges[i];

		for (unsigned int g = 0; g < fake.group_count; g++) {
			struct vfio_iova_range hole = fake.groups[g].hole;

			if (fake.groups[g].container != (int)container || hole.end == 0 ||
			    hole.start <= range.start || hole.end >= range.end)
				continue;
			out[n++] = (struct vfio_iova_range){range.start, hole.start - 1};
			range.start = hole.end + 1;
		}
		out[n++] = range;
	}
	return n;
}

static int get_info(unsigned int container, struct vfio_iommu_type1_info *info)
{
	/* Packed as Linux 6.1 does: a capability starts at a multiple of four. */
	struct {
		struct vfio_iommu_type1_info info;
		struct vfio_iommu_type1_info_dma_avail avail;
		struct vfio_info_cap_header header;
		uint32_t nr_iovas;
		uint32_t reserved;
		struct vfio_iova_range ranges[16];
	} __attribute__((packed))
	reply = {.info = {.flags = VFIO_IOMMU_INFO_PGSIZES, .iova_pgsizes = 0x40201000}};
	struct vfio_iova_range ranges[ARRAY_SIZE(reply.ranges)];
	uint32_t room = info->argsz;
	size_t bytes = sizeof(reply.info);

	if (!fake.containers[container].has_iommu)
		return -EINVAL;
	if (fake.iova_cap) {
		reply.nr_iovas = ranges_of(container, ranges);
		memcpy(reply.ranges, ranges, reply.nr_iovas * sizeof(ranges[0]));
		reply.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
		reply.header.version = 1;
		reply.avail.header.id = fake.dma_avail_cap ? VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL : 99;
		reply.avail.header.next = (uint32_t)((char *)&reply.header - (char *)&reply);
		reply.avail.avail = 65535 - fake.containers[container].map_count;
		reply.info.flags |= VFIO_IOMMU_INFO_CAPS;
		bytes = (size_t)((char *)&reply.ranges[reply.nr_iovas] - (char *)&reply);
		if (room >= bytes)
			reply.info.cap_offset = (uint32_t)((char *)&reply.avail - (char *)&reply);
	}
	reply.info.argsz = (uint32_t)bytes;
	memcpy(info, &reply, room < bytes ? room : bytes);
	return 0;
}

static bool in_ranges(unsigned int container, uint64_t first, uint64_t last)
{
	struct vfio_iova_range ranges[16];
	unsigned int n = ranges_of(container, ranges);

	for (unsigned int i = 0; i < n; i++) {
		if (first >= ranges[i].start && last <= ranges[i].end)
			return true;
	}
	return false;
}

static int map_dma(unsigned int container, const struct vfio_iommu_type1_dma_map *map)
{
	struct fake_container *c = &fake.containers[container];

	assert_int_equal(map->argsz, sizeof(*map));
	assert_int_equal(map->flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	if ((map->iova | map->vaddr | map->size) & 4095 || map->size == 0 || !c->has_iommu ||
	    !in_ranges(container, map->iova, map->iova + (map->size - 1)))
		return -EINVAL;
	for (unsigned int i = 0; i < c->map_count; i++) {
		if (map->iova < c->maps[i].iova + c->maps[i].bytes &&
		    c->maps[i].iova < map->iova + map->size)
			return -EEXIST;
	}
	assert_true(c->map_count < FAKE_MAPS_MAX);
	c->maps[c->map_count++] = (struct fake_map){map->iova, map->vaddr, map->size};
	return 0;
}

static int unmap_dma(struct fake_container *c, const struct vfio_iommu_type1_dma_unmap *unmap)
{
	assert_int_equal(unmap->argsz, sizeof(*unmap));
	assert_int_equal(unmap->flags, 0);
	for (unsigned int i = 0; i < c->map_count; i++) {
		if (c->maps[i].iova == unmap->iova && c->maps[i].bytes == unmap->size) {
			c->maps[i] = c->maps[--c->map_count];
			return 0;
		}
	}
	fail_msg("unmap of what is not mapped");
	return -EINVAL;
}

int fake_container_ioctl(unsigned int index, unsigned long request, void *arg)
{
	struct fake_container *c = &fake.containers[index];

	switch (request) {
	case VFIO_GET_API_VERSION:
		return fake.api_version;
	case VFIO_CHECK_EXTENSION:
		return (uintptr_t)arg == VFIO_TYPE1v2_IOMMU ? fake.type1v2 : 0;
	case VFIO_SET_IOMMU:
		assert_int_equal((uintptr_t)arg, VFIO_TYPE1v2_IOMMU);
		if (c->groups == 0 || c->has_iommu)
			return -EINVAL;
		c->has_iommu = true;
		return 0;
	case VFIO_IOMMU_GET_INFO:
		return get_info(index, arg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(index, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(c, arg);
	default:
		return -ENOTTY;
	}
}

/* Groups. */

static int set_container(struct fake_group *group, int fd)
{
	struct fake_container *c;

	assert_true(fd >= 0 && fd < FAKE_FDS_MAX && fake_fds[fd].kind == FD_CONTAINER);
	c = &fake.containers[fake_fds[fd].index];
	if (group->container >= 0 || (group->refuses_company && c->groups))
		return -EINVAL;
	for (unsigned int i = 0; i < c->map_count; i++) {
		if (group->hole.end && c->maps[i].iova <= group->hole.end &&
		    group->hole.start < c->maps[i].iova + c->maps[i].bytes)
			return -EINVAL;
	}
	group->container = (int)fake_fds[fd].index;
	c->groups++;
	return 0;
}

static int get_device_fd(const struct fake_group *group, const char *name)
{
	if (group->container < 0 || !fake.containers[group->container].has_iommu)
		return -EINVAL;
	for (unsigned int i = 0; i < fake.device_count; i++) {
		int fd;

		if (fake.devices[i].group != group->id || strcmp(fake.devices[i].name, name) != 0)
			continue;
		fd = fcntl(fake.devices[i].memfd, F_DUPFD_CLOEXEC, 0);
		assert_true(fd >= 0 && fd < FAKE_FDS_MAX);
		fake_fds[fd].kind = FD_DEVICE;
		fake_fds[fd].index = i;
		fake.devices[i].opened++;
		return fd;
	}
	return -ENODEV;
}

int fake_group_ioctl(struct fake_group *group, unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		assert_int_equal(status->argsz, sizeof(*status));
		status->flags = group->not_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(group, *(int *)arg);
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device_fd(group, arg);
	default:
		return -ENOTTY;
	}
}

/* Devices. */

static int get_region(const struct fake_device *device, struct vfio_region_info *info)
{
	assert_int_equal(info->argsz, sizeof(*info));
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->offset = CONFIG_OFFSET;
		info->size = CONFIG_BYTES;
	} else {
		assert_int_equal(info->index, VFIO_PCI_BAR0_REGION_INDEX);
		info->offset = 0;
		info->size = device->bar_bytes;
		if (device->bar_mappable)
			info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	}
	return 0;
}

static int get_irq(const struct fake_device *device, struct vfio_irq_info *info)
{
	assert_int_equal(info->argsz, sizeof(*info));
	assert_true(info->index < VFIO_PCI_NUM_IRQS);
	/* As vfio-pci: an error interrupt that is not PCI Express is no valid question. */
	if (info->index == VFIO_PCI_ERR_IRQ_INDEX && !device->irq_count[info->index])
		return -EINVAL;
	info->count = device->irq_count[info->index];
	return 0;
}

static int set_irqs(struct fake_device *device, const struct vfio_irq_set *set)
{
	const uint32_t trigger = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD;

	assert_true(set->index < VFIO_PCI_NUM_IRQS);
	if (set->flags == (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK)) {
		assert_int_equal(set->index, VFIO_PCI_INTX_IRQ_INDEX);
		assert_int_equal(set->count, 1);
		device->intx_unmasks++;
		return 0;
	}
	if (set->flags == (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)) {
		assert_int_equal(set->argsz, sizeof(*set));
		assert_int_equal(set->count, 0);
		device->irqs_enabled[set->index] = 0;
		return 0;
	}
	assert_int_equal(set->flags, trigger);
	assert_int_equal(set->argsz, sizeof(*set) + set->count * sizeof(int32_t));
	assert_int_equal(device->irqs_enabled[set->index], 0);
	if (set->count > device->irq_count[set->index])
		return -EINVAL;
	memcpy(device->irq_fds[set->index], set->data, set->count * sizeof(int32_t));
	device->irqs_enabled[set->index] = set->count;
	return 0;
}

int fake_device_ioctl(struct fake_device *device, unsigned long request, void *arg)
{
	struct vfio_device_info *info = arg;

	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		info->flags = VFIO_DEVICE_FLAGS_PCI;
		info->flags |= device->can_reset ? VFIO_DEVICE_FLAGS_RESET : 0;
		info->num_regions = VFIO_PCI_NUM_REGIONS;
		info->num_irqs = VFIO_PCI_NUM_IRQS;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region(device, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq(device, arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(device, arg);
	case VFIO_DEVICE_RESET:
		device->resets++;
		return 0;
	default:
		return -ENOTTY;
	}
}
