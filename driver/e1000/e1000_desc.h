/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Descriptors of the e1000 family: 16 bytes, two little-endian words, which the driver reads and
 * writes whole.
 *
 * Intel 82574 datasheet revision 3.4: 7.1.3 (legacy receive), 7.1.4 (extended receive), 7.2.10.1
 * (legacy transmit). 8254x Software Developer's Manual revision 4.0: 3.2.3, 3.3.3.
 */
#ifndef E1000_DESC_H
#define E1000_DESC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/regs.h"

#define E1000_BIT64(n) (UINT64_C(1) << (n))

struct e1000_desc {
	uint64_t lo;
	uint64_t hi;
};

static_assert(sizeof(struct e1000_desc) == 16, "the device steps 16 bytes");
static_assert(offsetof(struct e1000_desc, hi) == 8, "address first");

/*
 * Receive, as given to the device: @lo is the buffer's address, @hi is zero.
 * Receive, as written back: status and error bits are the same in both formats, but elsewhere.
 */
#define E1000_RXS_DD	BIT(0) /* done */
#define E1000_RXS_EOP	BIT(1) /* last of the frame */
#define E1000_RXS_IXSM	BIT(2) /* no word about checksums */
#define E1000_RXS_VP	BIT(3) /* a VLAN tag was taken off */
#define E1000_RXS_TCPCS BIT(5) /* TCP or UDP checksum looked at */
#define E1000_RXS_IPCS	BIT(6) /* IPv4 checksum looked at */

#define E1000_RXE_CE   BIT(0) /* CRC or alignment */
#define E1000_RXE_SE   BIT(1) /* symbol */
#define E1000_RXE_SEQ  BIT(2) /* sequence */
#define E1000_RXE_CXE  BIT(4) /* carrier extension */
#define E1000_RXE_TCPE BIT(5) /* TCP or UDP checksum wrong */
#define E1000_RXE_IPE  BIT(6) /* IPv4 checksum wrong */
#define E1000_RXE_RXE  BIT(7) /* data error */

#define E1000_RXE_BAD (E1000_RXE_CE | E1000_RXE_SE | E1000_RXE_SEQ | E1000_RXE_CXE | E1000_RXE_RXE)

/* Legacy, in @hi: length 15:0, packet checksum 31:16, status 39:32, errors 47:40, VLAN 63:48 */
#define E1000_RXL_LENGTH_SHIFT 0
#define E1000_RXL_STATUS_SHIFT 32
#define E1000_RXL_ERRORS_SHIFT 40

/* Extended, in @hi: status 19:0, errors 31:24, length 47:32, VLAN 63:48 */
#define E1000_RXX_STATUS_SHIFT 0
#define E1000_RXX_ERRORS_SHIFT 24
#define E1000_RXX_LENGTH_SHIFT 32

#define E1000_RX_VLAN_SHIFT 48

/* Extended, in @lo: hash type 3:0 (0: no hash), queue 12:8, hash 63:32 */
#define E1000_RXX_HASH_TYPE_MASK UINT64_C(0xf)
#define E1000_RXX_HASH_SHIFT	 32

/*
 * Transmit: @lo is the address; @hi: length 15:0, command 31:24, status 35:32. The device writes
 * the status back.
 */
#define E1000_TXD_CMD_EOP  E1000_BIT64(24) /* last of the frame */
#define E1000_TXD_CMD_IFCS E1000_BIT64(25) /* append the FCS */
#define E1000_TXD_CMD_RS   E1000_BIT64(27) /* report status */
#define E1000_TXD_STA_DD   E1000_BIT64(32) /* done */

#endif
