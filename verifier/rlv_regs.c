/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Register policy: look-up, and what a process may do. */
#include "verifier/rlv_regs.h"

/* Whether a word of table entry @i lies at @offset, and then which. */
/*@ requires rlv_regs_wf(regs) && i < regs->count && \valid(index);
    requires \separated(regs, index) && \separated(regs->reg + i, index);
    assigns *index;
    ensures found: \result != 0 ==> rlv_reg_at(regs, i, *index, offset);
    ensures none: \result == 0 ==> \forall integer k; !rlv_reg_at(regs, i, k, offset);
*/
static bool lies_at(const struct rlv_regs *regs, uint32_t i, uint32_t offset, uint32_t *index)
{
	const struct rlv_reg *reg = &regs->reg[rlv_index_nospec(i, regs->count)];
	uint32_t past;

	if (!rlv_reg_has(regs, reg) || offset < reg->offset)
		return false;
	past = offset - reg->offset;
	*index = past / reg->stride;
	return past / reg->stride < reg->count && past % reg->stride == 0;
}

struct rlv_reg_access rlv_regs_find(const struct rlv_regs *regs, uint32_t offset)
{
	struct rlv_reg_access access = {.rule = RLV_REG_UNKNOWN};

	if (offset % 4u)
		return access;
	/*@ loop invariant 0 <= i <= regs->count;
	    loop invariant access.rule == RLV_REG_UNKNOWN && access.bits == 0;
	    loop invariant \forall integer j, k; 0 <= j < i ==>
		!rlv_reg_at(regs, j, k, offset);
	    loop assigns i, access.index;
	    loop variant regs->count - i;
	*/
	for (uint32_t i = 0; i < regs->count; i++) {
		if (lies_at(regs, i, offset, &access.index)) {
			access.rule = RLV_OK;
			access.reg = i;
			return access;
		}
	}
	return access;
}

/*@ assigns \nothing;
    ensures \result == rlv_bit(mask, index);
*/
static uint32_t bit_of(uint32_t mask, uint32_t index)
{
	return index < 32u ? (mask >> index) & 1u : 0u;
}

/* Of @mask, what @owner is given in word @index of @reg. */
/*@ requires \valid_read(reg) && \valid_read(owner);
    assigns \nothing;
    ensures \result == rlv_reg_bits(reg, index, mask, owner);
*/
static uint32_t given(const struct rlv_reg *reg, uint32_t index, uint32_t mask,
		      const struct rlv_reg_owner *owner)
{
	switch (reg->scope) {
	case RLV_REG_ALL:
		return mask;
	case RLV_REG_CAUSES:
		return mask & owner->causes;
	case RLV_REG_RXQ:
		return bit_of(owner->rx_queues, index) == 1u ? mask : 0u;
	case RLV_REG_TXQ:
		return bit_of(owner->tx_queues, index) == 1u ? mask : 0u;
	case RLV_REG_VECTOR:
		return bit_of(owner->vectors, index) == 1u ? mask : 0u;
	default:
		return 0u;
	}
}

/* Whether reading does nothing else. */
/*@ requires \valid_read(reg);
    assigns \nothing;
    ensures \result != 0 <==> rlv_reg_quiet(reg);
*/
static bool quiet(const struct rlv_reg *reg)
{
	return reg->effect == RLV_REG_PLAIN || reg->effect == RLV_REG_SETS_ON_WRITE;
}

struct rlv_reg_access rlv_regs_read_check(const struct rlv_regs *regs,
					  const struct rlv_reg_owner *owner, uint32_t offset)
{
	struct rlv_reg_access access = rlv_regs_find(regs, offset);
	const struct rlv_reg *reg;

	if (access.rule != RLV_OK)
		return access;
	reg = &regs->reg[access.reg];
	if (quiet(reg))
		access.bits = given(reg, access.index, reg->read, owner);
	if (access.bits == 0)
		access.rule = RLV_REG_READ;
	return access;
}

struct rlv_reg_access rlv_regs_write_check(const struct rlv_regs *regs,
					   const struct rlv_reg_owner *owner, uint32_t offset,
					   uint32_t value)
{
	struct rlv_reg_access access = rlv_regs_find(regs, offset);
	const struct rlv_reg *reg;

	if (access.rule != RLV_OK)
		return access;
	reg = &regs->reg[access.reg];
	access.bits = given(reg, access.index, reg->write, owner);
	if (access.bits == 0 || (value | access.bits) != access.bits)
		access.rule = RLV_REG_WRITE;
	return access;
}
