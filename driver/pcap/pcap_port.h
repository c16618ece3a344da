/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports over capture files: pcap:<in>[,<out>]. Frames come from one file and go to another, so
 * that every program runs where there is no NIC.
 */
#ifndef RLD_PCAP_PORT_H
#define RLD_PCAP_PORT_H

#include "ringlib/port_type.h"

extern const struct rlb_port_type pcap_port_type;

#endif
