/* SPDX-License-Identifier: BSD-2-Clause */
/* The register policy: its mechanism, and the e1000 family's tables. */
#include <string.h>

#include "driver/e1000/e1000_regs.h"
#include "unit.h"
#include "verifier/rlv_e1000_regs.h"

#define BAR_BYTES 0x20000u
#define ALL	  0xffffffffu

static const struct rlv_regs *const policies[] = {&rlv_e1000_82574_regs, &rlv_e1000_82540em_regs};

/* Owners of everything that there is, of nothing, and of one queue with its vector. */
static const struct rlv_reg_owner everything = {ALL, ALL, ALL, ALL};
static const struct rlv_reg_owner nothing;
static const struct rlv_reg_owner queue1 = {BIT(1), BIT(1), BIT(1), BIT(21) | BIT(23)};

static enum rlv_rule read_rule(const struct rlv_regs *regs, const struct rlv_reg_owner *owner,
			       uint32_t offset)
{
	return rlv_regs_read_check(regs, owner, offset).rule;
}

static enum rlv_rule write_rule(const struct rlv_regs *regs, const struct rlv_reg_owner *owner,
				uint32_t offset, uint32_t value)
{
	return rlv_regs_write_check(regs, owner, offset, value).rule;
}

static void check_entry(const struct rlv_reg *reg)
{
	assert_non_null(reg->name);
	assert_true(reg->count >= 1);
	assert_true(reg->stride >= 4);
	assert_int_equal(reg->stride % 4, 0);
	assert_int_equal(reg->offset % 4, 0);
	assert_true(reg->offset + (reg->count - 1) * reg->stride < E1000_REGS_BYTES);
	assert_true(reg->effect < RLV_REG_EFFECTS);
	assert_true(reg->scope < RLV_REG_SCOPES);
	assert_int_not_equal(reg->devices, 0);
	/* A scope counts indices in 32 bits. */
	assert_true(reg->count <= 32 || reg->scope == RLV_REG_ALL);
	/* What has an effect when read is read by nobody. */
	if (reg->effect != RLV_REG_PLAIN && reg->effect != RLV_REG_SETS_ON_WRITE)
		assert_int_equal(reg->read, 0);
	/* A part of a plain register cannot be written without the rest of it. */
	if (reg->effect == RLV_REG_PLAIN && reg->write)
		assert_int_not_equal(reg->scope, RLV_REG_CAUSES);
}

static void table_entries_are_well_formed(void **state)
{
	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
		for (uint32_t i = 0; i < policies[p]->count; i++) {
			check_entry(&policies[p]->reg[i]);
			if (i)
				assert_true(policies[p]->reg[i - 1].offset <=
					    policies[p]->reg[i].offset);
		}
	}
}

static void table_no_two_registers_at_one_offset(void **state)
{
	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
		static uint8_t taken[BAR_BYTES / 4];

		memset(taken, 0, sizeof(taken));
		for (uint32_t i = 0; i < policies[p]->count; i++) {
			const struct rlv_reg *reg = &policies[p]->reg[i];

			for (uint32_t k = 0; rlv_reg_has(policies[p], reg) && k < reg->count; k++)
				assert_int_equal(taken[(reg->offset + k * reg->stride) / 4]++, 0);
		}
	}
}

/* Another way to the answer: every offset of the BAR against every register of the table. */
static void find_every_offset_agrees_with_the_table(void **state)
{
	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
		static uint16_t owner[BAR_BYTES];

		memset(owner, 0, sizeof(owner));
		for (uint32_t i = 0; i < policies[p]->count; i++) {
			const struct rlv_reg *reg = &policies[p]->reg[i];

			for (uint32_t k = 0; rlv_reg_has(policies[p], reg) && k < reg->count; k++)
				owner[reg->offset + k * reg->stride] = (uint16_t)(i + 1);
		}
		for (uint32_t offset = 0; offset < BAR_BYTES; offset++) {
			struct rlv_reg_access at = rlv_regs_find(policies[p], offset);

			if (!owner[offset]) {
				assert_int_equal(at.rule, RLV_REG_UNKNOWN);
				continue;
			}
			assert_int_equal(at.rule, RLV_OK);
			assert_int_equal(at.reg, owner[offset] - 1);
			assert_int_equal(policies[p]->reg[at.reg].offset +
						 at.index * policies[p]->reg[at.reg].stride,
					 offset);
		}
	}
}

#define NAMED(name)                                                                                \
	{                                                                                          \
#name, 0, E1000_##name                                                             \
	}
#define NAMED_AT(name, index)                                                                      \
	{                                                                                          \
#name, index, E1000_##name(index)                                                  \
	}

/* What the driver knows by name, the policy knows by the same, at the same place. */
static void table_names_are_the_drivers(void **state)
{
	static const struct {
		const char *name;
		uint32_t index, offset;
	} regs[] = {
		NAMED(CTRL),	     NAMED(STATUS),	  NAMED(EEC),	      NAMED(CTRL_EXT),
		NAMED(MDIC),	     NAMED(EXTCNF_CTRL),  NAMED(ICR),	      NAMED(ITR),
		NAMED(IMS),	     NAMED(IMC),	  NAMED(EIAC),	      NAMED(IVAR),
		NAMED(RCTL),	     NAMED_AT(RDBAL, 0),  NAMED_AT(RDBAL, 1), NAMED_AT(RDBAH, 0),
		NAMED_AT(RDBAH, 1),  NAMED_AT(RDLEN, 0),  NAMED_AT(RDLEN, 1), NAMED_AT(RDH, 0),
		NAMED_AT(RDH, 1),    NAMED_AT(RDT, 0),	  NAMED_AT(RDT, 1),   NAMED(RDTR),
		NAMED(RXDCTL),	     NAMED(RADV),	  NAMED(RXCSUM),      NAMED(RFCTL),
		NAMED_AT(MTA, 0),    NAMED_AT(MTA, 127),  NAMED_AT(RAL, 0),   NAMED_AT(RAL, 15),
		NAMED_AT(RAH, 0),    NAMED_AT(RAH, 15),	  NAMED(MRQC),	      NAMED_AT(RETA, 0),
		NAMED_AT(RETA, 31),  NAMED_AT(RSSRK, 0),  NAMED_AT(RSSRK, 9), NAMED(TCTL),
		NAMED(TIPG),	     NAMED_AT(TDBAL, 0),  NAMED_AT(TDBAL, 1), NAMED_AT(TDBAH, 0),
		NAMED_AT(TDBAH, 1),  NAMED_AT(TDLEN, 0),  NAMED_AT(TDLEN, 1), NAMED_AT(TDH, 0),
		NAMED_AT(TDH, 1),    NAMED_AT(TDT, 0),	  NAMED_AT(TDT, 1),   NAMED(TIDV),
		NAMED_AT(TXDCTL, 0), NAMED_AT(TXDCTL, 1), NAMED_AT(TARC, 0),  NAMED_AT(TARC, 1),
		NAMED(CRCERRS),	     NAMED(ALGNERRC),	  NAMED(RXERRC),      NAMED(MPC),
		NAMED(ECOL),	     NAMED(LATECOL),	  NAMED(GPRC),	      NAMED(GPTC),
		NAMED(GORCL),	     NAMED(GORCH),	  NAMED(GOTCL),	      NAMED(GOTCH),
		NAMED(RNBC),	     NAMED(RUC),	  NAMED(RFC),	      NAMED(ROC),
		NAMED(RJC),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		struct rlv_reg_access at = rlv_regs_find(&rlv_e1000_82574_regs, regs[i].offset);

		assert_int_equal(at.rule, RLV_OK);
		assert_string_equal(rlv_e1000_82574_regs.reg[at.reg].name, regs[i].name);
		assert_int_equal(at.index, regs[i].index);
	}
}

/* Whoever it is and whatever the value: not one bit, and so not zero either. */
static void write_forbidden_registers_refused(void **state)
{
	static const char *const forbidden[] = {
		"RDBAL",  "RDBAH", "RDLEN",  "RDH",    "RDT",	   "TDBAL",	  "TDBAH",
		"TDLEN",  "TDH",   "TDT",    "CTRL",   "CTRL_EXT", "RCTL",	  "RFCTL",
		"PSRCTL", "TCTL",  "RXDCTL", "TXDCTL", "TARC",	   "IVAR",	  "MDIC",
		"EEC",	  "EECD",  "EERD",   "EEWR",   "FLA",	   "EXTCNF_CTRL", "EXTCNF_SIZE",
		"RDFH",	  "RDFT",  "RDFHS",  "RDFTS",  "RDFPC",	   "TDFH",	  "TDFT",
		"TDFHS",  "TDFTS", "TDFPC",  "PBA",    "PBS",	   "MTA",	  "RAL",
		"RAH",	  "VFTA",  "MRQC",   "RETA",   "RSSRK",	   "RXCSUM",	  "FCAL",
		"FCAH",	  "FCT",   "FCTTV",  "FCRTL",  "FCRTH",	   "GCR",	  "SWSM",
		"EIAC",	  "IAM",   "ICR",    "ICS",    "WUC",	   "MANC",
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(forbidden); f++) {
		unsigned int seen = 0;

		for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
			for (uint32_t i = 0; i < policies[p]->count; i++) {
				const struct rlv_reg *reg = &policies[p]->reg[i];

				if (strcmp(reg->name, forbidden[f]) ||
				    !rlv_reg_has(policies[p], reg))
					continue;
				for (uint32_t k = 0; k < reg->count; k++) {
					uint32_t at = reg->offset + k * reg->stride;

					assert_int_equal(
						write_rule(policies[p], &everything, at, 0),
						RLV_REG_WRITE);
					assert_int_equal(
						write_rule(policies[p], &everything, at, ALL),
						RLV_REG_WRITE);
					seen++;
				}
			}
		}
		assert_int_not_equal(seen, 0);
	}
}

/* What may be written at all: this list and nothing else. */
static void write_allowed_registers_are_these(void **state)
{
	static const struct {
		const struct rlv_regs *regs;
		uint32_t offset, bits;
	} allowed[] = {
		{&rlv_e1000_82574_regs, E1000_IMS, 0x00f00000},
		{&rlv_e1000_82574_regs, E1000_IMC, 0x00f00000},
		{&rlv_e1000_82574_regs, 0x000e8, 0xffff}, /* EITR */
		{&rlv_e1000_82574_regs, 0x000ec, 0xffff},
		{&rlv_e1000_82574_regs, 0x000f0, 0xffff},
		{&rlv_e1000_82574_regs, 0x000f4, 0xffff},
		{&rlv_e1000_82574_regs, 0x000f8, 0xffff},
		{&rlv_e1000_82540em_regs, E1000_IMS, 0xd3},
		{&rlv_e1000_82540em_regs, E1000_IMC, 0xd3},
	};
	unsigned int found = 0;

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(policies); p++) {
		for (uint32_t offset = 0; offset < BAR_BYTES; offset++)
			found += write_rule(policies[p], &everything, offset, 0) == RLV_OK;
	}
	assert_int_equal(found, ARRAY_SIZE(allowed));
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		for (unsigned int bit = 0; bit < 32; bit++)
			assert_int_equal(write_rule(allowed[i].regs, &everything, allowed[i].offset,
						    BIT(bit)),
					 allowed[i].bits & BIT(bit) ? RLV_OK : RLV_REG_WRITE);
		assert_int_equal(write_rule(allowed[i].regs, &everything, allowed[i].offset,
					    allowed[i].bits),
				 RLV_OK);
	}
}

static void access_of_another_owner_refused(void **state)
{
	const struct rlv_regs *regs = &rlv_e1000_82574_regs;

	(void)state;
	/* The masks: its own causes, alone or together, and no other beside them. */
	assert_int_equal(write_rule(regs, &queue1, E1000_IMS, BIT(21)), RLV_OK);
	assert_int_equal(write_rule(regs, &queue1, E1000_IMS, BIT(21) | BIT(23)), RLV_OK);
	assert_int_equal(write_rule(regs, &queue1, E1000_IMS, BIT(20)), RLV_REG_WRITE);
	assert_int_equal(write_rule(regs, &queue1, E1000_IMC, BIT(21) | BIT(22)), RLV_REG_WRITE);
	assert_int_equal(write_rule(regs, &queue1, E1000_IMC, BIT(24)), RLV_REG_WRITE);
	assert_int_equal(write_rule(regs, &nothing, E1000_IMC, 0), RLV_REG_WRITE);
	assert_int_equal(rlv_regs_read_check(regs, &queue1, E1000_IMS).bits, BIT(21) | BIT(23));
	assert_int_equal(read_rule(regs, &nothing, E1000_IMS), RLV_REG_READ);
	/* A vector's interval. */
	assert_int_equal(write_rule(regs, &queue1, 0x000e8 + 4, 500), RLV_OK);
	assert_int_equal(write_rule(regs, &queue1, 0x000e8, 500), RLV_REG_WRITE);
	assert_int_equal(write_rule(regs, &queue1, 0x000e8 + 8, 500), RLV_REG_WRITE);
	/* A queue's head and tail. */
	assert_int_equal(read_rule(regs, &queue1, E1000_RDH(1)), RLV_OK);
	assert_int_equal(read_rule(regs, &queue1, E1000_RDH(0)), RLV_REG_READ);
	assert_int_equal(read_rule(regs, &queue1, E1000_TDT(1)), RLV_OK);
	assert_int_equal(read_rule(regs, &queue1, E1000_TDT(0)), RLV_REG_READ);
	assert_int_equal(rlv_regs_read_check(regs, &queue1, E1000_TDT(1)).bits, ALL);
	/* What all share. */
	assert_int_equal(read_rule(regs, &nothing, E1000_STATUS), RLV_OK);
}

static void read_side_effects_and_secrets_refused(void **state)
{
	static const uint32_t refused[] = {
		E1000_ICR,	E1000_IMC,	E1000_MPC,	    E1000_GPRC,
		E1000_GOTCH,	E1000_RDBAL(0), E1000_RDBAH(0),	    E1000_TDBAL(1),
		E1000_TDBAH(1), E1000_RSSRK(0), E1000_RETA(0),	    E1000_MTA(5),
		E1000_MDIC,	E1000_EEC,	0x05b50 /* SWSM */, 0x02410 /* RDFH */,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(read_rule(&rlv_e1000_82574_regs, &everything, refused[i]),
				 RLV_REG_READ);
}

/* What the tables leave out is there in the device, and refused. */
static void access_unnamed_offsets_unknown(void **state)
{
	static const struct {
		uint32_t offset;
		const char *why;
	} unknown[] = {
		{0x00004, "CTRL's copy"},
		{0x00040, "alias of RAL"},
		{0x00108, "alias of RDTR"},
		{0x00110, "alias of RDBAL"},
		{0x00118, "alias of RDLEN"},
		{0x00128, "alias of RDT"},
		{0x00168, "alias of FCRTH"},
		{0x00420, "alias of TDBAL"},
		{0x00438, "alias of TDT"},
		{0x00440, "alias of TIDV"},
		{0x00600, "alias of VFTA"},
		{0x08000, "alias of RDFH"},
		{0x08018, "alias of TDFT"},
		{0x10000, "packet-buffer memory"},
		{0x1fffc, "packet-buffer memory, its end"},
		{0x02808 + 1, "not aligned"},
		{0x02808 + 2, "not aligned"},
		{0x02808 + 3, "not aligned"},
		{0x000e8 + 5 * 4, "behind the last EITR"},
		{0x02a08, "behind the last RDLEN"},
		{0x02884, "between two RDLEN"},
		{0x05400 + 16 * 8, "behind the last RAL"},
		{0x05c80 + 10 * 4, "behind RSSRK"},
		{BAR_BYTES, "behind the BAR"},
		{0xfffffffc, "the last word there could be"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		const struct rlv_regs *regs = &rlv_e1000_82574_regs;

		if (read_rule(regs, &everything, unknown[i].offset) != RLV_REG_UNKNOWN ||
		    write_rule(regs, &everything, unknown[i].offset, 0) != RLV_REG_UNKNOWN)
			fail_msg("%#x is known: %s", unknown[i].offset, unknown[i].why);
	}
	/* One queue, no vectors, no receive-side scaling. */
	assert_int_equal(read_rule(&rlv_e1000_82540em_regs, &everything, E1000_RDLEN(1)),
			 RLV_REG_UNKNOWN);
	assert_int_equal(read_rule(&rlv_e1000_82540em_regs, &everything, 0x000e8), RLV_REG_UNKNOWN);
	assert_int_equal(read_rule(&rlv_e1000_82540em_regs, &everything, E1000_MRQC),
			 RLV_REG_UNKNOWN);
	assert_int_equal(read_rule(&rlv_e1000_82540em_regs, &everything, E1000_RDLEN(0)), RLV_OK);
}

/* A table that is wrong in itself gives nothing away. */
static void access_by_a_careless_table_refused(void **state)
{
	static const struct rlv_reg careless[] = {
		{"ODD", 0x02, 1, 4, ALL, ALL, RLV_REG_PLAIN, RLV_REG_ALL, 1},
		{"COUNTER", 0x10, 1, 4, ALL, 0, RLV_REG_CLEARS_ON_READ, RLV_REG_ALL, 1},
		{"LOCK", 0x14, 1, 4, ALL, 0, RLV_REG_TAKES_ON_READ, RLV_REG_ALL, 1},
		{"TRIGGER", 0x18, 1, 4, ALL, 0, RLV_REG_WRITE_ONLY, RLV_REG_ALL, 1},
		{"SCOPE", 0x1c, 1, 4, ALL, ALL, RLV_REG_PLAIN, RLV_REG_SCOPES, 1},
		{"LONG", 0x40, 64, 4, ALL, ALL, RLV_REG_PLAIN, RLV_REG_VECTOR, 1},
	};
	static const struct rlv_regs regs = {careless, ARRAY_SIZE(careless), 1};

	(void)state;
	assert_int_equal(read_rule(&regs, &everything, 0x02), RLV_REG_UNKNOWN);
	assert_int_equal(read_rule(&regs, &everything, 0x10), RLV_REG_READ);
	assert_int_equal(read_rule(&regs, &everything, 0x14), RLV_REG_READ);
	assert_int_equal(read_rule(&regs, &everything, 0x18), RLV_REG_READ);
	assert_int_equal(write_rule(&regs, &everything, 0x1c, 0), RLV_REG_WRITE);
	assert_int_equal(write_rule(&regs, &everything, 0x40 + 31 * 4, 0), RLV_OK);
	assert_int_equal(write_rule(&regs, &everything, 0x40 + 32 * 4, 0), RLV_REG_WRITE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_entries_are_well_formed),
		cmocka_unit_test(table_no_two_registers_at_one_offset),
		cmocka_unit_test(find_every_offset_agrees_with_the_table),
		cmocka_unit_test(table_names_are_the_drivers),
		cmocka_unit_test(write_forbidden_registers_refused),
		cmocka_unit_test(write_allowed_registers_are_these),
		cmocka_unit_test(access_of_another_owner_refused),
		cmocka_unit_test(read_side_effects_and_secrets_refused),
		cmocka_unit_test(access_unnamed_offsets_unknown),
		cmocka_unit_test(access_by_a_careless_table_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
