/* SPDX-License-Identifier: BSD-2-Clause */
/* What the VFIO transport does with devices that are there and behave. */
#include <linux/pci_regs.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <ringlib/mem.h>

#include "driver/e1000/e1000_priv.h"
#include "driver/vfio/vfio.h"
#include "fake_vfio.h"
#include "unit.h"

#define A "0000:01:00.0"
#define B "0000:02:00.0"
#define C "0000:02:00.1"

static int setup(void **state)
{
	(void)state;
	fake_setup();
	return 0;
}

/* Every case ends with everything given back. */
static int teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < fake.device_count; i++)
		assert_int_equal(fake.devices[i].opened, 0);
	for (unsigned int i = 0; i < FAKE_CONTAINERS_MAX; i++)
		assert_int_equal(fake.containers[i].fd, -1);
	assert_int_equal(fake_maps(), 0);
	assert_int_equal(fake.mmaps, 0);
	assert_int_equal(fake.allocations, 0);
	fake_teardown();
	return 0;
}

static struct rld_nic *open_nic(const char *addr)
{
	struct rld_nic *nic;

	assert_int_equal(vfio_transport.open(&nic, addr), 0);
	return nic;
}

static struct rlb_mem *alloc_mem(size_t bytes)
{
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;
	struct rlb_mem *mem;

	opts.page_bytes = 4096;
	assert_int_equal(rlb_mem_alloc(&mem, bytes, &opts), 0);
	return mem;
}

static void bdf_short_form_is_completed(void **state)
{
	static const struct {
		const char *addr, *name;
	} cases[] = {
		{"0000:01:00.0", "0000:01:00.0"},	  /* as lspci -D has it */
		{"01:00.0", "0000:01:00.0"},		  /* as lspci has it */
		{"00AB:CD:1E.7", "00ab:cd:1e.7"},	  /* upper case, the last function */
		{"10000:e1:1f.0", "10000:e1:1f.0"},	  /* a domain that a VMD made */
		{"ffffffff:00:00.0", "ffffffff:00:00.0"}, /* the longest */
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rld_nic *nic;

		/* Not there, so what is logged is the name that was looked for. */
		assert_int_equal(vfio_transport.open(&nic, cases[i].addr), -ENODEV);
		assert_memory_equal(fake.line, cases[i].name, strlen(cases[i].name));
		assert_int_equal(fake.line[strlen(cases[i].name)], ':');
	}
}

static void open_fills_nic_and_keeps_it_off_the_bus(void **state)
{
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic;

	(void)state;
	fake_write("/sys/bus/pci/devices/" A "/numa_node", "1\n");
	/* As a dead owner may leave it. */
	fake_set_config16(device, PCI_COMMAND, PCI_COMMAND_PARITY | PCI_COMMAND_MASTER);
	fake_set_reg(device, 8, 0x80283);
	nic = open_nic("01:00.0");
	assert_string_equal(nic->name, A);
	assert_ptr_equal(nic->transport, &vfio_transport);
	assert_int_equal(nic->vendor_id, 0x8086);
	assert_int_equal(nic->device_id, 0x10d3);
	assert_int_equal(nic->numa_node, 1);
	assert_int_equal(nic->regs_bytes, FAKE_BAR_BYTES);
	assert_int_equal(nic->irq_kind, RLD_IRQ_NONE);
	assert_non_null(nic->space);
	assert_int_equal(fake_config16(device, PCI_COMMAND),
			 PCI_COMMAND_PARITY | PCI_COMMAND_MEMORY);

	assert_int_equal(rld_read32(&nic->regs, 8), 0x80283);
	rld_write32(&nic->regs, FAKE_BAR_BYTES - 4, 0x12345678);
	assert_int_equal(fake_reg(device, FAKE_BAR_BYTES - 4), 0x12345678);

	vfio_transport.close(nic);
	assert_int_equal(fake.lines, 0);
}

static void bus_master_goes_on_and_off(void **state)
{
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic = open_nic(A);

	(void)state;
	for (unsigned int round = 0; round < 2; round++) {
		assert_int_equal(vfio_transport.bus_master(nic, true), 0);
		assert_int_equal(fake_config16(device, PCI_COMMAND),
				 PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
		assert_int_equal(vfio_transport.bus_master(nic, false), 0);
		assert_int_equal(fake_config16(device, PCI_COMMAND), PCI_COMMAND_MEMORY);
	}
	for (unsigned int k = 1; k <= 2; k++) {
		fake_fail_at(k);
		assert_int_equal(vfio_transport.bus_master(nic, true), -EIO);
	}
	assert_int_equal(vfio_transport.bus_master(nic, true), 0);
	vfio_transport.close(nic);
	assert_int_equal(fake_config16(device, PCI_COMMAND), PCI_COMMAND_MEMORY);
	assert_int_equal(fake.lines, 0);
}

static void config_access_is_bounded(void **state)
{
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic = open_nic(A);
	uint32_t value = 0xaabbccdd;

	(void)state;
	assert_int_equal(vfio_transport.config_write(nic, 252, &value, 4), 0);
	assert_int_equal(fake_config16(device, 254), 0xaabb);
	value = 0;
	assert_int_equal(vfio_transport.config_read(nic, 255, &value, 1), 0);
	assert_int_equal(value, 0xaa);
	assert_int_equal(vfio_transport.config_read(nic, 254, &value, 4), -EIO);
	assert_int_equal(vfio_transport.config_write(nic, 254, &value, 4), -EIO);
	assert_int_equal(vfio_transport.config_read(nic, 0xfffffffe, &value, 4), -EIO);
	vfio_transport.close(nic);
}

static void ring_is_zeroed_mapped_and_rung(void **state)
{
	const struct rld_ring_conf conf = {
		.dir = RLD_TX, .slots = 512, .desc_bytes = 16, .tail_reg = 0x3818};
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic = open_nic(A ",verify=off");
	struct rld_ring ring;
	uint8_t *bytes;

	(void)state;
	assert_int_equal(vfio_transport.ring_open(nic, &conf, &ring), 0);
	assert_int_equal(ring.bytes, 8192);
	assert_ptr_equal(ring.desc, ring.done);
	assert_ptr_equal(ring.nic, nic);
	assert_int_equal(ring.conf.slots, 512);
	bytes = ring.desc;
	for (unsigned int i = 0; i < ring.bytes; i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(fake_maps(), 1);
	assert_int_equal(fake.containers[0].maps[0].iova, ring.dev);
	assert_int_equal(fake.containers[0].maps[0].vaddr, (uintptr_t)ring.desc);
	assert_int_equal(fake.containers[0].maps[0].bytes, 8192);
	assert_int_not_equal(ring.dev, 0);
	ring.doorbell(&ring, 511);
	assert_int_equal(fake_reg(device, 0x3818), 511);
	vfio_transport.ring_close(nic, &ring);
	assert_int_equal(fake_maps(), 0);
	vfio_transport.close(nic);
}

/* A frame of 60 bytes at @dev in slot @slot. */
static void put(struct rld_ring *ring, unsigned int slot, rlb_iova_t dev)
{
	struct e1000_desc *desc = ring->desc;

	desc[slot].lo = dev;
	desc[slot].hi = 60 | E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS | E1000_TXD_CMD_RS;
}

static void ring_is_verified_unless_asked(void **state)
{
	static const struct {
		const char *addr;
		bool verified;
	} cases[] = {
		{A, true},
		{A ",verify=on", true},
		{A ",verify=off", false},
		{A ",verify=off,verify=on", true}, /* the last word counts */
	};
	struct rld_ring_conf conf = {
		.dir = RLD_TX,
		.slots = 64,
		.desc_bytes = 16,
		.tail_reg = 0x3818,
		.verify = &e1000_tx_verify,
		.bytes_max = 1518,
	};
	struct fake_device *device = fake_add(A, 7, "vfio-pci");

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rld_nic *nic = open_nic(cases[i].addr);
		struct rlb_mem *mem = alloc_mem(4096);
		struct rlb_queue_error error;
		/* A queue, as the driver would stop it. */
		struct e1000_txq txq = {.slots = 64, .free = 63};
		struct rlb_buf *bufs[64] = {NULL};
		rlb_iova_t dev;

		assert_int_equal(nic->verify != NULL, cases[i].verified);
		assert_int_equal(vfio_transport.ring_open(nic, &conf, &txq.ring), 0);
		txq.ring.head = &txq.head;
		txq.desc = txq.ring.desc;
		txq.done = txq.ring.done;
		txq.bufs = bufs;
		dev = rlb_space_addr(nic->space->delta, rlb_mem_id(mem), rlb_mem_addr(mem));
		put(&txq.ring, 0, dev);
		put(&txq.ring, 1, dev + 4096 - 60);
		txq.tail = 2;
		txq.ring.doorbell(&txq.ring, 2);
		assert_int_equal(fake_reg(device, 0x3818), 2);
		assert_int_equal(fake.lines, 0);
		/* Mapped is not enough: a ring is no packet memory. */
		put(&txq.ring, 2, txq.ring.dev);
		txq.tail = 3;
		txq.ring.doorbell(&txq.ring, 3);
		assert_int_equal(fake_reg(device, 0x3818), cases[i].verified ? 2 : 3);
		assert_int_equal(fake.lines, cases[i].verified ? 1 : 0);
		assert_int_equal(rld_verify_error(nic, true, 0, &error),
				 cases[i].verified ? 0 : -ENOTSUP);
		if (cases[i].verified) {
			assert_string_equal(error.name, "unmapped");
			/* The first two are not done. */
			assert_int_equal(rlb_mem_free(mem), -EBUSY);
			assert_int_equal(fake_maps(), 2);
		}
		vfio_transport.ring_close(nic, &txq.ring);
		assert_int_equal(rlb_mem_free(mem), 0);
		vfio_transport.close(nic);
		fake.lines = 0;
	}
}

static void ring_without_rules_is_refused(void **state)
{
	const struct rld_ring_conf conf = {
		.dir = RLD_TX, .slots = 512, .desc_bytes = 16, .tail_reg = 0x3818};
	struct rld_nic *nic;
	struct rld_ring ring;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	assert_int_equal(vfio_transport.ring_open(nic, &conf, &ring), -ENOTSUP);
	assert_int_equal(fake.lines, 1);
	assert_non_null(strstr(fake.line, "verify=off"));
	vfio_transport.close(nic);
}

static void ring_the_verifier_cannot_check_is_refused(void **state)
{
	static const struct {
		unsigned int slots, desc_bytes, bytes_max;
		const char *why;
	} cases[] = {
		{1, 16, 1518, "one slot is never free"},
		{4104, 16, 1518, "over RLV_SLOTS_MAX"},
		{64, 32, 1518, "a descriptor of four words"},
		{64, 16, 0, "buffers without a byte"},
		{64, 16, 65536, "more than a descriptor can say"},
	};
	struct rld_nic *nic;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rld_ring_conf conf = {
			.dir = RLD_TX,
			.slots = cases[i].slots,
			.desc_bytes = cases[i].desc_bytes,
			.bytes_max = cases[i].bytes_max,
			.tail_reg = 0x3818,
			.verify = &e1000_tx_verify,
		};
		struct rld_ring ring;

		fake.lines = 0;
		if (vfio_transport.ring_open(nic, &conf, &ring) != -ENOTSUP || fake.lines != 1)
			fail_msg("%s: not refused with one line", cases[i].why);
	}
	vfio_transport.close(nic);
}

static void memory_is_mapped_once_for_all_devices(void **state)
{
	struct rlb_mem *before = alloc_mem(8192), *after;
	struct rld_nic *a, *b;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	fake_add(B, 8, "vfio-pci");
	a = open_nic(A);
	b = open_nic(B);
	assert_ptr_equal(a->space, b->space);
	assert_int_equal(fake_maps(), 1);
	after = alloc_mem(4096);
	assert_int_equal(fake_maps(), 2);
	assert_int_equal(rlb_space_addr(a->space->delta, rlb_mem_id(before), rlb_mem_addr(before)),
			 fake.containers[0].maps[0].iova);
	assert_int_equal(rlb_space_addr(b->space->delta, rlb_mem_id(after), rlb_mem_addr(after)),
			 fake.containers[0].maps[1].iova);
	/* The first to open is not the one that keeps the container. */
	vfio_transport.close(a);
	assert_int_equal(fake_maps(), 2);
	rlb_mem_free(before);
	assert_int_equal(fake_maps(), 1);
	vfio_transport.close(b);
	assert_int_equal(fake_maps(), 0);
	rlb_mem_free(after);
}

static void group_that_keeps_apart_gets_its_own_container(void **state)
{
	struct rlb_mem *mem = alloc_mem(4096);
	struct rld_nic *a, *b;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	fake_add(B, 8, "vfio-pci");
	fake_group(8)->refuses_company = true;
	a = open_nic(A);
	b = open_nic(B);
	assert_ptr_not_equal(a->space, b->space);
	assert_int_equal(fake.containers[0].map_count, 1);
	assert_int_equal(fake.containers[1].map_count, 1);
	vfio_transport.close(a);
	assert_int_equal(fake.containers[0].fd, -1);
	assert_int_equal(fake.containers[1].map_count, 1);
	vfio_transport.close(b);
	rlb_mem_free(mem);
	assert_int_equal(fake.lines, 0);
}

static void devices_of_a_group_share_it(void **state)
{
	struct rld_nic *b, *c, *again;

	(void)state;
	fake_add(B, 8, "vfio-pci");
	fake_add(C, 8, "vfio-pci");
	b = open_nic(B);
	c = open_nic(C);
	assert_int_equal(vfio_transport.open(&again, "02:00.0"), -EBUSY);
	assert_null(again);
	assert_non_null(strstr(fake.line, "this process has it open already"));
	vfio_transport.close(b);
	assert_true(fake_group(8)->opened);
	b = open_nic(B);
	vfio_transport.close(c);
	vfio_transport.close(b);
	assert_false(fake_group(8)->opened);
}

static void ranges_shrink_when_a_group_joins(void **state)
{
	struct rlb_mem *low = alloc_mem(4096), *high;
	struct rld_nic *a, *b;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	fake_add(B, 8, "vfio-pci");
	fake_group(8)->hole = (struct vfio_iova_range){0x2000, 0xfffff};
	a = open_nic(A);
	b = open_nic(B);
	assert_ptr_equal(a->space, b->space);
	high = alloc_mem(4096);
	assert_int_equal(fake.containers[0].maps[1].iova, 0x100000);
	rlb_mem_free(low);
	rlb_mem_free(high);
	vfio_transport.close(b);
	vfio_transport.close(a);
}

static void large_pages_are_aligned(void **state)
{
	struct rld_nic *nic;
	uint64_t at;
	rlb_iova_t dev;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	/* The fake kernel looks at numbers only, so no memory need be there. */
	at = 1ull << 40;
	assert_int_equal(nic->space->map(nic->space, (void *)at, 4 << 20, 2 << 20, &dev), 0);
	assert_int_equal(dev % (2 << 20), 0);
	nic->space->unmap(nic->space, (void *)at, 4 << 20, dev);
	assert_int_equal(nic->space->map(nic->space, (void *)at, 1 << 30, 1 << 30, &dev), 0);
	assert_int_equal(dev, 1 << 30);
	nic->space->unmap(nic->space, (void *)at, 1 << 30, dev);
	vfio_transport.close(nic);
}

static void irq_kind_follows_what_the_device_has(void **state)
{
	static const struct {
		unsigned int msix, msi, intx;
		enum rld_irq_kind kind;
		unsigned int index, vectors;
	} cases[] = {
		{5, 1, 1, RLD_IRQ_MSIX, VFIO_PCI_MSIX_IRQ_INDEX, 3}, /* more than asked for */
		{3, 1, 1, RLD_IRQ_MSIX, VFIO_PCI_MSIX_IRQ_INDEX, 3}, /* just as many */
		{2, 4, 1, RLD_IRQ_MSI, VFIO_PCI_MSI_IRQ_INDEX, 1},   /* too few: one MSI */
		{0, 0, 1, RLD_IRQ_INTX, VFIO_PCI_INTX_IRQ_INDEX, 1}, /* conventional PCI */
	};
	struct fake_device *device = fake_add(A, 7, "vfio-pci");

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		int fds[3] = {-1, -1, -1};
		struct rld_nic *nic;

		device->irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = cases[i].msix;
		device->irq_count[VFIO_PCI_MSI_IRQ_INDEX] = cases[i].msi;
		device->irq_count[VFIO_PCI_INTX_IRQ_INDEX] = cases[i].intx;
		device->intx_unmasks = 0;
		nic = open_nic(A);
		assert_int_equal(vfio_transport.irq_open(nic, 3, fds), 0);
		assert_int_equal(nic->irq_kind, cases[i].kind);
		assert_int_equal(device->irqs_enabled[cases[i].index], cases[i].vectors);
		for (unsigned int v = 0; v < 3; v++) {
			const int *enabled = device->irq_fds[cases[i].index];

			assert_int_equal(fds[v], enabled[cases[i].vectors == 1 ? 0 : v]);
		}
		vfio_transport.irq_unmask(nic);
		assert_int_equal(device->intx_unmasks, cases[i].kind == RLD_IRQ_INTX);
		vfio_transport.irq_close(nic);
		assert_int_equal(device->irqs_enabled[cases[i].index], 0);
		assert_int_equal(nic->irq_kind, RLD_IRQ_NONE);
		/* And again, as after a stop. */
		assert_int_equal(vfio_transport.irq_open(nic, 3, fds), 0);
		vfio_transport.irq_close(nic);
		vfio_transport.close(nic);
	}
}

static void irq_fds_do_not_block(void **state)
{
	struct rld_nic *nic;
	uint64_t count;
	int fd;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	assert_int_equal(vfio_transport.irq_open(nic, 1, &fd), 0);
	assert_int_equal(read(fd, &count, sizeof(count)), -1);
	assert_int_equal(errno, EAGAIN);
	vfio_transport.irq_close(nic);
	vfio_transport.close(nic);
}

static void release_fd_tells_of_removal_and_errors(void **state)
{
	static const unsigned int index[] = {VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX};
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic = open_nic(A);
	struct pollfd poll_fd = {.fd = nic->release_fd, .events = POLLIN};
	uint64_t one = 1;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++) {
		assert_int_equal(poll(&poll_fd, 1, 0), 0);
		assert_int_equal(device->irqs_enabled[index[i]], 1);
		assert_int_equal(write(device->irq_fds[index[i]][0], &one, sizeof(one)), 8);
		assert_int_equal(poll(&poll_fd, 1, 0), 1);
		assert_int_equal(read(nic->release_fd, &one, sizeof(one)), 8);
	}
	vfio_transport.close(nic);

	/* Not PCI Express: no error interrupt. */
	device->irq_count[VFIO_PCI_ERR_IRQ_INDEX] = 0;
	nic = open_nic(A);
	assert_true(nic->release_fd >= 0);
	vfio_transport.close(nic);

	device->irq_count[VFIO_PCI_REQ_IRQ_INDEX] = 0;
	nic = open_nic(A);
	assert_int_equal(nic->release_fd, -1);
	vfio_transport.close(nic);
	assert_int_equal(fake.lines, 0);
}

static void reset_only_where_vfio_can(void **state)
{
	struct fake_device *device = fake_add(A, 7, "vfio-pci");
	struct rld_nic *nic = open_nic(A);

	(void)state;
	assert_int_equal(vfio_transport.reset(nic), 0);
	assert_int_equal(device->resets, 1);
	/* Another user of the bus holds the lock: the driver's own reset has to do. */
	fake.fail_request = VFIO_DEVICE_RESET;
	fake.fail_result = -EAGAIN;
	assert_int_equal(vfio_transport.reset(nic), -ENOTSUP);
	assert_int_equal(fake.lines, 1);
	fake.fail_request = 0;
	vfio_transport.close(nic);

	device->can_reset = false;
	nic = open_nic(A);
	assert_int_equal(vfio_transport.reset(nic), -ENOTSUP);
	assert_int_equal(device->resets, 1);
	vfio_transport.close(nic);
}

static void close_works_after_the_device_vanished(void **state)
{
	struct rlb_mem *mem = alloc_mem(4096);
	struct rld_nic *nic;
	int fds[5];

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	assert_int_equal(vfio_transport.irq_open(nic, 5, fds), 0);
	fake.fail_request = VFIO_DEVICE_SET_IRQS;
	fake.fail_result = -ENODEV;
	/* Bus mastering cannot be switched off: config space does not answer. */
	fake_fail_at(1);
	vfio_transport.irq_close(nic);
	vfio_transport.close(nic);
	fake_fail_at(0);
	rlb_mem_free(mem);
	assert_int_equal(fake.lines, 0);
}

static void failed_unmap_keeps_the_address(void **state)
{
	struct rld_nic *nic;
	rlb_iova_t first, second;
	void *at = (void *)(1ull << 40);

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	assert_int_equal(nic->space->map(nic->space, at, 4096, 4096, &first), 0);
	fake.fail_request = VFIO_IOMMU_UNMAP_DMA;
	fake.fail_result = -EIO;
	nic->space->unmap(nic->space, at, 4096, first);
	assert_int_equal(fake.lines, 1);
	fake.fail_request = 0;
	assert_int_equal(nic->space->map(nic->space, at, 4096, 4096, &second), 0);
	assert_int_not_equal(first, second);
	nic->space->unmap(nic->space, at, 4096, second);
	fake.containers[0].map_count = 0;
	vfio_transport.close(nic);
}

static void delay_is_not_shorter_than_asked(void **state)
{
	static const uint32_t us[] = {0, 1, 49, 50, 1000};
	struct rld_nic *nic;

	(void)state;
	fake_add(A, 7, "vfio-pci");
	nic = open_nic(A);
	for (unsigned int i = 0; i < ARRAY_SIZE(us); i++) {
		struct timespec from, to;

		clock_gettime(CLOCK_MONOTONIC, &from);
		rld_delay_us(&nic->regs, us[i]);
		clock_gettime(CLOCK_MONOTONIC, &to);
		assert_true((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec - from.tv_nsec >=
			    (long)us[i] * 1000);
	}
	vfio_transport.close(nic);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bdf_short_form_is_completed),
		CASE(open_fills_nic_and_keeps_it_off_the_bus),
		CASE(bus_master_goes_on_and_off),
		CASE(config_access_is_bounded),
		CASE(ring_is_zeroed_mapped_and_rung),
		CASE(ring_is_verified_unless_asked),
		CASE(ring_without_rules_is_refused),
		CASE(ring_the_verifier_cannot_check_is_refused),
		CASE(memory_is_mapped_once_for_all_devices),
		CASE(group_that_keeps_apart_gets_its_own_container),
		CASE(devices_of_a_group_share_it),
		CASE(ranges_shrink_when_a_group_joins),
		CASE(large_pages_are_aligned),
		CASE(irq_kind_follows_what_the_device_has),
		CASE(irq_fds_do_not_block),
		CASE(release_fd_tells_of_removal_and_errors),
		CASE(reset_only_where_vfio_can),
		CASE(close_works_after_the_device_vanished),
		CASE(failed_unmap_keeps_the_address),
		CASE(delay_is_not_shorter_than_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
