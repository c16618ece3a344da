/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport's table: claiming a device, its registers, the memory of rings, doorbells. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"
#include "ringlib/util.h"

#define RING_PAGE_BYTES 4096u
/* Below it a sleep would take longer than asked for: the timer slack is 50 µs (prctl(2)). */
#define SPIN_MAX_US 50u

static volatile uint32_t *reg_addr(const struct vfio_nic *nic, uint32_t offset)
{
	assert(offset % 4 == 0 && offset < nic->base.regs_bytes);
	return (volatile uint32_t *)((char *)nic->bar + offset);
}

static uint32_t regs_read32(void *ctx, uint32_t offset)
{
	return *reg_addr(ctx, offset);
}

static void regs_write32(void *ctx, uint32_t offset, uint32_t value)
{
	*reg_addr(ctx, offset) = value;
}

static bool reached(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static void regs_delay_us(void *ctx, uint32_t us)
{
	struct timespec end;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += us / 1000000;
	end.tv_nsec += (long)(us % 1000000) * 1000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	if (us < SPIN_MAX_US) {
		while (!reached(&end))
			rlb_cpu_pause();
	} else {
		/* An absolute time, so that signals do not prolong it. */
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
			;
	}
}

/* @at: what stands behind the address in a URI, ",verify=off". */
static int parse_options(const char *name, const char *at, bool *verify)
{
	static const char key[] = "verify=";

	while (*at) {
		size_t bytes = strcspn(++at, ",");

		if (bytes < sizeof(key) - 1 || strncmp(at, key, sizeof(key) - 1) != 0) {
			rlb_log(ERR, "%s: unknown option \"%.*s\"; there is: verify=off", name,
				(int)bytes, at);
			return -EINVAL;
		}
		at += sizeof(key) - 1;
		bytes -= sizeof(key) - 1;
		*verify = bytes == 2 && strncmp(at, "on", 2) == 0;
		if (!*verify && (bytes != 3 || strncmp(at, "off", 3) != 0)) {
			rlb_log(ERR, "%s: verify=%.*s: say verify=on, the default, or verify=off",
				name, (int)bytes, at);
			return -EINVAL;
		}
		at += bytes;
	}
	return 0;
}

static int transport_open(struct rld_nic **out, const char *addr)
{
	bool verify = true;
	struct vfio_nic *nic;
	unsigned int group;
	int err;

	*out = NULL;
	nic = calloc(1, sizeof(*nic));
	if (!nic)
		return vfio_fail(addr, "cannot open it", -ENOMEM);
	err = vfio_bdf_parse(addr, nic->base.name);
	if (err) {
		rlb_log(ERR,
			"%.64s: not a PCI address; write 0000:01:00.0 or 01:00.0, as listed by: "
			"lspci -D",
			addr);
		goto err_free;
	}
	err = parse_options(nic->base.name, addr + strcspn(addr, ","), &verify);
	if (err)
		goto err_free;
	err = vfio_sysfs_check(nic->base.name, &group);
	if (err)
		goto err_free;
	err = vfio_group_join(nic, group);
	if (err)
		goto err_free;
	err = vfio_device_open(nic);
	if (err)
		goto err_group;
	err = vfio_release_open(nic);
	if (err)
		goto err_device;
	if (verify)
		err = rld_verify_open(&nic->base, &nic->group->container->pinned);
	if (err)
		goto err_release;
	nic->base.transport = &vfio_transport;
	nic->base.numa_node = vfio_sysfs_numa_node(nic->base.name);
	nic->base.space = &nic->group->container->space;
	nic->base.regs = (struct rld_regs){
		.read32 = regs_read32,
		.write32 = regs_write32,
		.delay_us = regs_delay_us,
		.ctx = nic,
	};
	*out = &nic->base;
	return 0;

err_release:
	vfio_release_close(nic);
err_device:
	vfio_device_close(nic);
err_group:
	vfio_group_leave(nic);
err_free:
	free(nic);
	return err;
}

static int transport_numa_node(const char *addr)
{
	char name[RLD_NAME_MAX];

	return vfio_bdf_parse(addr, name) ? RLB_NUMA_ANY : vfio_sysfs_numa_node(name);
}

static void transport_close(struct rld_nic *base)
{
	struct vfio_nic *nic = to_vfio_nic(base);

	rld_verify_close(base);
	vfio_device_close(nic);
	vfio_release_close(nic);
	vfio_group_leave(nic);
	free(nic);
}

static void ring_doorbell(struct rld_ring *ring, uint32_t tail)
{
	/*
	 * Release. Partner: the device reads descriptors only after it has seen the tail. x86
	 * keeps a store to memory before a later one to an uncached register, so only the compiler
	 * is held back here; non-temporal stores to descriptors would need an sfence.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*ring->tail_addr = tail;
}

static int ring_open(struct rld_nic *base, const struct rld_ring_conf *conf, struct rld_ring *ring)
{
	struct vfio_nic *nic = to_vfio_nic(base);
	size_t bytes = align_up((uint64_t)conf->slots * conf->desc_bytes, RING_PAGE_BYTES);
	int err;

	/* Shared, so that a fork cannot leave the device with a page that is no longer ours. */
	ring->desc = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ring->desc == MAP_FAILED)
		return vfio_fail(base->name, "no memory for a ring", -errno);
	rlb_numa_prefer(ring->desc, bytes, base->numa_node);
	err = vfio_container_map(nic->group->container, ring->desc, bytes, RING_PAGE_BYTES,
				 &ring->dev);
	if (err)
		goto err_unmap;
	ring->done = ring->desc;
	ring->doorbell = ring_doorbell;
	ring->tail_addr = reg_addr(nic, conf->tail_reg);
	ring->nic = base;
	ring->conf = *conf;
	ring->bytes = bytes;
	ring->checked = NULL;
	err = base->verify ? rld_verify_ring_open(ring) : 0;
	if (err)
		goto err_container;
	return 0;

err_container:
	vfio_container_unmap(nic->group->container, bytes, ring->dev);
err_unmap:
	munmap(ring->desc, bytes);
	return err;
}

static void ring_close(struct rld_nic *nic, struct rld_ring *ring)
{
	rld_verify_ring_close(ring);
	vfio_container_unmap(to_vfio_nic(nic)->group->container, ring->bytes, ring->dev);
	munmap(ring->desc, ring->bytes);
	ring->desc = NULL;
	ring->done = NULL;
}

const struct rld_transport vfio_transport = {
	.scheme = "vfio",
	.open = transport_open,
	.numa_node = transport_numa_node,
	.close = transport_close,
	.reset = vfio_device_reset,
	.bus_master = vfio_bus_master,
	.config_read = vfio_config_read,
	.config_write = vfio_config_write,
	.ring_open = ring_open,
	.ring_close = ring_close,
	.irq_open = vfio_irq_open,
	.irq_close = vfio_irq_close,
	.irq_unmask = vfio_irq_unmask,
};
