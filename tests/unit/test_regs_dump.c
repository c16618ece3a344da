/* SPDX-License-Identifier: BSD-2-Clause */
/* A register dump, of a started e1000 on a fake NIC. */
#include "driver/regs_dump.h"
#include "e1000_rig.h"
#include "unit.h"

struct seen {
	struct rlb_reg regs[1024];
	int count;
};

static uint8_t was_read[sizeof(((struct fake_nic *)0)->regs)];
static uint32_t (*real_read)(void *ctx, uint32_t offset);

static uint32_t noted_read(void *ctx, uint32_t offset)
{
	was_read[offset] = 1;
	return real_read(ctx, offset);
}

static void keep(const struct rlb_reg *reg, void *arg)
{
	struct seen *seen = arg;

	assert_true(seen->count < (int)ARRAY_SIZE(seen->regs));
	seen->regs[seen->count++] = *reg;
}

static void dump(struct rig *rig, struct seen *seen)
{
	int count;

	memset(seen, 0, sizeof(*seen));
	memset(was_read, 0, sizeof(was_read));
	real_read = rig->fake->nic.regs.read32;
	rig->fake->nic.regs.read32 = noted_read;
	count = rld_regs_dump(&rig->fake->nic, rig->dev->regs, keep, seen);
	assert_int_equal(count, seen->count);
	rig->fake->nic.regs.read32 = real_read;
}

static const struct rlb_reg *find(const struct seen *seen, const char *name, unsigned int index)
{
	for (int i = 0; i < seen->count; i++) {
		if (strcmp(seen->regs[i].name, name) == 0 && seen->regs[i].index == index)
			return &seen->regs[i];
	}
	return NULL;
}

static void value_is(const struct seen *seen, const char *name, unsigned int index, uint32_t offset,
		     uint32_t value)
{
	const struct rlb_reg *reg = find(seen, name, index);

	assert_non_null(reg);
	assert_null(reg->not_read);
	assert_int_equal(reg->offset, offset);
	assert_int_equal(reg->value, value);
}

static void dump_values_are_the_devices(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	static struct seen seen;

	(void)state;
	rig.queues = 2;
	rig_start(&rig);
	dump(&rig, &seen);
	value_is(&seen, "RCTL", 0, E1000_RCTL, *fake_nic_reg(rig.fake, E1000_RCTL));
	assert_true(find(&seen, "RCTL", 0)->value & E1000_RCTL_EN);
	value_is(&seen, "RDLEN", 0, E1000_RDLEN(0), 64 * 16);
	value_is(&seen, "RDLEN", 1, E1000_RDLEN(1), 64 * 16);
	value_is(&seen, "TDLEN", 1, E1000_TDLEN(1), 64 * 16);
	value_is(&seen, "RDBAL", 0, E1000_RDBAL(0), *fake_nic_reg(rig.fake, E1000_RDBAL(0)));
	value_is(&seen, "RAL", 15, E1000_RAL(15), *fake_nic_reg(rig.fake, E1000_RAL(15)));
	rig_close(&rig);
}

static void dump_is_in_order_without_repeats(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	static struct seen seen;

	(void)state;
	rig_start(&rig);
	dump(&rig, &seen);
	assert_true(seen.count > 400); /* MTA and VFTA alone have 256 words */
	for (int i = 1; i < seen.count; i++)
		assert_true(seen.regs[i - 1].offset < seen.regs[i].offset);
	rig_close(&rig);
}

static void dump_reads_nothing_that_has_an_effect(void **state)
{
	static const struct {
		const char *name, *why;
		uint32_t offset;
	} quiet[] = {
		{"ICR", "a read clears it", E1000_ICR},
		{"GPRC", "a read clears it", E1000_GPRC},
		{"SWSM", "a read takes a semaphore", 0x05b50},
		{"IMC", "write-only", E1000_IMC},
	};
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	static struct seen seen;

	(void)state;
	rig_start(&rig);
	dump(&rig, &seen);
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++) {
		const struct rlb_reg *reg = find(&seen, quiet[i].name, 0);

		assert_non_null(reg);
		assert_int_equal(reg->offset, quiet[i].offset);
		assert_string_equal(reg->not_read, quiet[i].why);
		assert_int_equal(was_read[reg->offset], 0);
	}
	for (int i = 0; i < seen.count; i++)
		assert_int_equal(was_read[seen.regs[i].offset], !seen.regs[i].not_read);
	rig_close(&rig);
}

static void dump_names_what_the_device_has(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82540EM);
	static struct seen seen;

	(void)state;
	rig_start(&rig);
	dump(&rig, &seen);
	value_is(&seen, "RDLEN", 0, E1000_RDLEN(0), 64 * 16);
	assert_null(find(&seen, "RDLEN", 1));
	assert_null(find(&seen, "EITR", 0));
	assert_non_null(find(&seen, "EECD", 0));
	assert_null(find(&seen, "EEC", 0));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_values_are_the_devices),
		cmocka_unit_test(dump_is_in_order_without_repeats),
		cmocka_unit_test(dump_reads_nothing_that_has_an_effect),
		cmocka_unit_test(dump_names_what_the_device_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
