/* SPDX-License-Identifier: BSD-2-Clause */
/* Bring-up of the e1000 family against an array of registers. */
#include "driver/e1000/e1000_hw.h"
#include "fake_nic.h"
#include "unit.h"

#define GONE 0xffffffffu

static struct fake_nic *fake;
static struct e1000_hw hw;

static void use(enum fake_nic_model model)
{
	if (fake)
		fake_nic_close(fake);
	fake = fake_nic_open(model);
	assert_non_null(fake);
	hw = (struct e1000_hw){
		.regs = &fake->nic.regs,
		.model = model == FAKE_NIC_82574 ? &e1000_82574 : &e1000_82540em,
	};
}

static uint32_t reg(uint32_t offset)
{
	return *fake_nic_reg(fake, offset);
}

static int setup_82574(void **state)
{
	(void)state;
	use(FAKE_NIC_82574);
	return 0;
}

static int setup_82540em(void **state)
{
	(void)state;
	use(FAKE_NIC_82540EM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_nic_close(fake);
	fake = NULL;
	return 0;
}

/* What a dead owner may have left behind. */
static void make_dirty(void)
{
	for (unsigned int q = 0; q < hw.model->queues; q++) {
		*fake_nic_reg(fake, E1000_RDLEN(q)) = 4096;
		*fake_nic_reg(fake, E1000_RDH(q)) = 7;
		*fake_nic_reg(fake, E1000_RDT(q)) = 9;
		*fake_nic_reg(fake, E1000_TDLEN(q)) = 4096;
		*fake_nic_reg(fake, E1000_TDH(q)) = 7;
		*fake_nic_reg(fake, E1000_TDT(q)) = 9;
	}
	*fake_nic_reg(fake, E1000_RCTL) = E1000_RCTL_EN | E1000_RCTL_UPE;
	*fake_nic_reg(fake, E1000_TCTL) = E1000_TCTL_EN;
	*fake_nic_reg(fake, E1000_IMS) = E1000_ICR_LSC;
	*fake_nic_reg(fake, E1000_ICR) = E1000_ICR_LSC;
}

static void assert_at_rest(void)
{
	for (unsigned int q = 0; q < hw.model->queues; q++) {
		assert_int_equal(reg(E1000_RDLEN(q)) | reg(E1000_RDH(q)) | reg(E1000_RDT(q)), 0);
		assert_int_equal(reg(E1000_TDLEN(q)) | reg(E1000_TDH(q)) | reg(E1000_TDT(q)), 0);
	}
	assert_int_equal(reg(E1000_RCTL) & E1000_RCTL_EN, 0);
	assert_int_equal(reg(E1000_TCTL) & E1000_TCTL_EN, 0);
	assert_int_equal(reg(E1000_IMS), 0);
}

static void stop_dirty_device_leaves_it_at_rest(void **state)
{
	(void)state;
	make_dirty();
	assert_int_equal(e1000_hw_stop(&hw), 0);
	assert_at_rest();
}

static void stop_disables_engines_before_it_clears_rings(void **state)
{
	int last_enable = 0;

	(void)state;
	make_dirty();
	assert_int_equal(e1000_hw_stop(&hw), 0);
	for (unsigned int i = 0; i < fake->write_count; i++) {
		if (fake->writes[i].reg == E1000_RCTL || fake->writes[i].reg == E1000_TCTL)
			last_enable = (int)i;
	}
	assert_true(last_enable < fake_nic_wrote(fake, E1000_RDLEN(0), 0));
	assert_true(last_enable < fake_nic_wrote(fake, E1000_TDLEN(0), 0));
}

static void stop_device_gone_gives_enodev(void **state)
{
	(void)state;
	fake->gone = true;
	assert_int_equal(e1000_hw_stop(&hw), -ENODEV);
}

static void stop_register_that_does_not_keep_its_value_gives_eio(void **state)
{
	static const struct {
		uint32_t reg, set;
		const char *why;
	} table[] = {
		{E1000_RCTL, E1000_RCTL_EN, "receive goes on"},
		{E1000_TCTL, E1000_TCTL_EN, "transmit goes on"},
		{E1000_IMS, E1000_ICR_LSC, "interrupts go on"},
		{E1000_RDLEN(0), 128, "a receive ring is left"},
		{E1000_RDT(0), 1, "a receive descriptor is left"},
		{E1000_TDLEN(0), 128, "a transmit ring is left"},
		{E1000_TDH(0), 1, "the head is elsewhere at the next start"},
	};
	enum fake_nic_model model = fake->model;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		use(model);
		fake_nic_force(fake, table[i].reg, 0, table[i].set);
		if (e1000_hw_stop(&hw) != -EIO)
			fail_msg("not noticed: %s", table[i].why);
	}
}

static void stop_master_that_stays_on_gives_etimedout_in_bounded_time(void **state)
{
	(void)state;
	fake->master_stuck = true;
	assert_int_equal(e1000_hw_stop(&hw), -ETIMEDOUT);
	assert_in_range(fake->waited_us, 80000, 120000);
}

static void reset_that_works_is_told_from_one_that_is_ignored(void **state)
{
	(void)state;
	make_dirty();
	assert_int_equal(e1000_hw_reset(&hw), 0);
	assert_false(hw.reset_ignored);
	assert_at_rest();
	fake->ignore_reset = true;
	make_dirty();
	assert_int_equal(e1000_hw_reset(&hw), 0);
	assert_true(hw.reset_ignored);
	assert_at_rest();
}

static void reset_waits_are_bounded(void **state)
{
	static const struct {
		uint32_t reg, clear, set;
		int want;
		const char *why;
	} table[] = {
		{E1000_CTRL, 0, E1000_CTRL_RST, -ETIMEDOUT, "the reset never ends"},
		{E1000_EEC, E1000_EEC_AUTO_RD, 0, -ETIMEDOUT, "the NVM is never loaded"},
		{E1000_EEC, 0, GONE, -ENODEV, "unplugged during the reset"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		use(FAKE_NIC_82574);
		fake_nic_force(fake, table[i].reg, table[i].clear, table[i].set);
		if (e1000_hw_reset(&hw) != table[i].want)
			fail_msg("wrong answer: %s", table[i].why);
		assert_true(fake->waited_us < 350000);
	}
}

static void mac_that_is_none_gives_eio(void **state)
{
	static const struct {
		uint32_t low, high;
		int want;
		const char *why;
	} table[] = {
		{0x44332202, E1000_RAH_AV | 0x6655, 0, "an ordinary address"},
		{0x44332202, 0x6655, -EIO, "not valid: no NVM"},
		{0, E1000_RAH_AV, -EIO, "all zero"},
		{0x44332203, E1000_RAH_AV | 0x6655, -EIO, "multicast"},
		{0, E1000_RAH_AV | 0x6655, 0, "zeros in front are allowed"},
	};
	uint8_t mac[6];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		*fake_nic_reg(fake, E1000_RAL(0)) = table[i].low;
		*fake_nic_reg(fake, E1000_RAH(0)) = table[i].high;
		if (e1000_hw_read_mac(&hw, mac) != table[i].want)
			fail_msg("wrong answer: %s", table[i].why);
	}
	*fake_nic_reg(fake, E1000_RAL(0)) = 0x44332202;
	e1000_hw_read_mac(&hw, mac);
	assert_memory_equal(mac, "\x02\x22\x33\x44\x55\x66", 6);
}

static void rx_buf_is_the_largest_that_fits(void **state)
{
	static const struct {
		uint32_t room, want;
		const char *why;
	} table[] = {
		{255, 0, "under the smallest"},	     {256, 256, "the smallest"},
		{511, 256, "one under a step"},	     {2047, 1024, "one under the usual"},
		{2048, 2048, "the usual"},	     {4095, 2048, "one under a step with BSEX"},
		{4096, 4096, "the first with BSEX"}, {16383, 8192, "one under the largest"},
		{16384, 16384, "the largest"},	     {65535, 16384, "over the largest"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (e1000_hw_rx_buf_bytes(table[i].room) != table[i].want)
			fail_msg("wrong answer: %s", table[i].why);
	}
}

static void setup_puts_mtu_and_buffer_size_into_rctl(void **state)
{
	const uint32_t size_mask = E1000_RCTL_BSIZE_MASK | E1000_RCTL_BSEX;
	static const struct {
		uint32_t buf, rctl;
	} sizes[] = {
		{256, 3 << E1000_RCTL_BSIZE_SHIFT},
		{512, 2 << E1000_RCTL_BSIZE_SHIFT},
		{1024, 1 << E1000_RCTL_BSIZE_SHIFT},
		{2048, 0},
		{4096, 3 << E1000_RCTL_BSIZE_SHIFT | E1000_RCTL_BSEX},
		{8192, 2 << E1000_RCTL_BSIZE_SHIFT | E1000_RCTL_BSEX},
		{16384, 1 << E1000_RCTL_BSIZE_SHIFT | E1000_RCTL_BSEX},
	};
	static const struct {
		unsigned int mtu;
		bool lpe;
		const char *why;
	} mtus[] = {
		{68, false, "the smallest"},
		{1500, false, "1,522 bytes with tag and FCS pass without LPE"},
		{1501, true, "one more does not"},
		{9000, true, "the largest"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct e1000_hw_conf conf = {1, 1, 1500, sizes[i].buf, false, false};

		assert_int_equal(e1000_hw_setup(&hw, &conf), 0);
		assert_int_equal(reg(E1000_RCTL) & size_mask, sizes[i].rctl);
		assert_int_equal(reg(E1000_RCTL) & (E1000_RCTL_SECRC | E1000_RCTL_EN),
				 E1000_RCTL_SECRC);
	}
	for (size_t i = 0; i < ARRAY_SIZE(mtus); i++) {
		struct e1000_hw_conf conf = {1, 1, mtus[i].mtu, 2048, false, false};

		e1000_hw_setup(&hw, &conf);
		if (!(reg(E1000_RCTL) & E1000_RCTL_LPE) == mtus[i].lpe)
			fail_msg("wrong LPE: %s", mtus[i].why);
	}
	(void)state;
}

static void setup_two_queues_sets_rss_before_receive_is_enabled(void **state)
{
	struct e1000_hw_conf conf = {2, 2, 1500, 2048, false, false};
	int enable;

	(void)state;
	e1000_hw_setup(&hw, &conf);
	assert_int_equal(e1000_hw_enable(&hw, &conf), 0);
	enable = fake_nic_wrote(fake, E1000_RCTL, E1000_RCTL_EN);
	assert_true(enable > 0);
	assert_in_range(fake_nic_wrote(fake, E1000_RFCTL, E1000_RFCTL_EXTEN), 0, enable);
	assert_in_range(fake_nic_wrote(fake, E1000_RXCSUM, E1000_RXCSUM_PCSD), 0, enable);
	assert_in_range(fake_nic_wrote(fake, E1000_MRQC, E1000_MRQC_RSS), 0, enable);
	for (unsigned int i = 0; i < E1000_RETA_WORDS; i++)
		assert_int_equal(reg(E1000_RETA(i)), 0x80008000);
	/* The key's first and last bytes, as Microsoft prints it. */
	assert_int_equal(reg(E1000_RSSRK(0)) & 0xff, 0x6d);
	assert_int_equal(reg(E1000_RSSRK(9)) >> 24, 0xfa);
	assert_true(reg(E1000_TARC(0)) & E1000_TARC_ENABLE);
	assert_true(reg(E1000_TARC(1)) & E1000_TARC_ENABLE);
	assert_true(reg(E1000_TXDCTL(1)) & E1000_TXDCTL_BIT22);
}

static void setup_one_queue_leaves_rss_off(void **state)
{
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};

	(void)state;
	*fake_nic_reg(fake, E1000_MRQC) = E1000_MRQC_RSS; /* a dead owner's */
	*fake_nic_reg(fake, E1000_TARC(1)) = E1000_TARC_ENABLE;
	e1000_hw_setup(&hw, &conf);
	assert_int_equal(reg(E1000_MRQC), 0);
	assert_int_equal(reg(E1000_RXCSUM) & E1000_RXCSUM_PCSD, 0);
	assert_true(reg(E1000_RFCTL) & E1000_RFCTL_EXTEN);
	assert_int_equal(reg(E1000_TARC(1)) & E1000_TARC_ENABLE, 0);
}

static void setup_82540em_touches_no_register_it_lacks(void **state)
{
	static const uint32_t lacks[] = {
		E1000_RFCTL, E1000_MRQC,	E1000_RETA(0), E1000_RSSRK(0), E1000_TARC(0),
		E1000_IVAR,  E1000_EXTCNF_CTRL, E1000_EIAC,    E1000_RDLEN(1), E1000_TXDCTL(1)};
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};

	(void)state;
	e1000_hw_reset(&hw);
	e1000_hw_setup(&hw, &conf);
	e1000_hw_enable(&hw, &conf);
	e1000_hw_irq_enable(&hw, false, 0);
	e1000_hw_stop(&hw);
	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
		assert_int_equal(fake_nic_wrote(fake, lacks[i], 0), -1);
}

static void setup_forgets_the_last_owners_filters(void **state)
{
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};

	(void)state;
	*fake_nic_reg(fake, E1000_RAH(15)) = E1000_RAH_AV;
	*fake_nic_reg(fake, E1000_MTA(127)) = GONE;
	*fake_nic_reg(fake, E1000_CTRL) = E1000_CTRL_GIO_MASTER_DISABLE | E1000_CTRL_VME |
					  E1000_CTRL_RFCE | E1000_CTRL_FRCSPD;
	e1000_hw_setup(&hw, &conf);
	assert_int_equal(reg(E1000_RAH(15)), 0);
	assert_int_equal(reg(E1000_MTA(127)), 0);
	assert_true(reg(E1000_RAH(0)) & E1000_RAH_AV);
	assert_int_equal(reg(E1000_CTRL), hw.model->ctrl);
}

static void setup_wakes_a_phy_that_was_powered_down(void **state)
{
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};

	(void)state;
	fake->phy_control = E1000_PHY_CONTROL_POWER_DOWN;
	assert_int_equal(e1000_hw_setup(&hw, &conf), 0);
	assert_int_equal(fake->phy_control, E1000_PHY_CONTROL_AN_ENABLE);
	assert_int_equal(reg(E1000_EXTCNF_CTRL), 0); /* the MDIO wires were given back */

	/* One that runs is left alone: its link would go down. */
	fake->phy_control = E1000_PHY_CONTROL_AN_ENABLE;
	fake->write_count = 0;
	e1000_hw_setup(&hw, &conf);
	assert_int_equal(fake_nic_wrote(fake, E1000_MDIC, E1000_MDIC_OP_WRITE), -1);
}

static void setup_phy_that_does_not_answer_is_bounded_and_no_error(void **state)
{
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};

	(void)state;
	fake->mdic_stuck = true;
	assert_int_equal(e1000_hw_setup(&hw, &conf), 0);
	fake->mdio_taken = true;
	assert_int_equal(e1000_hw_setup(&hw, &conf), 0);
	assert_true(fake->waited_us < 50000);
}

static void rx_mode_sets_filters_and_writes_only_changes(void **state)
{
	static const struct {
		bool promiscuous, all_multicast;
		uint32_t want;
	} table[] = {
		{false, false, 0},
		{false, true, E1000_RCTL_MPE},
		{true, false, E1000_RCTL_UPE | E1000_RCTL_MPE},
		{true, true, E1000_RCTL_UPE | E1000_RCTL_MPE},
	};
	struct e1000_hw_conf conf = {1, 1, 1500, 2048, false, false};
	const uint32_t mask = E1000_RCTL_UPE | E1000_RCTL_MPE;

	(void)state;
	e1000_hw_setup(&hw, &conf);
	e1000_hw_enable(&hw, &conf);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		unsigned int before;

		assert_int_equal(
			e1000_hw_rx_mode(&hw, table[i].promiscuous, table[i].all_multicast), 0);
		assert_int_equal(reg(E1000_RCTL) & (mask | E1000_RCTL_EN),
				 table[i].want | E1000_RCTL_EN);
		before = fake->write_count;
		e1000_hw_rx_mode(&hw, table[i].promiscuous, table[i].all_multicast);
		assert_int_equal(fake->write_count, before);
	}
	fake->gone = true;
	assert_int_equal(e1000_hw_rx_mode(&hw, true, true), -ENODEV);
}

static void link_is_read_from_status(void **state)
{
	static const struct {
		uint32_t status;
		struct e1000_hw_link want;
	} table[] = {
		{0, {false, false, 0}},
		{E1000_STATUS_FD | 2 << 6, {false, false, 0}}, /* meaningless while down */
		{E1000_STATUS_LU, {true, false, 10}},
		{E1000_STATUS_LU | E1000_STATUS_FD | 1 << 6, {true, true, 100}},
		{E1000_STATUS_LU | E1000_STATUS_FD | 2 << 6, {true, true, 1000}},
		{E1000_STATUS_LU | E1000_STATUS_FD | 3 << 6, {true, true, 1000}},
	};
	struct e1000_hw_link link;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		*fake_nic_reg(fake, E1000_STATUS) = table[i].status;
		assert_int_equal(e1000_hw_link(&hw, &link), 0);
		assert_int_equal(link.up, table[i].want.up);
		assert_int_equal(link.full_duplex, table[i].want.full_duplex);
		assert_int_equal(link.speed_mbps, table[i].want.speed_mbps);
	}
	fake->gone = true;
	assert_int_equal(e1000_hw_link(&hw, &link), -ENODEV);
}

static void irq_msix_goes_to_its_vector(void **state)
{
	(void)state;
	*fake_nic_reg(fake, E1000_CTRL_EXT) = E1000_CTRL_EXT_IAME | E1000_CTRL_EXT_EIAME | BIT(5);
	*fake_nic_reg(fake, E1000_EIAC) = GONE;
	e1000_hw_irq_enable(&hw, true, 3);
	assert_int_equal(reg(E1000_IVAR), (8 | 3) << 16);
	assert_int_equal(reg(E1000_IMS), E1000_ICR_LSC | E1000_ICR_OTHER);
	assert_int_equal(reg(E1000_CTRL_EXT), E1000_CTRL_EXT_PBA_CLR | BIT(5));
	assert_int_equal(reg(E1000_EIAC), 0);
}

static void irq_causes_are_cleared_though_reading_does_not(void **state)
{
	uint32_t causes;

	(void)state;
	e1000_hw_irq_enable(&hw, false, 0);
	assert_int_equal(reg(E1000_IMS), E1000_ICR_LSC | E1000_ICR_RXO);
	*fake_nic_reg(fake, E1000_ICR) = E1000_ICR_LSC | E1000_ICR_RXO;
	assert_int_equal(e1000_hw_irq_causes(&hw, &causes), 0);
	assert_int_equal(causes, E1000_ICR_LSC | E1000_ICR_RXO);
	assert_int_equal(reg(E1000_ICR), 0);
	fake->gone = true;
	assert_int_equal(e1000_hw_irq_causes(&hw, &causes), -ENODEV);
	assert_int_equal(causes, 0);
}

static void count_frames(unsigned int n)
{
	*fake_nic_reg(fake, E1000_GPRC) = n;
	*fake_nic_reg(fake, E1000_GORCL) = n * 64;
	*fake_nic_reg(fake, E1000_GORCH) = n; /* 4 GiB each, to see both halves */
	*fake_nic_reg(fake, E1000_GPTC) = 2 * n;
	*fake_nic_reg(fake, E1000_GOTCL) = 2 * n * 64;
	*fake_nic_reg(fake, E1000_RUC) = n;
	*fake_nic_reg(fake, E1000_ROC) = n;
	*fake_nic_reg(fake, E1000_CRCERRS) = n;
	*fake_nic_reg(fake, E1000_RXERRC) = n;
	*fake_nic_reg(fake, E1000_LATECOL) = n;
}

static void stats_add_up_over_reads(void **state)
{
	struct e1000_hw_stats stats = {0};

	(void)state;
	for (unsigned int i = 1; i <= 3; i++) {
		count_frames(i);
		*fake_nic_reg(fake, E1000_MPC) = i;
		*fake_nic_reg(fake, E1000_RNBC) = i;
		assert_int_equal(e1000_hw_stats(&hw, &stats), 0);
	}
	assert_int_equal(stats.rx_packets, 6);
	assert_int_equal(stats.rx_bytes, 6 * (60 + (UINT64_C(1) << 32)));
	assert_int_equal(stats.tx_packets, 12);
	assert_int_equal(stats.tx_bytes, 12 * 60);
	assert_int_equal(stats.rx_missed, 6);
	assert_int_equal(stats.rx_no_buffer, 6);
	assert_int_equal(stats.rx_crc_errors, 6);
	assert_int_equal(stats.rx_length_errors, 12);
	assert_int_equal(stats.rx_other_errors, 6);
	assert_int_equal(stats.tx_errors, 6);

	fake->gone = true;
	assert_int_equal(e1000_hw_stats(&hw, &stats), -ENODEV);
	assert_int_equal(stats.rx_packets, 6);
}

static void stats_of_the_last_owner_are_forgotten(void **state)
{
	enum fake_nic_model model = fake->model;

	(void)state;
	for (unsigned int ignored = 0; ignored < 2; ignored++) {
		struct e1000_hw_stats stats = {0}, none = {0};

		use(model);
		fake->ignore_reset = ignored;
		count_frames(3);
		*fake_nic_reg(fake, E1000_MPC) = 5;
		*fake_nic_reg(fake, E1000_RNBC) = 6;
		assert_int_equal(e1000_hw_reset(&hw), 0);
		assert_int_equal(e1000_hw_stats(&hw, &stats), 0);
		assert_memory_equal(&stats, &none, sizeof(stats));
	}
}

static void stats_of_an_old_emulator_are_corrected(void **state)
{
	struct e1000_hw_stats stats = {0};

	(void)state;
	fake->ignore_reset = true;
	assert_int_equal(e1000_hw_reset(&hw), 0);
	for (unsigned int i = 0; i < 2; i++) {
		count_frames(1);
		*fake_nic_reg(fake, E1000_MPC) = 5; /* not cleared by the first read */
		e1000_hw_stats(&hw, &stats);
	}
	assert_int_equal(stats.rx_missed, 5);
	assert_int_equal(stats.rx_bytes, 2 * (60 + (UINT64_C(1) << 32)));
	/* The 82574's model counts no FCS, and frames that it pads as too short; the other does. */
	assert_int_equal(stats.tx_bytes, hw.model->pcie ? 4 * 64 : 4 * 60);
	assert_int_equal(stats.rx_length_errors, hw.model->pcie ? 2 : 4);
}

#define TEST_82574(f)	cmocka_unit_test_setup_teardown(f, setup_82574, teardown)
#define TEST_82540EM(f) cmocka_unit_test_setup_teardown(f, setup_82540em, teardown)
#define TEST_BOTH(f)	TEST_82574(f), TEST_82540EM(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BOTH(stop_dirty_device_leaves_it_at_rest),
		TEST_BOTH(stop_disables_engines_before_it_clears_rings),
		TEST_BOTH(stop_device_gone_gives_enodev),
		TEST_BOTH(stop_register_that_does_not_keep_its_value_gives_eio),
		TEST_82574(stop_master_that_stays_on_gives_etimedout_in_bounded_time),
		TEST_BOTH(reset_that_works_is_told_from_one_that_is_ignored),
		TEST_82574(reset_waits_are_bounded),
		TEST_BOTH(mac_that_is_none_gives_eio),
		cmocka_unit_test(rx_buf_is_the_largest_that_fits),
		TEST_BOTH(setup_puts_mtu_and_buffer_size_into_rctl),
		TEST_82574(setup_two_queues_sets_rss_before_receive_is_enabled),
		TEST_82574(setup_one_queue_leaves_rss_off),
		TEST_82540EM(setup_82540em_touches_no_register_it_lacks),
		TEST_BOTH(setup_forgets_the_last_owners_filters),
		TEST_BOTH(setup_wakes_a_phy_that_was_powered_down),
		TEST_BOTH(setup_phy_that_does_not_answer_is_bounded_and_no_error),
		TEST_BOTH(rx_mode_sets_filters_and_writes_only_changes),
		TEST_BOTH(link_is_read_from_status),
		TEST_82574(irq_msix_goes_to_its_vector),
		TEST_BOTH(irq_causes_are_cleared_though_reading_does_not),
		TEST_BOTH(stats_add_up_over_reads),
		TEST_BOTH(stats_of_the_last_owner_are_forgotten),
		TEST_BOTH(stats_of_an_old_emulator_are_corrected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
