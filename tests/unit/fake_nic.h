/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An e1000 that lives in memory: a transport whose registers are an array, and a device that works
 * its rings when told to. For unit tests and benchmarks of driver/e1000.
 *
 * The device sees memory at other addresses than the process does, only memory that is mapped, and
 * counts what it is told to touch outside (fake_nic.faults), as an IOMMU would.
 */
#ifndef TEST_FAKE_NIC_H
#define TEST_FAKE_NIC_H

#include "driver/driver.h"
#include "driver/e1000/e1000_desc.h"
#include "driver/e1000/e1000_regs.h"
#include "driver/verify.h"

#define FAKE_NIC_QUEUES	   2
#define FAKE_NIC_FRAME_MAX 16384u
#define FAKE_NIC_PAGE	   4096u
#define FAKE_NIC_REGIONS   (RLB_MEM_MAX + 4)
#define FAKE_NIC_WRITES	   2048u
#define FAKE_NIC_FORCED	   4

enum fake_nic_model {
	FAKE_NIC_82574,
	FAKE_NIC_82540EM,
};

/* One direction of a queue, as the device sees it. */
struct fake_nic_ring {
	struct rld_ring *ring;	 /* NULL: not open */
	struct e1000_desc *desc; /* the device's; what the driver sees as done */
	void *memory;		 /* behind the driver's desc */
	uint32_t copied;	 /* split rings: tail at the last doorbell */
	uint64_t doorbells;
};

struct fake_nic_write {
	uint32_t reg;
	uint32_t value;
};

struct fake_nic {
	struct rld_nic nic; /* give this to the driver's open */
	enum fake_nic_model model;
	uint32_t regs[0x20000 / 4];
	struct fake_nic_ring rx[FAKE_NIC_QUEUES];
	struct fake_nic_ring tx[FAKE_NIC_QUEUES];
	bool bus_master;
	uint16_t phy_control;
	uint64_t waited_us;  /* that the driver asked for, all in all */
	unsigned int resets; /* calls of the transport's reset */
	unsigned int faults; /* accesses to memory that is not mapped */
	unsigned int
		crossings; /* transmit descriptors over a multiple of FAKE_NIC_PAGE: no frame */
	unsigned int rings_open;

	/* What a test may set. */
	bool split;	    /* the driver writes one memory and the device uses another */
	bool ignore_reset;  /* CTRL.RST changes nothing, as in QEMU */
	bool gone;	    /* registers read all ones */
	bool master_stuck;  /* STATUS.GIO_MASTER_ENABLE never falls */
	bool mdic_stuck;    /* MDIC.READY never rises */
	bool mdio_taken;    /* firmware keeps the MDIO wires */
	int fail_ring_open; /* -errno that the next ring_open answers */
	struct {
		uint32_t reg, clear, set; /* bits of what reads of @reg answer */
	} forced[FAKE_NIC_FORCED];

	/* Every register write, the first FAKE_NIC_WRITES of them. */
	struct fake_nic_write writes[FAKE_NIC_WRITES];
	unsigned int write_count;

	struct rlb_space space;
	struct rld_pinned pinned; /* what @space has mapped */
	struct {
		uintptr_t addr;
		size_t bytes;
	} regions[FAKE_NIC_REGIONS];

	/* The frame being gathered, for each transmit queue. */
	uint8_t gather[FAKE_NIC_QUEUES][FAKE_NIC_FRAME_MAX];
	size_t gathered[FAKE_NIC_QUEUES];
	/* Frames that were sent and not taken yet, for each transmit queue. */
	struct fake_nic_frame *sent_first[FAKE_NIC_QUEUES], *sent_last[FAKE_NIC_QUEUES];
};

/* A device at rest, with nothing in its rings. NULL: no memory. */
struct fake_nic *fake_nic_open(enum fake_nic_model model);
void fake_nic_close(struct fake_nic *fake);
/* From now on its doorbells are verified. Not with @split. */
void fake_nic_verify(struct fake_nic *fake);

static inline uint32_t *fake_nic_reg(struct fake_nic *fake, uint32_t reg)
{
	return &fake->regs[reg / 4];
}

/* From now on reads of @reg have @clear cleared and @set set. At most FAKE_NIC_FORCED. */
void fake_nic_force(struct fake_nic *fake, uint32_t reg, uint32_t clear, uint32_t set);

/* Index of the first write of @reg whose value has all of @bits, or -1. */
int fake_nic_wrote(const struct fake_nic *fake, uint32_t reg, uint32_t bits);

/* What the device says about a frame in the write-back of its last descriptor. */
struct fake_nic_rx_about {
	uint32_t status; /* E1000_RXS_*, beside DD and EOP */
	uint32_t errors; /* E1000_RXE_* */
	uint32_t hash;
	uint32_t hash_type;
	uint16_t vlan;
};

/*
 * A frame arrives for queue @q: into as many descriptors as it needs, by the buffer size in RCTL
 * and in the format that RFCTL asks for. @about: NULL is a frame with nothing to say about it.
 * False: receive is off, or too few descriptors (which counts as MPC, RNBC and ICR.RXO).
 */
bool fake_nic_rx_push(struct fake_nic *fake, unsigned int q, const void *frame, size_t bytes,
		      const struct fake_nic_rx_about *about);

/* Work at most @slots transmit descriptors of queue @q. Return: how many there were. */
unsigned int fake_nic_tx_work(struct fake_nic *fake, unsigned int q, unsigned int slots);

/* Work all transmit queues until they are empty. */
void fake_nic_poll(struct fake_nic *fake);

/* Take the oldest frame that queue @q has sent. Return: its length, 0 if there is none. */
size_t fake_nic_tx_take(struct fake_nic *fake, unsigned int q, void *frame, size_t room);

/*
 * For benchmarks: write @n descriptors back, or as many as there are, without touching a byte of
 * packet memory. Each received frame has @bytes bytes. Return: how many there were.
 */
unsigned int fake_nic_rx_fast(struct fake_nic *fake, unsigned int q, unsigned int n,
			      unsigned int bytes);
unsigned int fake_nic_tx_fast(struct fake_nic *fake, unsigned int q, unsigned int n);

#endif
