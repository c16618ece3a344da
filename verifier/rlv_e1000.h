/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Descriptors of the e1000 family: what a process asks for, and what the device gets.
 *
 * Intel 82574 datasheet revision 3.4: 7.1.3 (legacy receive), 7.1.4 (extended receive), 7.2.10.1
 * (legacy transmit), 7.2.10.2 (context), 7.2.10.3 (data). 8254x Software Developer's Manual
 * revision 4.0: 3.2.3, 3.3.3.
 *
 * Three kinds of transmit descriptors share a ring. Legacy ones are decoded; context and data ones
 * are told from them and refused. A receive descriptor, legacy or extended, is an address and a
 * word of zero as the device gets it. The device gets no word that a process wrote, but one built
 * here from what was decoded.
 */
#ifndef RLV_E1000_H
#define RLV_E1000_H

#include "verifier/rlv_ring.h"

#define RLV_E1000_TX_LENGTH_MAX 16288u /* 7.2.10.1: of one legacy descriptor */

/* Legacy transmit, second word: length 15:0, CSO 23:16, CMD 31:24, STA 35:32, CSS 47:40, special */
#define RLV_E1000_TXD_EOP  0x01000000u /* last of the packet */
#define RLV_E1000_TXD_IFCS 0x02000000u /* append the FCS */
#define RLV_E1000_TXD_IC   0x04000000u /* insert a checksum: an offload */
#define RLV_E1000_TXD_RS   0x08000000u /* report status */
#define RLV_E1000_TXD_DEXT 0x20000000u /* not legacy: bits 23:20 say which */
#define RLV_E1000_TXD_VLE  0x40000000u /* insert a VLAN tag: an offload */

/* What the device gets in these bits: of a fragment, and of a packet's last descriptor. */
#define RLV_E1000_TXD_MORE RLV_E1000_TXD_IFCS
#define RLV_E1000_TXD_LAST (RLV_E1000_TXD_EOP | RLV_E1000_TXD_IFCS | RLV_E1000_TXD_RS)

/* Done, in a written-back descriptor's second word, for struct rlv_ring's done_mask. */
#define RLV_E1000_DONE_TX	   0x100000000ull
#define RLV_E1000_DONE_RX_LEGACY   0x100000000ull
#define RLV_E1000_DONE_RX_EXTENDED 0x1ull

/*@
  logic integer rlv_e1000_length(integer hi) = hi % 0x10000;
  logic integer rlv_e1000_cso(integer hi) = hi / 0x10000 % 0x100;
  logic integer rlv_e1000_dtyp(integer hi) = hi / 0x100000 % 0x10;
  logic integer rlv_e1000_cmd(integer hi) = hi / 0x1000000 % 0x100;

  predicate rlv_e1000_eop(integer hi) = rlv_e1000_cmd(hi) % 2 == 1;
  predicate rlv_e1000_ic(integer hi) = rlv_e1000_cmd(hi) / 4 % 2 == 1;
  predicate rlv_e1000_dext(integer hi) = rlv_e1000_cmd(hi) / 32 % 2 == 1;
  predicate rlv_e1000_vle(integer hi) = rlv_e1000_cmd(hi) / 64 % 2 == 1;

  // EOP, IFCS and RS as the process likes, and no other bit but the length
  predicate rlv_e1000_plain(integer hi) =
	hi / 0x100000000 == 0 && rlv_e1000_cso(hi) == 0 &&
	(rlv_e1000_cmd(hi) < 4 || 8 <= rlv_e1000_cmd(hi) < 12);

  predicate rlv_e1000_tx_good(integer hi) =
	rlv_e1000_plain(hi) && 0 < rlv_e1000_length(hi) <= RLV_E1000_TX_LENGTH_MAX;

  logic integer rlv_e1000_tx_built(integer hi) =
	rlv_e1000_length(hi) +
	(rlv_e1000_cmd(hi) % 2 == 1 ? RLV_E1000_TXD_LAST : RLV_E1000_TXD_MORE);
*/

/**
 * rlv_e1000_tx_decode() - a transmit descriptor.
 * Return: by value; RLV_LENGTH_ZERO, RLV_LENGTH_MAX, RLV_RESERVED, RLV_OFFLOAD or RLV_TYPE when
 * refused.
 */
/*@ assigns \nothing;
    ensures good: \result.rule == RLV_OK <==> rlv_e1000_tx_good(words.hi);
    ensures address: \result.address == words.lo;
    ensures length: \result.length == rlv_e1000_length(words.hi);
    ensures read: \result.perm == RLV_PERM_READ;
    ensures last: \result.class == RLV_CLASS_LAST <==> rlv_e1000_eop(words.hi);
    ensures class: \result.class == RLV_CLASS_LAST || \result.class == RLV_CLASS_FRAGMENT;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_TYPE ||
	\result.rule == RLV_OFFLOAD || \result.rule == RLV_RESERVED ||
	\result.rule == RLV_LENGTH_ZERO || \result.rule == RLV_LENGTH_MAX;
    ensures type: \result.rule == RLV_TYPE ==>
	rlv_e1000_dext(words.hi) && rlv_e1000_dtyp(words.hi) > 1;
    ensures offload: \result.rule == RLV_OFFLOAD ==>
	rlv_e1000_dext(words.hi) && rlv_e1000_dtyp(words.hi) <= 1 ||
	rlv_e1000_ic(words.hi) || rlv_e1000_vle(words.hi);
    ensures reserved: \result.rule == RLV_RESERVED ==>
	!rlv_e1000_plain(words.hi) && !rlv_e1000_dext(words.hi) &&
	!rlv_e1000_ic(words.hi) && !rlv_e1000_vle(words.hi);
    ensures length_zero: \result.rule == RLV_LENGTH_ZERO ==> rlv_e1000_length(words.hi) == 0;
    ensures length_max: \result.rule == RLV_LENGTH_MAX ==>
	rlv_e1000_length(words.hi) > RLV_E1000_TX_LENGTH_MAX;
*/
struct rlv_desc rlv_e1000_tx_decode(struct rlv_words words);

/**
 * rlv_e1000_rx_decode() - a receive descriptor, legacy or extended.
 * @buffer_bytes: what the device is set to write at most (RCTL.BSIZE), 1..65535.
 * Return: by value; RLV_RESERVED when refused.
 */
/*@ requires 0 < buffer_bytes;
    assigns \nothing;
    ensures good: \result.rule == RLV_OK <==> words.hi == 0;
    ensures reserved: \result.rule != RLV_OK ==> \result.rule == RLV_RESERVED;
    ensures address: \result.address == words.lo;
    ensures length: \result.length == buffer_bytes;
    ensures write: \result.perm == RLV_PERM_WRITE;
    ensures class: \result.class == RLV_CLASS_BUFFER;
*/
struct rlv_desc rlv_e1000_rx_decode(struct rlv_words words, uint32_t buffer_bytes);

/**
 * rlv_e1000_tx_post() - check the slots from the old tail up to @tail, and post them.
 * @ring: its @posted gets what the device is to read. The caller then orders those stores before
 *	its write of the tail register, which gets the verdict's tail.
 * @tail: as the process asks; any value.
 * @seen: as for rlv_ring_reclaim(); looked at only if the window needs the room.
 * Return: by value. The slots before @tail in the verdict are posted: whole packets. With RLV_OK
 *	slots behind them belong to a packet whose end is still missing, and are read again at the
 *	next call. Else rule, slot and words tell of the first refusal: the rules of
 *	rlv_e1000_tx_decode() and rlv_table_find(), RLV_SEGS, RLV_PACKET_MAX; RLV_TAIL and
 *	RLV_WINDOW, and then nothing is posted.
 * Context: one thread a ring; @table does not change meanwhile. Never blocks.
 * Cost: two reads of @asked a slot; bounded by the ring's slots.
 */
struct rlv_verdict rlv_e1000_tx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen);

/**
 * rlv_e1000_rx_post() - the same for a receive ring, each slot of which stands for itself. The
 * rules are those of rlv_e1000_rx_decode() and rlv_table_find(), RLV_TAIL and RLV_WINDOW.
 */
struct rlv_verdict rlv_e1000_rx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen);

#endif
