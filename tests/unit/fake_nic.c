/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_nic.h"

#include "ringlib/util.h"

#define DEV_OFFSET  UINT64_C(0x5a0000000000) /* device address less process address */
#define MAC_LOW	    0x44332202u
#define MAC_HIGH    (E1000_RAH_AV | 0x6655u)
#define STATS_FIRST E1000_CRCERRS
#define STATS_LAST  0x04124u

/* What stands behind a ring: a slot that is done in every format, for drivers that go too far. */
#define BEHIND_RING (UINT64_C(3) << 32 | 3)

struct fake_nic_frame {
	struct fake_nic_frame *next;
	size_t bytes;
	uint8_t data[];
};

static struct fake_nic *to_fake(struct rld_nic *nic)
{
	return container_of(nic, struct fake_nic, nic);
}

/* Process address of @bytes at device address @dev, or NULL and a fault. */
static void *dev_mem(struct fake_nic *fake, uint64_t dev, size_t bytes)
{
	uintptr_t addr = (uintptr_t)(dev - DEV_OFFSET);

	for (unsigned int i = 0; i < FAKE_NIC_REGIONS; i++) {
		if (addr >= fake->regions[i].addr && bytes <= fake->regions[i].bytes &&
		    addr - fake->regions[i].addr <= fake->regions[i].bytes - bytes)
			return (void *)addr;
	}
	fake->faults++;
	return NULL;
}

static void region_add(struct fake_nic *fake, const void *addr, size_t bytes)
{
	for (unsigned int i = 0; i < FAKE_NIC_REGIONS; i++) {
		if (fake->regions[i].bytes)
			continue;
		fake->regions[i].addr = (uintptr_t)addr;
		fake->regions[i].bytes = bytes;
		return;
	}
	abort();
}

static void region_remove(struct fake_nic *fake, const void *addr)
{
	for (unsigned int i = 0; i < FAKE_NIC_REGIONS; i++) {
		if (fake->regions[i].addr == (uintptr_t)addr)
			fake->regions[i].bytes = 0;
	}
}

static int space_map(struct rlb_space *space, void *addr, size_t bytes, size_t page_bytes,
		     rlb_iova_t *dev)
{
	struct fake_nic *fake = container_of(space, struct fake_nic, space);

	(void)page_bytes;
	*dev = (uintptr_t)addr + DEV_OFFSET;
	if (rld_pinned_insert(&fake->pinned, *dev, bytes))
		return -ENOSPC;
	region_add(fake, addr, bytes);
	return 0;
}

static int space_revoke(struct rlb_space *space, rlb_iova_t dev)
{
	return rld_pinned_remove(&container_of(space, struct fake_nic, space)->pinned, dev);
}

static int space_restore(struct rlb_space *space, rlb_iova_t dev, size_t bytes)
{
	return rld_pinned_insert(&container_of(space, struct fake_nic, space)->pinned, dev, bytes);
}

static void space_unmap(struct rlb_space *space, void *addr, size_t bytes, rlb_iova_t dev)
{
	struct fake_nic *fake = container_of(space, struct fake_nic, space);

	(void)bytes;
	rld_pinned_remove(&fake->pinned, dev);
	region_remove(fake, addr);
}

/* Registers */

static void power_up(struct fake_nic *fake)
{
	memset(fake->regs, 0, sizeof(fake->regs));
	*fake_nic_reg(fake, E1000_RAL(0)) = MAC_LOW;
	*fake_nic_reg(fake, E1000_RAH(0)) = MAC_HIGH;
	*fake_nic_reg(fake, E1000_EEC) = E1000_EEC_AUTO_RD;
	*fake_nic_reg(fake, E1000_STATUS) =
		E1000_STATUS_FD | E1000_STATUS_LU | 2 << E1000_STATUS_SPEED_SHIFT;
	*fake_nic_reg(fake, E1000_TARC(0)) = E1000_TARC_ENABLE;
}

static uint32_t read_status(const struct fake_nic *fake)
{
	uint32_t status = fake->regs[E1000_STATUS / 4];
	bool disable = fake->regs[E1000_CTRL / 4] & E1000_CTRL_GIO_MASTER_DISABLE;

	if (fake->master_stuck || !disable)
		status |= E1000_STATUS_GIO_MASTER_ENABLE;
	return status;
}

static uint32_t read_stat(struct fake_nic *fake, uint32_t reg)
{
	uint32_t value = fake->regs[reg / 4];

	if (reg == E1000_GORCL || reg == E1000_GOTCL)
		return value; /* goes with the high half */
	if (reg == E1000_GORCH || reg == E1000_GOTCH)
		fake->regs[reg / 4 - 1] = 0;
	/* As in QEMU's e1000. */
	if (fake->ignore_reset && (reg == E1000_MPC || reg == E1000_RNBC))
		return value;
	fake->regs[reg / 4] = 0;
	return value;
}

static uint32_t fake_read32(void *ctx, uint32_t reg)
{
	struct fake_nic *fake = ctx;
	uint32_t value = fake->regs[reg / 4];

	if (fake->gone)
		return 0xffffffffu;
	if (reg == E1000_STATUS)
		value = read_status(fake);
	else if (reg >= STATS_FIRST && reg <= STATS_LAST)
		value = read_stat(fake, reg);
	else if (reg == E1000_ICR && fake->regs[E1000_IMS / 4] == 0)
		fake->regs[reg / 4] = 0;
	for (unsigned int i = 0; i < FAKE_NIC_FORCED; i++) {
		if (fake->forced[i].reg == reg && (fake->forced[i].clear | fake->forced[i].set))
			value = (value & ~fake->forced[i].clear) | fake->forced[i].set;
	}
	return value;
}

static void write_mdic(struct fake_nic *fake, uint32_t value)
{
	unsigned int reg = value >> E1000_MDIC_REG_SHIFT & 31;

	if (reg != E1000_PHY_CONTROL)
		value |= E1000_MDIC_ERROR;
	else if (value & E1000_MDIC_OP_WRITE)
		fake->phy_control = (uint16_t)(value & ~E1000_PHY_CONTROL_AN_RESTART);
	else
		value = (value & ~E1000_MDIC_DATA_MASK) | fake->phy_control;
	if (!fake->mdic_stuck)
		value |= E1000_MDIC_READY;
	fake->regs[E1000_MDIC / 4] = value;
}

static void fake_write32(void *ctx, uint32_t reg, uint32_t value)
{
	struct fake_nic *fake = ctx;

	if (fake->gone)
		return;
	if (fake->write_count < FAKE_NIC_WRITES)
		fake->writes[fake->write_count] = (struct fake_nic_write){reg, value};
	fake->write_count++;
	switch (reg) {
	case E1000_CTRL:
		if (value & E1000_CTRL_RST && !fake->ignore_reset)
			power_up(fake);
		else
			fake->regs[reg / 4] = value & ~E1000_CTRL_RST;
		break;
	case E1000_EXTCNF_CTRL:
		fake->regs[reg / 4] = fake->mdio_taken ? 0 : value;
		break;
	case E1000_MDIC:
		write_mdic(fake, value);
		break;
	case E1000_ICR:
		fake->regs[reg / 4] &= ~value;
		break;
	case E1000_IMS:
		fake->regs[reg / 4] |= value;
		break;
	case E1000_IMC:
		fake->regs[E1000_IMS / 4] &= ~value;
		break;
	default:
		fake->regs[reg / 4] = value;
	}
}

static void fake_delay_us(void *ctx, uint32_t us)
{
	((struct fake_nic *)ctx)->waited_us += us;
}

void fake_nic_force(struct fake_nic *fake, uint32_t reg, uint32_t clear, uint32_t set)
{
	for (unsigned int i = 0; i < FAKE_NIC_FORCED; i++) {
		if (fake->forced[i].clear | fake->forced[i].set)
			continue;
		fake->forced[i].reg = reg;
		fake->forced[i].clear = clear;
		fake->forced[i].set = set;
		return;
	}
	abort();
}

int fake_nic_wrote(const struct fake_nic *fake, uint32_t reg, uint32_t bits)
{
	for (unsigned int i = 0; i < fake->write_count && i < FAKE_NIC_WRITES; i++) {
		if (fake->writes[i].reg == reg && (fake->writes[i].value & bits) == bits)
			return (int)i;
	}
	return -1;
}

/* Transport */

static struct fake_nic_ring *device_ring(struct fake_nic *fake, const struct rld_ring_conf *conf)
{
	return conf->dir == RLD_RX ? &fake->rx[conf->queue] : &fake->tx[conf->queue];
}

static void fake_doorbell(struct rld_ring *ring, uint32_t tail)
{
	struct fake_nic *fake = to_fake(ring->nic);
	struct fake_nic_ring *own = device_ring(fake, &ring->conf);
	const struct e1000_desc *from = ring->desc;

	own->doorbells++;
	for (; own->desc != from && own->copied != tail;
	     own->copied = (own->copied + 1) % ring->conf.slots)
		own->desc[own->copied] = from[own->copied];
	/* The device, which may be another thread, sees the descriptors first. */
	__atomic_store_n(ring->tail_addr, tail, __ATOMIC_RELEASE);
}

static int fake_ring_open(struct rld_nic *nic, const struct rld_ring_conf *conf,
			  struct rld_ring *ring)
{
	struct fake_nic *fake = to_fake(nic);
	struct fake_nic_ring *own = device_ring(fake, conf);
	size_t bytes = align_up((size_t)(conf->slots + 1) * conf->desc_bytes, 4096);
	int err = fake->fail_ring_open;

	fake->fail_ring_open = 0;
	if (err)
		return err;
	if (posix_memalign(&own->memory, 4096, 2 * bytes))
		return -ENOMEM;
	memset(own->memory, 0, 2 * bytes);
	own->desc = (struct e1000_desc *)((char *)own->memory + (fake->split ? bytes : 0));
	own->desc[conf->slots].hi = BEHIND_RING;
	own->copied = 0;
	own->ring = ring;
	region_add(fake, own->memory, 2 * bytes);
	*ring = (struct rld_ring){
		.desc = own->memory,
		.done = own->desc,
		.dev = (uintptr_t)own->desc + DEV_OFFSET,
		.doorbell = fake_doorbell,
		.tail_addr = fake_nic_reg(fake, conf->tail_reg),
		.nic = nic,
		.conf = *conf,
		.bytes = bytes,
	};
	err = nic->verify ? rld_verify_ring_open(ring) : 0;
	if (err) {
		region_remove(fake, own->memory);
		free(own->memory);
		own->ring = NULL;
		return err;
	}
	fake->rings_open++;
	return 0;
}

static void fake_ring_close(struct rld_nic *nic, struct rld_ring *ring)
{
	struct fake_nic *fake = to_fake(nic);
	struct fake_nic_ring *own = device_ring(fake, &ring->conf);

	rld_verify_ring_close(ring);
	region_remove(fake, own->memory);
	free(own->memory);
	own->ring = NULL;
	fake->rings_open--;
}

static int fake_reset(struct rld_nic *nic)
{
	to_fake(nic)->resets++;
	return -ENOTSUP;
}

static int fake_bus_master(struct rld_nic *nic, bool on)
{
	to_fake(nic)->bus_master = on;
	return 0;
}

static const struct rld_transport fake_transport = {
	.scheme = "fake",
	.reset = fake_reset,
	.bus_master = fake_bus_master,
	.ring_open = fake_ring_open,
	.ring_close = fake_ring_close,
};

struct fake_nic *fake_nic_open(enum fake_nic_model model)
{
	struct fake_nic *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	fake->model = model;
	fake->bus_master = true; /* there is no core to switch it on */
	fake->nic = (struct rld_nic){
		.transport = &fake_transport,
		.name = "fake",
		.vendor_id = 0x8086,
		.device_id = model == FAKE_NIC_82574 ? 0x10d3 : 0x100e,
		.numa_node = RLB_NUMA_ANY,
		.regs = {fake_read32, fake_write32, fake_delay_us, fake},
		.regs_bytes = sizeof(fake->regs),
		.space = &fake->space,
		.irq_kind = model == FAKE_NIC_82574 ? RLD_IRQ_MSIX : RLD_IRQ_INTX,
		.release_fd = -1,
	};
	fake->space.map = space_map;
	fake->space.revoke = space_revoke;
	fake->space.restore = space_restore;
	fake->space.unmap = space_unmap;
	power_up(fake);
	if (rld_pinned_init(&fake->pinned))
		goto err_free;
	if (rlb_space_attach(&fake->space))
		goto err_pinned;
	return fake;

err_pinned:
	rld_pinned_fini(&fake->pinned);
err_free:
	free(fake);
	return NULL;
}

void fake_nic_verify(struct fake_nic *fake)
{
	if (rld_verify_open(&fake->nic, &fake->pinned))
		abort();
}

void fake_nic_close(struct fake_nic *fake)
{
	for (unsigned int q = 0; q < FAKE_NIC_QUEUES; q++) {
		while (fake->sent_first[q]) {
			struct fake_nic_frame *next = fake->sent_first[q]->next;

			free(fake->sent_first[q]);
			fake->sent_first[q] = next;
		}
	}
	rlb_space_detach(&fake->space);
	rld_verify_close(&fake->nic);
	rld_pinned_fini(&fake->pinned);
	free(fake);
}

/* Device */

static uint32_t rx_buf_bytes(const struct fake_nic *fake)
{
	uint32_t rctl = fake->regs[E1000_RCTL / 4];
	uint32_t size = (rctl & E1000_RCTL_BSIZE_MASK) >> E1000_RCTL_BSIZE_SHIFT;

	return (rctl & E1000_RCTL_BSEX ? 32768u : 2048u) >> size;
}

/* Slots that the device may use. */
static uint32_t posted(struct fake_nic *fake, uint32_t head_reg, uint32_t slots)
{
	uint32_t tail = __atomic_load_n(fake_nic_reg(fake, head_reg + 8), __ATOMIC_ACQUIRE);
	uint32_t head = *fake_nic_reg(fake, head_reg);

	return tail >= head ? tail - head : tail + slots - head;
}

static void advance(struct fake_nic *fake, uint32_t head_reg, uint32_t slots)
{
	uint32_t head = *fake_nic_reg(fake, head_reg) + 1;

	*fake_nic_reg(fake, head_reg) = head == slots ? 0 : head;
}

static bool extended(const struct fake_nic *fake)
{
	return fake->regs[E1000_RFCTL / 4] & E1000_RFCTL_EXTEN;
}

/* What is written back last holds DD. */
static void write_back(struct e1000_desc *desc, uint64_t lo, uint64_t hi)
{
	volatile struct e1000_desc *to = desc;

	to->lo = lo;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	to->hi = hi;
}

static void rx_write_back(struct fake_nic *fake, struct e1000_desc *desc, size_t bytes, bool end,
			  const struct fake_nic_rx_about *about)
{
	static const struct fake_nic_rx_about none;
	uint64_t status = E1000_RXS_DD | (end ? E1000_RXS_EOP : 0);
	uint64_t lo = desc->lo, hi;

	if (!about || !end)
		about = &none;
	status |= about->status;
	if (extended(fake)) {
		lo = (uint64_t)about->hash << 32 | about->hash_type;
		hi = status | (uint64_t)about->errors << E1000_RXX_ERRORS_SHIFT |
		     (uint64_t)bytes << E1000_RXX_LENGTH_SHIFT;
	} else {
		hi = status << E1000_RXL_STATUS_SHIFT |
		     (uint64_t)about->errors << E1000_RXL_ERRORS_SHIFT | bytes;
	}
	write_back(desc, lo, hi | (uint64_t)about->vlan << E1000_RX_VLAN_SHIFT);
}

bool fake_nic_rx_push(struct fake_nic *fake, unsigned int q, const void *frame, size_t bytes,
		      const struct fake_nic_rx_about *about)
{
	uint32_t slots = *fake_nic_reg(fake, E1000_RDLEN(q)) / 16;
	uint32_t buf_bytes = rx_buf_bytes(fake);
	const uint8_t *from = frame;

	if (fake->gone || !(*fake_nic_reg(fake, E1000_RCTL) & E1000_RCTL_EN) || !slots)
		return false;
	if ((size_t)posted(fake, E1000_RDH(q), slots) * buf_bytes < bytes) {
		*fake_nic_reg(fake, E1000_ICR) |= E1000_ICR_RXO;
		(*fake_nic_reg(fake, E1000_MPC))++;
		(*fake_nic_reg(fake, E1000_RNBC))++;
		return false;
	}
	(*fake_nic_reg(fake, E1000_GPRC))++;
	*fake_nic_reg(fake, E1000_GORCL) += (uint32_t)bytes + 4;
	while (bytes) {
		struct e1000_desc *desc = &fake->rx[q].desc[*fake_nic_reg(fake, E1000_RDH(q))];
		size_t part = bytes < buf_bytes ? bytes : buf_bytes;
		/* The device may use all of the buffer that it was told of. */
		void *to = dev_mem(fake, desc->lo, buf_bytes);

		if (to)
			memcpy(to, from, part);
		from += part;
		bytes -= part;
		rx_write_back(fake, desc, part, !bytes, about);
		advance(fake, E1000_RDH(q), slots);
	}
	return true;
}

static void tx_end(struct fake_nic *fake, unsigned int q)
{
	struct fake_nic_frame *frame = malloc(sizeof(*frame) + fake->gathered[q]);

	if (!frame)
		abort();
	frame->next = NULL;
	frame->bytes = fake->gathered[q];
	memcpy(frame->data, fake->gather[q], frame->bytes);
	fake->gathered[q] = 0;
	if (fake->sent_first[q])
		fake->sent_last[q]->next = frame;
	else
		fake->sent_first[q] = frame;
	fake->sent_last[q] = frame;
	(*fake_nic_reg(fake, E1000_GPTC))++;
	*fake_nic_reg(fake, E1000_GOTCL) += (uint32_t)frame->bytes + 4;
}

unsigned int fake_nic_tx_work(struct fake_nic *fake, unsigned int q, unsigned int slots)
{
	uint32_t ring = *fake_nic_reg(fake, E1000_TDLEN(q)) / 16;
	unsigned int n = 0;

	if (fake->gone || !(*fake_nic_reg(fake, E1000_TCTL) & E1000_TCTL_EN) || !ring ||
	    (fake->model == FAKE_NIC_82574 &&
	     !(*fake_nic_reg(fake, E1000_TARC(q)) & E1000_TARC_ENABLE)))
		return 0;
	for (; n < slots && posted(fake, E1000_TDH(q), ring); n++) {
		struct e1000_desc *desc = &fake->tx[q].desc[*fake_nic_reg(fake, E1000_TDH(q))];
		size_t bytes = desc->hi & 0xffff;
		const void *from = dev_mem(fake, desc->lo, bytes);

		fake->crossings += desc->lo % FAKE_NIC_PAGE + bytes > FAKE_NIC_PAGE;
		if (from && fake->gathered[q] + bytes <= FAKE_NIC_FRAME_MAX) {
			memcpy(fake->gather[q] + fake->gathered[q], from, bytes);
			fake->gathered[q] += bytes;
		}
		if (desc->hi & E1000_TXD_CMD_EOP)
			tx_end(fake, q);
		if (desc->hi & E1000_TXD_CMD_RS)
			write_back(desc, desc->lo, desc->hi | E1000_TXD_STA_DD);
		advance(fake, E1000_TDH(q), ring);
	}
	return n;
}

void fake_nic_poll(struct fake_nic *fake)
{
	for (unsigned int q = 0; q < FAKE_NIC_QUEUES; q++)
		fake_nic_tx_work(fake, q, UINT32_MAX);
}

size_t fake_nic_tx_take(struct fake_nic *fake, unsigned int q, void *frame, size_t room)
{
	struct fake_nic_frame *first = fake->sent_first[q];
	size_t bytes;

	if (!first)
		return 0;
	bytes = first->bytes;
	memcpy(frame, first->data, bytes < room ? bytes : room);
	fake->sent_first[q] = first->next;
	free(first);
	return bytes;
}

unsigned int fake_nic_rx_fast(struct fake_nic *fake, unsigned int q, unsigned int n,
			      unsigned int bytes)
{
	uint32_t slots = *fake_nic_reg(fake, E1000_RDLEN(q)) / 16;
	uint32_t head = *fake_nic_reg(fake, E1000_RDH(q));
	uint32_t ready = posted(fake, E1000_RDH(q), slots);
	uint64_t done = E1000_RXS_DD | E1000_RXS_EOP;
	uint64_t hi = extended(fake) ? done | (uint64_t)bytes << E1000_RXX_LENGTH_SHIFT
				     : done << E1000_RXL_STATUS_SHIFT | bytes;

	if (n > ready)
		n = ready;
	for (unsigned int i = 0; i < n; i++) {
		*(volatile uint64_t *)&fake->rx[q].desc[head].hi = hi;
		if (++head == slots)
			head = 0;
	}
	*fake_nic_reg(fake, E1000_RDH(q)) = head;
	return n;
}

unsigned int fake_nic_tx_fast(struct fake_nic *fake, unsigned int q, unsigned int n)
{
	uint32_t slots = *fake_nic_reg(fake, E1000_TDLEN(q)) / 16;
	uint32_t head = *fake_nic_reg(fake, E1000_TDH(q));
	uint32_t ready = posted(fake, E1000_TDH(q), slots);

	if (n > ready)
		n = ready;
	for (unsigned int i = 0; i < n; i++) {
		volatile struct e1000_desc *desc = &fake->tx[q].desc[head];

		if (desc->hi & E1000_TXD_CMD_RS)
			desc->hi |= E1000_TXD_STA_DD;
		if (++head == slots)
			head = 0;
	}
	*fake_nic_reg(fake, E1000_TDH(q)) = head;
	return n;
}
