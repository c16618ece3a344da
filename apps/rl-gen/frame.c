/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "frame.h"

#define ETH_BYTES     14u
#define IP_BYTES      20u
#define UDP_BYTES     8u
#define PAYLOAD_BYTES 18u
#define IP_AT	      ETH_BYTES
#define UDP_AT	      (IP_AT + IP_BYTES)
#define PAYLOAD_AT    (UDP_AT + UDP_BYTES)
#define SEQ_AT	      (PAYLOAD_AT + 2)
#define TIME_AT	      (PAYLOAD_AT + 10)
#define CHECK_AT      (PAYLOAD_AT + 14)
#define FILL_AT	      (PAYLOAD_AT + PAYLOAD_BYTES)
#define MAGIC	      0x5247u /* "RG" */
#define IP_UDP	      17u
#define SOURCE_PORTS  60000u
#define SOURCE_PORT   1024u

static void put16(uint8_t *at, uint16_t value)
{
	value = htobe16(value);
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return be16toh(value);
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

/* The Internet checksum's sum, not folded: RFC 1071. Even lengths may be summed up in parts. */
static uint64_t sum16(const uint8_t *at, unsigned int bytes)
{
	uint64_t sum = 0;

	for (; bytes >= 8; at += 8, bytes -= 8)
		sum += (uint64_t)get32(at) + get32(at + 4);
	for (; bytes >= 2; at += 2, bytes -= 2)
		sum += get16(at);
	return bytes ? sum + ((uint64_t)*at << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t ip_checksum(const uint8_t *at)
{
	return (uint16_t)~fold(sum16(at + IP_AT, IP_BYTES));
}

/* With the pseudo header of RFC 768. Zero means "none" and is sent as all ones. */
static uint16_t udp_checksum(const uint8_t *at, unsigned int bytes)
{
	unsigned int udp_bytes = bytes - UDP_AT;
	uint16_t sum = fold(sum16(at + IP_AT + 12, 8) + IP_UDP + udp_bytes +
			    sum16(at + UDP_AT, udp_bytes));

	return sum == 0xffff ? 0xffff : (uint16_t)~sum;
}

static uint64_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15u;
	return value ^ value >> 32;
}

static uint64_t fill_seed(const struct frame_id *id)
{
	return mix(id->seq ^ (uint64_t)id->flow << 40);
}

static void fill(uint8_t *at, unsigned int bytes, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i + 8 <= bytes; i += 8)
		put64(at + i, mix(seed + i));
	for (; i < bytes; i++)
		at[i] = (uint8_t)(seed + i);
}

/* Each step can be undone, so a change within one word never goes unseen before the last cut. */
static uint32_t check_of(const uint8_t *at, unsigned int bytes, const struct frame_id *id)
{
	uint64_t hash = mix((uint64_t)id->flow << 32 | (uint64_t)id->stream << 16 | MAGIC);
	unsigned int i;

	hash = mix(hash ^ get64(at + SEQ_AT));
	hash = mix(hash ^ get32(at + TIME_AT));
	for (i = FILL_AT; i + 8 <= bytes; i += 8)
		hash = mix(hash ^ get64(at + i));
	for (; i < bytes; i++)
		hash = mix(hash ^ at[i]);
	return (uint32_t)mix(hash ^ bytes);
}

static uint16_t source_port(uint32_t flow)
{
	return (uint16_t)(SOURCE_PORT + flow % SOURCE_PORTS);
}

static void make_ip(uint8_t *at, unsigned int bytes, const struct frame_id *id)
{
	memset(at, 0, IP_BYTES);
	at[0] = 0x45; /* version 4, five words of header */
	put16(at + 2, (uint16_t)bytes);
	put16(at + 4, (uint16_t)id->seq);
	put16(at + 6, 0x4000); /* do not fragment */
	at[8] = 64;	       /* time to live */
	at[9] = IP_UDP;
	put32(at + 12, 0xc6120000u | id->flow); /* 198.18.0.0 */
	put32(at + 16, 0xc6130000u | id->flow); /* 198.19.0.0 */
}

void frame_make(uint8_t *at, unsigned int bytes, const struct frame_id *id, const uint8_t dst[6],
		const uint8_t src[6])
{
	memcpy(at, dst, 6);
	memcpy(at + 6, src, 6);
	put16(at + 12, 0x0800);
	make_ip(at + IP_AT, bytes - IP_AT, id);
	put16(at + IP_AT + 10, ip_checksum(at));
	put16(at + UDP_AT, source_port(id->flow));
	put16(at + UDP_AT + 2, id->stream);
	put16(at + UDP_AT + 4, (uint16_t)(bytes - UDP_AT));
	put16(at + UDP_AT + 6, 0);
	put16(at + PAYLOAD_AT, MAGIC);
	put64(at + SEQ_AT, id->seq);
	put32(at + TIME_AT, id->sent_us);
	fill(at + FILL_AT, bytes - FILL_AT, fill_seed(id));
	put32(at + CHECK_AT, check_of(at, bytes, id));
	put16(at + UDP_AT + 6, udp_checksum(at, bytes));
}

static bool is_ours(const uint8_t *at, unsigned int bytes, uint16_t stream)
{
	return bytes >= FRAME_BYTES_MIN && get16(at + 12) == 0x0800 && at[IP_AT] == 0x45 &&
	       at[IP_AT + 9] == IP_UDP && get16(at + UDP_AT + 2) == stream &&
	       get16(at + PAYLOAD_AT) == MAGIC;
}

enum frame_verdict frame_check(const uint8_t *at, unsigned int bytes, uint16_t stream,
			       struct frame_id *id)
{
	if (!is_ours(at, bytes, stream))
		return FRAME_FOREIGN;
	id->flow = get32(at + IP_AT + 12) & 0xffff;
	id->stream = stream;
	id->seq = get64(at + SEQ_AT);
	id->sent_us = get32(at + TIME_AT);
	/* A header with a right checksum sums up to all ones: RFC 1071, 1. */
	if (get16(at + IP_AT + 2) != bytes - IP_AT || get16(at + UDP_AT + 4) != bytes - UDP_AT ||
	    get32(at + IP_AT + 12) != (0xc6120000u | id->flow) ||
	    get32(at + IP_AT + 16) != (0xc6130000u | id->flow) ||
	    get16(at + UDP_AT) != source_port(id->flow) ||
	    fold(sum16(at + IP_AT, IP_BYTES)) != 0xffff ||
	    fold(sum16(at + IP_AT + 12, 8) + IP_UDP + (bytes - UDP_AT) +
		 sum16(at + UDP_AT, bytes - UDP_AT)) != 0xffff ||
	    get32(at + CHECK_AT) != check_of(at, bytes, id))
		return FRAME_CORRUPT;
	return FRAME_GOOD;
}
