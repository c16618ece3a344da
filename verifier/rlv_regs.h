/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Register policy: which registers a device has by name, and which of their bits a process that
 * owns some of its queues may read or write. What the policy does not name is refused, and so is
 * every access but that of an aligned 32-bit word.
 *
 * A family has a table (rlv_e1000_regs.h); register dumps are printed from the same one.
 */
#ifndef RLV_REGS_H
#define RLV_REGS_H

#include "verifier/rlv_port.h"
#include "verifier/rlv_rule.h"

/* What an access does beside reading or storing the value. */
enum rlv_reg_effect {
	RLV_REG_PLAIN,
	RLV_REG_CLEARS_ON_READ, /* statistics, interrupt causes */
	RLV_REG_TAKES_ON_READ,	/* a semaphore */
	RLV_REG_SETS_ON_WRITE,	/* each 1 sets its bit, a 0 changes nothing */
	RLV_REG_WRITE_ONLY,	/* each 1 acts on another register, a 0 does nothing */
	RLV_REG_EFFECTS
};

/* To whom the bits that @read and @write name are given. */
enum rlv_reg_scope {
	RLV_REG_ALL,	/* every owner of a queue */
	RLV_REG_RXQ,	/* the owner of the receive queue that is the register's index */
	RLV_REG_TXQ,	/* likewise, transmit */
	RLV_REG_VECTOR, /* the owner of the interrupt vector that is the register's index */
	RLV_REG_CAUSES, /* every owner, but only the bits of its interrupt causes */
	RLV_REG_SCOPES
};

/* A register, or @count of them that lie @stride bytes apart. */
struct rlv_reg {
	const char *name; /* the datasheet's */
	uint32_t offset;  /* of the first; a multiple of 4 */
	uint32_t count;	  /* at least 1 */
	uint32_t stride;  /* bytes; a multiple of 4, at least 4 */
	uint32_t read;	  /* bits that a process may read */
	uint32_t write;	  /* bits that a process may write as 1; the others it writes as 0 */
	uint8_t effect;	  /* enum rlv_reg_effect */
	uint8_t scope;	  /* enum rlv_reg_scope */
	uint8_t devices;  /* of the family that have it: a bit for each */
};

/* A device's policy: its family's table, in which no two of its registers lie at one place. */
struct rlv_regs {
	const struct rlv_reg *reg; /* by ascending offset */
	uint32_t count;
	uint32_t device; /* its bit */
};

/* Whether the device has it. */
/*@ requires \valid_read(regs) && \valid_read(reg);
    assigns \nothing;
    ensures \result != 0 <==> (reg->devices & regs->device) != 0;
*/
static inline bool rlv_reg_has(const struct rlv_regs *regs, const struct rlv_reg *reg)
{
	return (reg->devices & regs->device) != 0;
}

/* What a process has of a device; a bit for each. */
struct rlv_reg_owner {
	uint32_t rx_queues;
	uint32_t tx_queues;
	uint32_t vectors;
	uint32_t causes; /* as in the device's interrupt mask register */
};

/* By value. @reg and @index mean something unless @rule is RLV_REG_UNKNOWN. */
struct rlv_reg_access {
	enum rlv_rule rule;
	uint32_t reg;	/* in the table */
	uint32_t index; /* 0..count - 1 */
	uint32_t bits;	/* those that the process may read or write */
};

/*@
  predicate rlv_regs_wf{L}(struct rlv_regs *regs) =
	\valid_read(regs) && \valid_read(regs->reg + (0 .. regs->count - 1)) &&
	(\forall integer i; 0 <= i < regs->count ==> regs->reg[i].stride >= 4);

  // Word number k of table entry i lies at this offset, and the device has it.
  predicate rlv_reg_at{L}(struct rlv_regs *regs, integer i, integer k, integer offset) =
	(regs->reg[i].devices & regs->device) != 0 && 0 <= k < regs->reg[i].count &&
	regs->reg[i].offset + k * regs->reg[i].stride == offset;

  logic integer rlv_bit(integer mask, integer index) =
	index < 32 ? (mask >> index) & 1 : 0;

  // Of mask, what the owner is given in the word number k of entry r.
  logic integer rlv_reg_bits{L}(struct rlv_reg *r, integer k, integer mask,
				struct rlv_reg_owner *o) =
	r->scope == RLV_REG_ALL ? mask :
	r->scope == RLV_REG_CAUSES ? mask & o->causes :
	r->scope == RLV_REG_RXQ && rlv_bit(o->rx_queues, k) == 1 ? mask :
	r->scope == RLV_REG_TXQ && rlv_bit(o->tx_queues, k) == 1 ? mask :
	r->scope == RLV_REG_VECTOR && rlv_bit(o->vectors, k) == 1 ? mask : 0;

  // Reading it changes nothing.
  predicate rlv_reg_quiet{L}(struct rlv_reg *r) =
	r->effect == RLV_REG_PLAIN || r->effect == RLV_REG_SETS_ON_WRITE;
*/

/**
 * rlv_regs_find() - the register at @offset, whoever asks.
 * Return: by value; RLV_OK with @reg and @index (@bits is 0), or RLV_REG_UNKNOWN. Cost: grows with
 * the table.
 */
/*@ requires rlv_regs_wf(regs);
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_REG_UNKNOWN;
    ensures bits: \result.bits == 0;
    ensures named: \result.rule == RLV_OK ==> \result.reg < regs->count &&
	rlv_reg_at(regs, \result.reg, \result.index, offset);
    ensures aligned: \result.rule == RLV_OK ==> offset % 4 == 0;
    ensures unknown: \result.rule == RLV_REG_UNKNOWN ==> offset % 4 != 0 ||
	\forall integer i, k; 0 <= i < regs->count ==> !rlv_reg_at(regs, i, k, offset);
*/
struct rlv_reg_access rlv_regs_find(const struct rlv_regs *regs, uint32_t offset);

/**
 * rlv_regs_read_check() - may this process read the register at @offset?
 * @owner: a private copy.
 * Return: by value; RLV_OK: it may, and sees @bits of it, the others as 0. Else RLV_REG_UNKNOWN or
 * RLV_REG_READ (not this register, not this process, or a read has an effect).
 */
/*@ requires rlv_regs_wf(regs) && \valid_read(owner);
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_REG_UNKNOWN ||
	\result.rule == RLV_REG_READ;
    ensures named: \result.rule != RLV_REG_UNKNOWN ==> \result.reg < regs->count &&
	rlv_reg_at(regs, \result.reg, \result.index, offset) && offset % 4 == 0;
    ensures bits: \result.rule == RLV_OK ==> \result.bits != 0 &&
	rlv_reg_quiet(regs->reg + \result.reg) &&
	\result.bits == rlv_reg_bits(regs->reg + \result.reg, \result.index,
				     regs->reg[\result.reg].read, owner);
    ensures read: \result.rule == RLV_REG_READ ==>
	!rlv_reg_quiet(regs->reg + \result.reg) ||
	rlv_reg_bits(regs->reg + \result.reg, \result.index, regs->reg[\result.reg].read,
		     owner) == 0;
    ensures unknown: \result.rule == RLV_REG_UNKNOWN ==> offset % 4 != 0 ||
	\forall integer i, k; 0 <= i < regs->count ==> !rlv_reg_at(regs, i, k, offset);
*/
struct rlv_reg_access rlv_regs_read_check(const struct rlv_regs *regs,
					  const struct rlv_reg_owner *owner, uint32_t offset);

/**
 * rlv_regs_write_check() - may this process write @value to the register at @offset?
 * @owner: a private copy.
 * Return: by value; RLV_OK, RLV_REG_UNKNOWN or RLV_REG_WRITE (not this register, not this process,
 * or a bit outside of @bits is 1).
 */
/*@ requires rlv_regs_wf(regs) && \valid_read(owner);
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_REG_UNKNOWN ||
	\result.rule == RLV_REG_WRITE;
    ensures named: \result.rule != RLV_REG_UNKNOWN ==> \result.reg < regs->count &&
	rlv_reg_at(regs, \result.reg, \result.index, offset) && offset % 4 == 0 &&
	\result.bits == rlv_reg_bits(regs->reg + \result.reg, \result.index,
				     regs->reg[\result.reg].write, owner);
    ensures inside: \result.rule == RLV_OK ==>
	\result.bits != 0 && (value | \result.bits) == \result.bits;
    ensures write: \result.rule == RLV_REG_WRITE ==>
	\result.bits == 0 || (value | \result.bits) != \result.bits;
    ensures unknown: \result.rule == RLV_REG_UNKNOWN ==> offset % 4 != 0 ||
	\forall integer i, k; 0 <= i < regs->count ==> !rlv_reg_at(regs, i, k, offset);
*/
struct rlv_reg_access rlv_regs_write_check(const struct rlv_regs *regs,
					   const struct rlv_reg_owner *owner, uint32_t offset,
					   uint32_t value);

#endif
