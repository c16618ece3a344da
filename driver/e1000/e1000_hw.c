/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bring-up of the e1000 family. The order is that of the 82574 datasheet, 4.6 (the 8254x manual's
 * is 14.3 to 14.5): interrupts off, reset, link, statistics, receive, transmit, interrupts on.
 */
#include "driver/e1000/e1000_hw.h"
#include "driver/e1000/e1000_regs.h"

#define GONE 0xffffffffu /* what a register of a device that is gone reads */

/* Limits of waits. The datasheets give none of these: ten times what was seen or is customary. */
#define DMA_IDLE_US	10000u /* for a frame that is on its way when receive is disabled */
#define MASTER_LIMIT_US 80000u
#define RESET_LIMIT_US	100000u
#define NVM_LIMIT_US	100000u
#define MDIC_LIMIT_US	1000u /* a transfer is 64 bits at 2.5 MHz */
#define MDIO_TRIES	20u
#define MDIO_STEP_US	1000u

/* CTRL.RST: no access for 1 us (manual 13.4.1); the NVM is read afterwards. */
#define RESET_SETTLE_US 1000u

#define FRAME_MAX_NO_LPE    1522u /* RCTL.LPE clear, with FCS */
#define FRAME_EXTRA	    22u	  /* Ethernet header, one VLAN tag, FCS */
#define FCS_BYTES	    4u
#define COLLISION_THRESHOLD 15u

const struct e1000_model e1000_82574 = {
	.device_id = 0x10d3,
	.queues = 2,
	.pcie = true,
	.ctrl = E1000_CTRL_SLU,
	/* 4.6.6: IPGT 8, IPGR1 2, IPGR2 10; COLD 63 */
	.tipg = 8 | 2 << E1000_TIPG_IPGR1_SHIFT | 10 << E1000_TIPG_IPGR2_SHIFT,
	.cold = 63,
};

const struct e1000_model e1000_82540em = {
	.device_id = 0x100e,
	.queues = 1,
	.ctrl = E1000_CTRL_SLU | E1000_CTRL_ASDE,
	/* Table 13-77: IPGT 10, IPGR1 8, IPGR2 6; 14.5: COLD 64 */
	.tipg = 10 | 8 << E1000_TIPG_IPGR1_SHIFT | 6 << E1000_TIPG_IPGR2_SHIFT,
	.cold = 64,
};

/* Microsoft's RSS verification key, which other hosts can compute the same hashes with. */
static const uint32_t rss_key[E1000_RSSRK_WORDS] = {
	0xda565a6d, 0xc20e5b25, 0x3d256741, 0xb08fa343, 0xcb2bcad0,
	0xb4307bae, 0xa32dcb77, 0x0cf23080, 0x3bb7426a, 0xfa01acbe,
};

static uint32_t rd(const struct e1000_hw *hw, uint32_t reg)
{
	return rld_read32(hw->regs, reg);
}

static void wr(const struct e1000_hw *hw, uint32_t reg, uint32_t value)
{
	rld_write32(hw->regs, reg, value);
}

static int check_present(const struct e1000_hw *hw)
{
	return rd(hw, E1000_STATUS) == GONE ? -ENODEV : 0;
}

/* Ring registers to zero; an empty length means that no descriptor exists. */
static void clear_rings(const struct e1000_hw *hw)
{
	for (unsigned int q = 0; q < hw->model->queues; q++) {
		wr(hw, E1000_RDLEN(q), 0);
		wr(hw, E1000_RDH(q), 0);
		wr(hw, E1000_RDT(q), 0);
		wr(hw, E1000_TDLEN(q), 0);
		wr(hw, E1000_TDH(q), 0);
		wr(hw, E1000_TDT(q), 0);
	}
}

static bool rings_clear(const struct e1000_hw *hw)
{
	uint32_t any = 0;

	for (unsigned int q = 0; q < hw->model->queues; q++)
		any |= rd(hw, E1000_RDLEN(q)) | rd(hw, E1000_RDH(q)) | rd(hw, E1000_RDT(q)) |
		       rd(hw, E1000_TDLEN(q)) | rd(hw, E1000_TDH(q)) | rd(hw, E1000_TDT(q));
	return !any;
}

/* Forbid bus requests and wait until those under way are over (82574 datasheet, 10.2.2.1). */
static int master_disable(const struct e1000_hw *hw)
{
	if (!hw->model->pcie)
		return 0;
	rld_update32(hw->regs, E1000_CTRL, 0, E1000_CTRL_GIO_MASTER_DISABLE);
	return rld_wait32(hw->regs, E1000_STATUS, E1000_STATUS_GIO_MASTER_ENABLE, 0,
			  MASTER_LIMIT_US);
}

int e1000_hw_stop(struct e1000_hw *hw)
{
	int err;

	if (check_present(hw))
		return -ENODEV;

	/* 4.6.1: no interrupts from here on */
	wr(hw, E1000_IMC, GONE);
	rd(hw, E1000_ICR);

	/* A frame that is being received or sent is finished; then the engines rest. */
	rld_update32(hw->regs, E1000_RCTL, E1000_RCTL_EN, 0);
	rld_update32(hw->regs, E1000_TCTL, E1000_TCTL_EN, 0);
	rd(hw, E1000_STATUS);
	rld_delay_us(hw->regs, DMA_IDLE_US);

	err = master_disable(hw);
	if (err)
		return err;
	clear_rings(hw);

	if (check_present(hw))
		return -ENODEV;
	if (rd(hw, E1000_RCTL) & E1000_RCTL_EN || rd(hw, E1000_TCTL) & E1000_TCTL_EN ||
	    rd(hw, E1000_IMS) || !rings_clear(hw))
		return -EIO;
	return 0;
}

int e1000_hw_reset(struct e1000_hw *hw)
{
	struct e1000_hw_stats left = {0};
	int err = e1000_hw_stop(hw);

	if (err)
		return err;

	/*
	 * QUIRK(qemu-e1000e before 8.0, qemu-e1000): CTRL.RST resets nothing. A ring length, which
	 * a reset makes 0, tells.
	 */
	wr(hw, E1000_RDLEN(0), 128);

	/* 4.6.2: global reset, then wait until the NVM's settings are loaded */
	rld_update32(hw->regs, E1000_CTRL, 0, E1000_CTRL_RST);
	rld_delay_us(hw->regs, RESET_SETTLE_US);
	err = rld_wait32(hw->regs, E1000_CTRL, E1000_CTRL_RST, 0, RESET_LIMIT_US);
	if (!err && hw->model->pcie)
		err = rld_wait32(hw->regs, E1000_EEC, E1000_EEC_AUTO_RD, E1000_EEC_AUTO_RD,
				 NVM_LIMIT_US);
	if (err)
		return err;
	hw->reset_ignored = rd(hw, E1000_RDLEN(0)) != 0;

	/* 4.6.4: statistics are cleared by a read. What the last owner left in them goes. */
	e1000_hw_stats(hw, &left);
	return e1000_hw_stop(hw);
}

int e1000_hw_read_mac(struct e1000_hw *hw, uint8_t mac[6])
{
	uint32_t low = rd(hw, E1000_RAL(0));
	uint32_t high = rd(hw, E1000_RAH(0));

	for (unsigned int i = 0; i < 4; i++)
		mac[i] = (uint8_t)(low >> 8 * i);
	mac[4] = (uint8_t)high;
	mac[5] = (uint8_t)(high >> 8);
	if (!(high & E1000_RAH_AV) || mac[0] & 1 || !(low | (high & 0xffff)))
		return -EIO;
	return 0;
}

uint32_t e1000_hw_rx_buf_bytes(uint32_t room_bytes)
{
	for (uint32_t bytes = 16384; bytes >= 256; bytes /= 2) {
		if (bytes <= room_bytes)
			return bytes;
	}
	return 0;
}

/* RCTL's code for a buffer of @bytes: 2048 >> BSIZE, or 32768 >> BSIZE with BSEX (not 0). */
static uint32_t rctl_buf_size(uint32_t bytes)
{
	uint32_t rctl = 0;
	uint32_t size = 2048;

	if (bytes > 2048) {
		rctl = E1000_RCTL_BSEX;
		size = 32768;
	}
	for (; size > bytes; size /= 2)
		rctl += 1 << E1000_RCTL_BSIZE_SHIFT;
	return rctl;
}

/* The 82574's firmware may use the MDIO wires too: ask for them. 0, or -ETIMEDOUT. */
static int mdio_get(const struct e1000_hw *hw)
{
	if (!hw->model->pcie)
		return 0;
	for (unsigned int i = 0; i < MDIO_TRIES; i++) {
		rld_update32(hw->regs, E1000_EXTCNF_CTRL, 0, E1000_EXTCNF_CTRL_MDIO_OWNER);
		if (rd(hw, E1000_EXTCNF_CTRL) & E1000_EXTCNF_CTRL_MDIO_OWNER)
			return 0;
		rld_delay_us(hw->regs, MDIO_STEP_US);
	}
	return -ETIMEDOUT;
}

static void mdio_put(const struct e1000_hw *hw)
{
	if (hw->model->pcie)
		rld_update32(hw->regs, E1000_EXTCNF_CTRL, E1000_EXTCNF_CTRL_MDIO_OWNER, 0);
}

static int mdic(const struct e1000_hw *hw, uint32_t op, unsigned int reg, uint32_t *data)
{
	int err;

	wr(hw, E1000_MDIC, op | E1000_MDIC_PHY | reg << E1000_MDIC_REG_SHIFT | *data);
	err = rld_wait32(hw->regs, E1000_MDIC, E1000_MDIC_READY, E1000_MDIC_READY, MDIC_LIMIT_US);
	if (err)
		return err;
	*data = rd(hw, E1000_MDIC);
	if (*data & E1000_MDIC_ERROR)
		return -EIO;
	*data &= E1000_MDIC_DATA_MASK;
	return 0;
}

/* The last owner may have powered the PHY down; kernel drivers do. */
static void phy_wake(const struct e1000_hw *hw)
{
	uint32_t control = 0;

	if (mdio_get(hw))
		return;
	if (mdic(hw, E1000_MDIC_OP_READ, E1000_PHY_CONTROL, &control))
		goto out;
	if (control & (E1000_PHY_CONTROL_POWER_DOWN | E1000_PHY_CONTROL_ISOLATE)) {
		control &= ~(E1000_PHY_CONTROL_POWER_DOWN | E1000_PHY_CONTROL_ISOLATE);
		control |= E1000_PHY_CONTROL_AN_ENABLE | E1000_PHY_CONTROL_AN_RESTART;
		mdic(hw, E1000_MDIC_OP_WRITE, E1000_PHY_CONTROL, &control);
	}
out:
	mdio_put(hw);
}

/* 4.6.3: the PHY negotiates, the MAC follows it. No flow control, no VLAN tags taken off. */
static void setup_link(const struct e1000_hw *hw)
{
	rld_update32(hw->regs, E1000_CTRL,
		     E1000_CTRL_GIO_MASTER_DISABLE | E1000_CTRL_ASDE | E1000_CTRL_FRCSPD |
			     E1000_CTRL_FRCDPX | E1000_CTRL_RFCE | E1000_CTRL_TFCE | E1000_CTRL_VME,
		     hw->model->ctrl);
	phy_wake(hw);
}

/* Our address stays in entry 0; whatever the last owner wanted to hear goes. */
static void clear_filters(const struct e1000_hw *hw)
{
	for (unsigned int i = 1; i < E1000_RA_ENTRIES; i++) {
		wr(hw, E1000_RAH(i), 0);
		wr(hw, E1000_RAL(i), 0);
	}
	for (unsigned int i = 0; i < E1000_MTA_WORDS; i++)
		wr(hw, E1000_MTA(i), 0);
}

/* 82574 datasheet, 7.1.11: hash of addresses and TCP ports; table entries alternate. */
static void setup_rss(const struct e1000_hw *hw, bool on)
{
	for (unsigned int i = 0; i < E1000_RSSRK_WORDS; i++)
		wr(hw, E1000_RSSRK(i), rss_key[i]);
	for (unsigned int i = 0; i < E1000_RETA_WORDS; i++)
		wr(hw, E1000_RETA(i), on ? E1000_RETA_QUEUE1 << 8 | E1000_RETA_QUEUE1 << 24 : 0);
	wr(hw, E1000_MRQC,
	   on ? E1000_MRQC_RSS | E1000_MRQC_TCP_IPV4 | E1000_MRQC_IPV4 | E1000_MRQC_TCP_IPV6 |
			   E1000_MRQC_IPV6_EX | E1000_MRQC_IPV6
	      : 0);
}

static uint32_t rctl_rx_mode(bool promiscuous, bool all_multicast)
{
	return (promiscuous ? E1000_RCTL_UPE | E1000_RCTL_MPE : 0) |
	       (all_multicast ? E1000_RCTL_MPE : 0);
}

/* 4.6.5, all but the rings and RCTL.EN. */
static void setup_rx(const struct e1000_hw *hw, const struct e1000_hw_conf *conf)
{
	bool rss = conf->rx_queues > 1;

	clear_filters(hw);
	wr(hw, E1000_RDTR, 0);
	wr(hw, E1000_RADV, 0);
	wr(hw, E1000_RXDCTL,
	   E1000_DCTL_GRAN | 1 << E1000_DCTL_WTHRESH_SHIFT | 4 << E1000_DCTL_HTHRESH_SHIFT |
		   32 << E1000_DCTL_PTHRESH_SHIFT);
	wr(hw, E1000_RXCSUM,
	   E1000_RXCSUM_IPOFLD | E1000_RXCSUM_TUOFLD | (rss ? E1000_RXCSUM_PCSD : 0));
	if (hw->model->pcie) {
		/* RFCTL.EXTEN, RXCSUM.PCSD and MRQC have to be set before RCTL.EN. */
		wr(hw, E1000_RFCTL,
		   E1000_RFCTL_EXTEN | E1000_RFCTL_ISCSI_DIS | E1000_RFCTL_NFSW_DIS |
			   E1000_RFCTL_NFSR_DIS | E1000_RFCTL_ACK_DIS | E1000_RFCTL_IPV6_EX_DIS |
			   E1000_RFCTL_NEW_IPV6_EX_DIS);
		setup_rss(hw, rss);
	}
	wr(hw, E1000_RCTL,
	   E1000_RCTL_BAM | E1000_RCTL_SECRC | rctl_buf_size(conf->rx_buf_bytes) |
		   (conf->mtu + FRAME_EXTRA > FRAME_MAX_NO_LPE ? E1000_RCTL_LPE : 0) |
		   rctl_rx_mode(conf->promiscuous, conf->all_multicast));
}

/* 4.6.6, all but the rings and TCTL.EN. */
static void setup_tx(const struct e1000_hw *hw, const struct e1000_hw_conf *conf)
{
	for (unsigned int q = 0; q < hw->model->queues; q++) {
		/* Each descriptor that asks for it is written back at once. */
		wr(hw, E1000_TXDCTL(q),
		   E1000_DCTL_GRAN | 1 << E1000_DCTL_WTHRESH_SHIFT | 1 << E1000_DCTL_HTHRESH_SHIFT |
			   31 << E1000_DCTL_PTHRESH_SHIFT |
			   (hw->model->pcie ? E1000_TXDCTL_BIT22 : 0));
		if (hw->model->pcie)
			rld_update32(hw->regs, E1000_TARC(q), E1000_TARC_ENABLE,
				     q < conf->tx_queues ? E1000_TARC_ENABLE : 0);
	}
	wr(hw, E1000_TIDV, 1);
	wr(hw, E1000_TIPG, hw->model->tipg);
	rld_update32(hw->regs, E1000_TCTL,
		     E1000_TCTL_EN | E1000_TCTL_CT_MASK | E1000_TCTL_COLD_MASK,
		     E1000_TCTL_PSP | COLLISION_THRESHOLD << E1000_TCTL_CT_SHIFT |
			     hw->model->cold << E1000_TCTL_COLD_SHIFT);
}

int e1000_hw_setup(struct e1000_hw *hw, const struct e1000_hw_conf *conf)
{
	setup_link(hw);
	setup_rx(hw, conf);
	setup_tx(hw, conf);
	return check_present(hw);
}

void e1000_hw_rx_ring(struct e1000_hw *hw, unsigned int q, uint64_t dev, uint32_t slots)
{
	wr(hw, E1000_RDBAL(q), (uint32_t)dev);
	wr(hw, E1000_RDBAH(q), (uint32_t)(dev >> 32));
	wr(hw, E1000_RDLEN(q), slots * 16);
	wr(hw, E1000_RDH(q), 0);
	wr(hw, E1000_RDT(q), 0);
}

void e1000_hw_tx_ring(struct e1000_hw *hw, unsigned int q, uint64_t dev, uint32_t slots)
{
	wr(hw, E1000_TDBAL(q), (uint32_t)dev);
	wr(hw, E1000_TDBAH(q), (uint32_t)(dev >> 32));
	wr(hw, E1000_TDLEN(q), slots * 16);
	wr(hw, E1000_TDH(q), 0);
	wr(hw, E1000_TDT(q), 0);
}

int e1000_hw_enable(struct e1000_hw *hw, const struct e1000_hw_conf *conf)
{
	if (conf->tx_queues)
		rld_update32(hw->regs, E1000_TCTL, 0, E1000_TCTL_EN);
	if (conf->rx_queues)
		rld_update32(hw->regs, E1000_RCTL, 0, E1000_RCTL_EN);
	return check_present(hw);
}

int e1000_hw_rx_mode(struct e1000_hw *hw, bool promiscuous, bool all_multicast)
{
	uint32_t old = rd(hw, E1000_RCTL);
	uint32_t rctl = (old & ~(E1000_RCTL_UPE | E1000_RCTL_MPE)) |
			rctl_rx_mode(promiscuous, all_multicast);

	if (old == GONE)
		return -ENODEV;
	/* QUIRK(qemu-e1000): any write of RCTL holds receive up for a second. */
	if (rctl != old)
		wr(hw, E1000_RCTL, rctl);
	return 0;
}

int e1000_hw_link(struct e1000_hw *hw, struct e1000_hw_link *link)
{
	static const uint16_t speeds[] = {10, 100, 1000, 1000};
	uint32_t status = rd(hw, E1000_STATUS);

	if (status == GONE)
		return -ENODEV;
	link->up = status & E1000_STATUS_LU;
	link->full_duplex = link->up && status & E1000_STATUS_FD;
	link->speed_mbps =
		link->up ? speeds[(status & E1000_STATUS_SPEED_MASK) >> E1000_STATUS_SPEED_SHIFT]
			 : 0;
	return 0;
}

void e1000_hw_irq_enable(struct e1000_hw *hw, bool msix, unsigned int vector)
{
	uint32_t mask = E1000_ICR_LSC;

	wr(hw, E1000_ITR, 0);
	if (hw->model->pcie) {
		/* No automatic clearing or masking: e1000_hw_irq_causes() does it. */
		rld_update32(hw->regs, E1000_CTRL_EXT,
			     E1000_CTRL_EXT_EIAME | E1000_CTRL_EXT_IAME | E1000_CTRL_EXT_PBA_CLR,
			     msix ? E1000_CTRL_EXT_PBA_CLR : 0);
		wr(hw, E1000_EIAC, 0);
		wr(hw, E1000_IVAR,
		   msix ? (E1000_IVAR_VALID | vector) << E1000_IVAR_OTHER_SHIFT : 0);
	}
	mask |= msix ? E1000_ICR_OTHER : E1000_ICR_RXO;
	wr(hw, E1000_IMS, mask);
	rd(hw, E1000_STATUS);
}

int e1000_hw_irq_causes(struct e1000_hw *hw, uint32_t *causes)
{
	*causes = rd(hw, E1000_ICR);
	if (*causes == GONE) {
		*causes = 0;
		return check_present(hw);
	}
	/* 10.2.4.1: with causes unmasked, reading alone need not clear; writing ones does. */
	if (*causes)
		wr(hw, E1000_ICR, *causes);
	return 0;
}

/* Low half first: reading the high half clears both. */
static uint64_t rd64(const struct e1000_hw *hw, uint32_t low_reg)
{
	uint64_t low = rd(hw, low_reg);

	return (uint64_t)rd(hw, low_reg + 4) << 32 | low;
}

/* QUIRK(qemu-e1000): MPC and RNBC are not cleared by a read. */
static uint32_t rd_uncleared(const struct e1000_hw *hw, uint32_t reg, uint32_t *last)
{
	uint32_t now = rd(hw, reg);
	uint32_t before = *last;

	if (!hw->reset_ignored)
		return now;
	*last = now;
	/* Less than before: it was cleared after all. */
	return now >= before ? now - before : now;
}

int e1000_hw_stats(struct e1000_hw *hw, struct e1000_hw_stats *stats)
{
	/*
	 * QUIRK(qemu-e1000e before 8.0, known by its reset): transmitted octets lack the FCS, and
	 * frames that it pads and delivers are counted as too short.
	 */
	bool quirk = hw->model->pcie && hw->reset_ignored;
	/* Packets before octets: a frame between the two reads must not make octets negative. */
	uint64_t rx = rd(hw, E1000_GPRC);
	uint64_t rx_octets = rd64(hw, E1000_GORCL);
	uint64_t tx = rd(hw, E1000_GPTC);
	uint64_t tx_octets = rd64(hw, E1000_GOTCL);
	uint32_t too_short = rd(hw, E1000_RUC);

	if (check_present(hw))
		return -ENODEV;
	stats->rx_packets += rx;
	stats->rx_bytes += rx_octets - rx * FCS_BYTES;
	stats->tx_packets += tx;
	stats->tx_bytes += tx_octets - (quirk ? 0 : tx * FCS_BYTES);
	stats->rx_missed += rd_uncleared(hw, E1000_MPC, &hw->mpc_last);
	stats->rx_no_buffer += rd_uncleared(hw, E1000_RNBC, &hw->rnbc_last);
	stats->rx_crc_errors += rd(hw, E1000_CRCERRS);
	stats->rx_length_errors += rd(hw, E1000_ROC) + (quirk ? 0 : too_short);
	stats->rx_other_errors += (uint64_t)rd(hw, E1000_ALGNERRC) + rd(hw, E1000_RXERRC) +
				  rd(hw, E1000_RFC) + rd(hw, E1000_RJC);
	stats->tx_errors += (uint64_t)rd(hw, E1000_ECOL) + rd(hw, E1000_LATECOL);
	return 0;
}
