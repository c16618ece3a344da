/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers by name: the table of the register policy, read from the device. */
#include "driver/regs_dump.h"
#include "ringlib/util.h"

/* Why a read would not be harmless; NULL: it is. */
static const char *why_not(const struct rlv_reg *reg)
{
	static const char *const why[RLV_REG_EFFECTS] = {
		[RLV_REG_CLEARS_ON_READ] = "a read clears it",
		[RLV_REG_TAKES_ON_READ] = "a read takes a semaphore",
		[RLV_REG_WRITE_ONLY] = "write-only",
	};

	return why[reg->effect];
}

static void hand_out(const struct rld_nic *nic, const struct rlv_reg *reg, uint32_t index,
		     void (*each)(const struct rlb_reg *reg, void *arg), void *arg)
{
	struct rlb_reg out = {
		.name = reg->name,
		.index = index,
		.count = reg->count,
		.offset = reg->offset + index * reg->stride,
		.not_read = why_not(reg),
	};

	if (!out.not_read)
		out.value = rld_read32(&nic->regs, out.offset);
	each(&out, arg);
}

/* The lowest offset from @from on at which a register lies. */
static bool next_offset(const struct rlv_regs *regs, uint32_t *from)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < regs->count; i++) {
		const struct rlv_reg *reg = &regs->reg[i];
		uint32_t k = 0;

		if (!rlv_reg_has(regs, reg))
			continue;
		if (*from > reg->offset)
			k = (*from - reg->offset + reg->stride - 1) / reg->stride;
		if (k < reg->count && reg->offset + k * reg->stride < best)
			best = reg->offset + k * reg->stride;
	}
	*from = best;
	return best != UINT32_MAX;
}

int rld_regs_dump(const struct rld_nic *nic, const struct rlv_regs *regs,
		  void (*each)(const struct rlb_reg *reg, void *arg), void *arg)
{
	uint32_t offset = 0;
	int count = 0;

	for (; next_offset(regs, &offset); offset += 4) {
		struct rlv_reg_access at = rlv_regs_find(regs, offset);

		hand_out(nic, &regs->reg[at.reg], at.index, each, arg);
		count++;
	}
	return count;
}
