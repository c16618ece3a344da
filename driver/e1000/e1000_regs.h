/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Registers of the e1000 family that the driver uses.
 *
 * Section numbers: first Intel 82574 GbE Controller Family Datasheet, revision 3.4 (10.2.x), then
 * PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual, revision 4.0
 * (13.x), which covers the 82540EM; "-" where that device has no such register.
 */
#ifndef E1000_REGS_H
#define E1000_REGS_H

#include "driver/regs.h"

#define E1000_REGS_BYTES 0x06000u /* BAR 0 must reach at least this far */

/* General */
#define E1000_CTRL		      0x00000 /* RW 10.2.2.1, 13.4.1 Device Control */
#define E1000_CTRL_GIO_MASTER_DISABLE BIT(2)  /* 82574: start no more bus requests */
#define E1000_CTRL_ASDE		      BIT(5)  /* 82540EM; must be 0 on the 82574 */
#define E1000_CTRL_SLU		      BIT(6)  /* let the MAC see the PHY's link */
#define E1000_CTRL_FRCSPD	      BIT(11)
#define E1000_CTRL_FRCDPX	      BIT(12)
#define E1000_CTRL_RST		      BIT(26) /* self-clearing */
#define E1000_CTRL_RFCE		      BIT(27)
#define E1000_CTRL_TFCE		      BIT(28)
#define E1000_CTRL_VME		      BIT(30)

#define E1000_STATUS		       0x00008 /* RO 10.2.2.2, 13.4.2 Device Status */
#define E1000_STATUS_FD		       BIT(0)
#define E1000_STATUS_LU		       BIT(1)
#define E1000_STATUS_SPEED_SHIFT       6
#define E1000_STATUS_SPEED_MASK	       GENMASK(7, 6) /* 0: 10, 1: 100, 2 and 3: 1000 Mb/s */
#define E1000_STATUS_GIO_MASTER_ENABLE BIT(19)	     /* 82574: bus requests may be under way */

#define E1000_EEC	  0x00010 /* RW 10.2.2.3, - EEPROM control */
#define E1000_EEC_AUTO_RD BIT(9)  /* NVM contents are loaded into the registers */

#define E1000_CTRL_EXT	       0x00018 /* RW 10.2.2, 13.4.6 Extended Device Control */
#define E1000_CTRL_EXT_EIAME   BIT(24)
#define E1000_CTRL_EXT_IAME    BIT(27)
#define E1000_CTRL_EXT_PBA_CLR BIT(31) /* a write of IMS clears MSI-X pending bits */

#define E1000_MDIC	     0x00020 /* RW 10.2.2, 13.4.7 MDI Control */
#define E1000_MDIC_DATA_MASK GENMASK(15, 0)
#define E1000_MDIC_REG_SHIFT 16
#define E1000_MDIC_PHY	     BIT(21) /* the PHY's address is 1 */
#define E1000_MDIC_OP_WRITE  BIT(26)
#define E1000_MDIC_OP_READ   BIT(27)
#define E1000_MDIC_READY     BIT(28)
#define E1000_MDIC_ERROR     BIT(30)

#define E1000_EXTCNF_CTRL	     0x00F00 /* RW 10.2.2, - Extended Configuration Control */
#define E1000_EXTCNF_CTRL_MDIO_OWNER BIT(5)  /* sticks only if firmware does not use MDIO */

/* PHY registers, reached through MDIC (IEEE 802.3, 22.2.4.1) */
#define E1000_PHY_CONTROL	     0
#define E1000_PHY_CONTROL_AN_RESTART BIT(9)
#define E1000_PHY_CONTROL_ISOLATE    BIT(10)
#define E1000_PHY_CONTROL_POWER_DOWN BIT(11)
#define E1000_PHY_CONTROL_AN_ENABLE  BIT(12)

/* Interrupts */
#define E1000_ICR	       0x000C0 /* RC, W1C 10.2.4.1, 13.4.17 Interrupt Cause Read */
#define E1000_ICR_LSC	       BIT(2)  /* link status changed */
#define E1000_ICR_RXO	       BIT(6)  /* receiver overrun */
#define E1000_ICR_OTHER	       BIT(24) /* 82574 with MSI-X: any cause that is not a queue's */
#define E1000_ITR	       0x000C4 /* RW 10.2.4.2, 13.4.18 Interrupt Throttling */
#define E1000_IMS	       0x000D0 /* RW 10.2.4.5, 13.4.20 Interrupt Mask Set/Read */
#define E1000_IMC	       0x000D8 /* WO 10.2.4.6, 13.4.21 Interrupt Mask Clear */
#define E1000_EIAC	       0x000DC /* RW 10.2.4.7, - Interrupt Auto Clear */
#define E1000_IVAR	       0x000E4 /* RW 10.2.4.9, - Interrupt Vector Allocation */
#define E1000_IVAR_OTHER_SHIFT 16
#define E1000_IVAR_VALID       BIT(3) /* in each 4-bit entry */

/* Receive */
#define E1000_RCTL	       0x00100 /* RW 10.2.5.1, 13.4.22 Receive Control */
#define E1000_RCTL_EN	       BIT(1)
#define E1000_RCTL_UPE	       BIT(3)  /* unicast promiscuous */
#define E1000_RCTL_MPE	       BIT(4)  /* multicast promiscuous */
#define E1000_RCTL_LPE	       BIT(5)  /* frames over 1,522 bytes */
#define E1000_RCTL_BAM	       BIT(15) /* broadcast */
#define E1000_RCTL_BSIZE_SHIFT 16
#define E1000_RCTL_BSIZE_MASK  GENMASK(17, 16)
#define E1000_RCTL_BSEX	       BIT(25) /* BSIZE times 16 */
#define E1000_RCTL_SECRC       BIT(26) /* strip the FCS */

#define E1000_RDBAL(q)		    (0x02800 + 0x100 * (q)) /* RW 10.2.5.5, 13.4.25 Base Low */
#define E1000_RDBAH(q)		    (0x02804 + 0x100 * (q)) /* RW 10.2.5.6, 13.4.26 Base High */
#define E1000_RDLEN(q)		    (0x02808 + 0x100 * (q)) /* RW 10.2.5.7, 13.4.27 Length, bytes */
#define E1000_RDH(q)		    (0x02810 + 0x100 * (q)) /* RW 10.2.5.8, 13.4.28 Head */
#define E1000_RDT(q)		    (0x02818 + 0x100 * (q)) /* RW 10.2.5.9, 13.4.29 Tail */
#define E1000_RDTR		    0x02820 /* RW 10.2.5.10, 13.4.30 Receive Delay Timer */
#define E1000_RXDCTL		    0x02828 /* RW 10.2.5.11, 13.4 both queues are set by queue 0's */
#define E1000_RADV		    0x0282C /* RW 10.2.5, 13.4.31 Absolute Delay Timer */
#define E1000_RXCSUM		    0x05000 /* RW 10.2.5, 13.4 Receive Checksum Control */
#define E1000_RXCSUM_IPOFLD	    BIT(8)
#define E1000_RXCSUM_TUOFLD	    BIT(9)
#define E1000_RXCSUM_PCSD	    BIT(13) /* RSS hash takes the place of the packet checksum */
#define E1000_RFCTL		    0x05008 /* RW 10.2.5, - Receive Filter Control */
#define E1000_RFCTL_ISCSI_DIS	    BIT(0)
#define E1000_RFCTL_NFSW_DIS	    BIT(6)
#define E1000_RFCTL_NFSR_DIS	    BIT(7)
#define E1000_RFCTL_ACK_DIS	    BIT(12)
#define E1000_RFCTL_EXTEN	    BIT(15) /* extended receive descriptors */
#define E1000_RFCTL_IPV6_EX_DIS	    BIT(16)
#define E1000_RFCTL_NEW_IPV6_EX_DIS BIT(17)
#define E1000_MTA(i)		    (0x05200 + 4 * (i)) /* RW 10.2.5.21, 13.5 Multicast Table */
#define E1000_MTA_WORDS		    128
#define E1000_RAL(i)		    (0x05400 + 8 * (i)) /* RW 10.2.5.22, 13.5 Receive Address Low */
#define E1000_RAH(i)		    (0x05404 + 8 * (i)) /* RW 10.2.5.23, 13.5 Receive Address High */
#define E1000_RAH_AV		    BIT(31)		/* address valid */
#define E1000_RA_ENTRIES	    16
#define E1000_MRQC		    0x05818 /* RW 10.2.5, - Multiple Receive Queues Command */
#define E1000_MRQC_RSS		    BIT(0)
#define E1000_MRQC_TCP_IPV4	    BIT(16)
#define E1000_MRQC_IPV4		    BIT(17)
#define E1000_MRQC_TCP_IPV6	    BIT(18)
#define E1000_MRQC_IPV6_EX	    BIT(19)
#define E1000_MRQC_IPV6		    BIT(20)
#define E1000_RETA(i)		    (0x05C00 + 4 * (i)) /* RW 10.2.5, - Redirection Table, 4 a word */
#define E1000_RETA_WORDS	    32
#define E1000_RETA_QUEUE1	    BIT(7)		/* in each byte */
#define E1000_RSSRK(i)		    (0x05C80 + 4 * (i)) /* RW 10.2.5, - RSS Random Key */
#define E1000_RSSRK_WORDS	    10

/* Transmit */
#define E1000_TCTL	       0x00400 /* RW 10.2.6.1, 13.4.33 Transmit Control */
#define E1000_TCTL_EN	       BIT(1)
#define E1000_TCTL_PSP	       BIT(3) /* pad short frames */
#define E1000_TCTL_CT_SHIFT    4
#define E1000_TCTL_CT_MASK     GENMASK(11, 4)
#define E1000_TCTL_COLD_SHIFT  12
#define E1000_TCTL_COLD_MASK   GENMASK(21, 12)
#define E1000_TIPG	       0x00410 /* RW 10.2.6.2, 13.4.34 Inter-Packet Gap */
#define E1000_TIPG_IPGR1_SHIFT 10
#define E1000_TIPG_IPGR2_SHIFT 20
#define E1000_TDBAL(q)	       (0x03800 + 0x100 * (q)) /* RW 10.2.6.4, 13.4 Base Low */
#define E1000_TDBAH(q)	       (0x03804 + 0x100 * (q)) /* RW 10.2.6.5, 13.4 Base High */
#define E1000_TDLEN(q)	       (0x03808 + 0x100 * (q)) /* RW 10.2.6.6, 13.4 Length, bytes */
#define E1000_TDH(q)	       (0x03810 + 0x100 * (q)) /* RW 10.2.6.7, 13.4 Head */
#define E1000_TDT(q)	       (0x03818 + 0x100 * (q)) /* RW 10.2.6.8, 13.4 Tail */
#define E1000_TIDV	       0x03820 /* RW 10.2.6, 13.4 Interrupt Delay; 0 is not allowed */
#define E1000_TXDCTL(q)	       (0x03828 + 0x100 * (q)) /* RW 10.2.6.11, 13.4 */
#define E1000_TXDCTL_BIT22     BIT(22)		       /* 82574: reserved, must be 1 */
#define E1000_TARC(q)	       (0x03840 + 0x100 * (q)) /* RW 10.2.6, - Arbitration Counter */
#define E1000_TARC_ENABLE      BIT(10)

/* In RXDCTL and TXDCTL: thresholds in descriptors */
#define E1000_DCTL_PTHRESH_SHIFT 0
#define E1000_DCTL_HTHRESH_SHIFT 8
#define E1000_DCTL_WTHRESH_SHIFT 16
#define E1000_DCTL_GRAN		 BIT(24) /* count descriptors, not cache lines */

/* Statistics, RC: 10.2.7, 13.7. Each stands still at its greatest value and is cleared by a read.
 */
#define E1000_CRCERRS  0x04000 /* 13.7.1 */
#define E1000_ALGNERRC 0x04004
#define E1000_RXERRC   0x0400C
#define E1000_MPC      0x04010 /* missed: no room in the packet buffer */
#define E1000_ECOL     0x04018
#define E1000_LATECOL  0x04020
#define E1000_GPRC     0x04074 /* 13.7.27 */
#define E1000_GPTC     0x04080
#define E1000_GORCL    0x04088 /* low first, then high, which clears both */
#define E1000_GORCH    0x0408C
#define E1000_GOTCL    0x04090
#define E1000_GOTCH    0x04094
#define E1000_RNBC     0x040A0 /* no descriptor when the frame came */
#define E1000_RUC      0x040A4 /* too short, FCS right */
#define E1000_RFC      0x040A8 /* too short, FCS wrong */
#define E1000_ROC      0x040AC /* 13.7.36 too long, FCS right */
#define E1000_RJC      0x040B0 /* too long, FCS wrong */

#endif
